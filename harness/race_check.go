package harness

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sync/order"
)

// check finds what is wrong with the scenario, the race, and how it is to be repeated, before anything starts.
func (race *Race) check(more []Mistake) error {
	v := &validation{scenario: race.scenario}
	plan, err := race.scenario.plan()
	if invalid, ok := errors.AsType[*InvalidScenarioError](err); ok {
		v.mistakes = invalid.Mistakes
	}
	v.race(race, plan)
	v.mistakes = append(append(v.mistakes, race.mistakes...), more...)
	if len(v.mistakes) > 0 {
		return &InvalidScenarioError{Scenario: race.scenario.name, Mistakes: v.mistakes}
	}
	return nil
}

// race checks the steps of a race; the plan is nil if the scenario has none.
func (v *validation) race(race *Race, plan *order.Plan) {
	if len(race.steps) < 2 {
		v.add(race.place, fmt.Sprintf("a race of %s", counted(len(race.steps), "step")), "a race needs at least two, of different sessions")
	}
	for i, step := range race.steps {
		if !v.racing(race, step) {
			continue
		}
		v.racer(step)
		for _, other := range race.steps[:i] {
			if other != nil && other.scenario == v.scenario {
				v.rivals(race, plan, other, step)
			}
		}
	}
}

// racing checks that there is a step which can race at all.
func (v *validation) racing(race *Race, s *Step) bool {
	switch {
	case s == nil:
		v.add(race.place, "the race has a step that is nil", "is the variable set before it is used?")
	case s.scenario != v.scenario:
		v.add(race.place, fmt.Sprintf("%s is of another scenario, %q", s.label(), s.scenario.name), "a race is of steps of one scenario")
	case s.kind != KindStep:
		v.add(race.place, s.label()+" races", "a race is of steps: declare it with Step")
	default:
		return true
	}
	return false
}

// racer checks a step that races by itself.
func (v *validation) racer(s *Step) {
	switch {
	case s.mark == nil:
		v.add(s.place, s.label()+" races and marks no request", `say which, as in Marks(gateway.Match{Method: "POST", Path: "/phonebooks/{id}/rename"})`)
	case s.mark.Check() != nil:
		v.add(s.place, fmt.Sprintf("%s marks what cannot be: %v", s.label(), s.mark.Check()), "correct the match")
	case s.mark.Stage != gateway.RequestOut:
		v.add(s.place, s.label()+" marks a response", "requests race; leave Stage out")
	case s.mark.Count != 0 && s.mark.Count != 1:
		v.add(s.place, s.label()+" marks several requests", "one of them races: leave Count out; Nth says which")
	}
	if s.attempts > 1 {
		v.add(s.place, fmt.Sprintf("%s races and has %d attempts", s.label(), s.attempts), "the race would be over the second time: remove Attempts")
	}
	switch session := s.session; {
	case session == nil: // another check says so
	case session.kind == browserSession && session.page.Direct:
		v.add(session.place, session.label()+" races and has no gateway", "remove WithoutGateway")
	case session.kind == httpSession && !session.gateway:
		v.add(session.place, session.label()+" races and has no gateway", "declare it with WithGateway")
	}
}

// rivals checks that two steps can race with each other.
func (v *validation) rivals(race *Race, plan *order.Plan, a, b *Step) {
	before := func(one, other *Step) bool {
		return plan != nil && plan.Before(order.Node(one.index), order.Node(other.index))
	}
	switch {
	case a == b:
		v.add(race.place, a.label()+" races with itself", "declare another step, of another session")
	case a.session == b.session && a.session != nil:
		v.add(race.place, fmt.Sprintf("%s and %s are both of %s", a.label(), b.label(), a.session.label()), "a user does one thing at a time: let another session do the other")
	case before(a, b):
		v.add(race.place, fmt.Sprintf("%s comes before %s", a.label(), b.label()), "steps that race have no order between them")
	case before(b, a):
		v.add(race.place, fmt.Sprintf("%s comes before %s", b.label(), a.label()), "steps that race have no order between them")
	}
}

func limitMistakes(at place, limit time.Duration) []Mistake {
	if limit >= 0 {
		return nil
	}
	return []Mistake{{at.String(), fmt.Sprintf("the requests of a round have the limit %v", limit), fmt.Sprintf("a limit is not negative; zero means %v", defaultRaceLimit)}}
}

// counted is a number of things in words: "1 step", "2 steps".
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
