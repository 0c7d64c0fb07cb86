package harness

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sync/order"
)

// Marks names the request of a step that matters: a race lets the marked requests of several steps meet the server
// together. It counts from the moment at which the step's body starts. Without a race it means nothing.
func Marks(m gateway.Match) StepOption {
	return func(s *Step) { s.mark = &m }
}

// Race is steps of different sessions whose marked requests are released together, again and again. Declare its
// invariants, and then Repeat it.
type Race struct {
	scenario   *Scenario
	place      place
	steps      []*Step
	before     []func(ctx context.Context, round int) error
	invariants []invariant
	stored     func(ctx context.Context) (string, error)
}

type invariant struct {
	promise string
	check   func(ctx context.Context) error
}

// Race declares that the marked requests of these steps, which are of different sessions and have no order between
// them, race. Like all declarations it never fails; what is wrong is found when it is repeated.
func (sc *Scenario) Race(steps ...*Step) *Race {
	return &Race{scenario: sc, place: caller(), steps: steps}
}

// Before is called before each round, which are counted from 1, to make fresh data: what the steps of the last round left must
// not be taken for what those of this one do. An error ends the repetition.
func (race *Race) Before(do func(ctx context.Context, round int) error) *Race {
	race.before = append(race.before, do)
	return race
}

// Invariant is what must be so after each round, in words, and how it is checked: an error is a violation.
func (race *Race) Invariant(promise string, check func(ctx context.Context) error) *Race {
	race.invariants = append(race.invariants, invariant{promise, check})
	return race
}

// Stored describes what the system has after a round in a few words, without what differs from round to round: it is part
// of the class to which the round's outcome belongs.
func (race *Race) Stored(describe func(ctx context.Context) (string, error)) *Race {
	race.stored = describe
	return race
}

// Rounds say how a race is repeated.
type Rounds struct {
	// N is how many rounds; zero means 20.
	N int
	// UntilViolated ends the repetition with the first round that violates an invariant.
	UntilViolated bool
	// Plain adds as many rounds in which the steps start at the same moment and nothing is held, in turn with the others:
	// what a test can do without a gateway, to compare with.
	Plain bool
	// Limit is how long the marked requests of a round may take to come, and their responses after that; zero means 10 s.
	Limit time.Duration
}

const (
	defaultRounds    = 20
	defaultRaceLimit = 10 * time.Second
)

// Repeat runs the scenario again and again with fresh sessions, and releases the marked requests of each round together, in
// an order that is drawn anew each time. A round in which a step fails counts: that may be how the loser of a race fares. One in which the requests did not meet
// does not, and is a problem of the result.
func (race *Race) Repeat(ctx context.Context, o Rounds) *RaceResult {
	race.scenario.harness.t.Helper()
	result := race.newResult()
	if o.N == 0 {
		o.N = defaultRounds
	}
	if err := race.check(o.N, o.Limit); err != nil {
		return result.refuse(err)
	}
	kinds := []*Tally{&result.Released}
	if o.Plain {
		result.Plain = &Tally{}
		kinds = append(kinds, result.Plain)
	}
	show := race.showProgress(result, o.N*len(kinds))
	defer show()
	for round := 1; round <= o.N; round++ {
		for i, tally := range kinds { // in turn, so that both meet the same machine
			if err := race.round(ctx, result, tally, meetingPlan{plain: i == 1, limit: o.Limit}); err != nil {
				return result.stop(err)
			}
		}
		if o.UntilViolated && result.violated() {
			break
		}
	}
	result.finish()
	race.scenario.harness.reportRace(result)
	return result
}

// check finds what is wrong with the declaration before anything starts.
func (race *Race) check(rounds int, limit time.Duration) error {
	sc := race.scenario
	plan, err := sc.plan()
	if err != nil {
		return err
	}
	v := &validation{scenario: sc}
	if rounds < 0 || limit < 0 {
		v.add(race.place, fmt.Sprintf("a race of %d rounds with the limit %v", rounds, limit), "neither is negative; zero means the default")
	}
	if len(race.steps) < 2 {
		v.add(race.place, fmt.Sprintf("a race of %d steps", len(race.steps)), "a race needs at least two, of different sessions")
	}
	for i, step := range race.steps {
		v.racer(race, step)
		for _, other := range race.steps[:i] {
			v.rivals(race, plan, other, step)
		}
	}
	if len(v.mistakes) > 0 {
		return &InvalidScenarioError{Scenario: sc.name, Mistakes: v.mistakes}
	}
	return nil
}

// racer checks a step that races by itself.
func (v *validation) racer(race *Race, s *Step) {
	switch {
	case s == nil:
		v.add(race.place, "the race has a step that is nil", "is the variable set before it is used?")
		return
	case s.scenario != v.scenario:
		v.add(race.place, fmt.Sprintf("%s is of another scenario, %q", s.label(), s.scenario.name), "a race is of steps of one scenario")
		return
	case s.mark == nil:
		v.add(s.place, s.label()+" races and marks no request", `say which, as in Marks(gateway.Match{Method: "POST", Path: "/phonebooks/{id}/rename"})`)
	case s.mark.Stage != gateway.RequestOut:
		v.add(s.place, s.label()+" marks a response", "requests race; leave the stage out")
	default:
		if err := s.mark.Check(); err != nil {
			v.add(s.place, fmt.Sprintf("%s marks what cannot be: %v", s.label(), err), "correct the match")
		}
	}
	if s.attempts > 1 {
		v.add(s.place, fmt.Sprintf("%s races and has %d attempts", s.label(), s.attempts), "the race would be over the second time: remove Attempts")
	}
	switch session := s.session; {
	case session.kind == browserSession && session.page.Direct:
		v.add(session.place, session.label()+" races and has no gateway", "remove WithoutGateway")
	case session.kind == httpSession && !session.gateway:
		v.add(session.place, session.label()+" races and has no gateway", "declare it with WithGateway")
	}
}

// rivals checks that two steps can race with each other.
func (v *validation) rivals(race *Race, plan *order.Plan, a, b *Step) {
	if a == nil || b == nil || a.scenario != v.scenario || b.scenario != v.scenario {
		return
	}
	switch {
	case a == b:
		v.add(race.place, a.label()+" races with itself", "declare another step, of another session")
	case a.session == b.session:
		v.add(race.place, fmt.Sprintf("%s and %s are both of %s", a.label(), b.label(), a.session.label()), "a user does one thing at a time: let another session do the other")
	case plan.Before(order.Node(a.index), order.Node(b.index)):
		v.add(race.place, fmt.Sprintf("%s comes before %s", a.label(), b.label()), "steps that race have no order between them")
	case plan.Before(order.Node(b.index), order.Node(a.index)):
		v.add(race.place, fmt.Sprintf("%s comes before %s", b.label(), a.label()), "steps that race have no order between them")
	}
}

// errRace is wrapped by what ends a repetition.
var errRace = errors.New("the race was stopped")

// round is one repetition. An error ends them all.
func (race *Race) round(ctx context.Context, result *RaceResult, tally *Tally, how meetingPlan) error {
	number := result.begin()
	for _, before := range race.before {
		if err := before(ctx, number); err != nil {
			return fmt.Errorf("%w before round %d: %w", errRace, number, err)
		}
	}
	racing := newRacing(race, how, rand.New(rand.NewPCG(uint64(result.Seed), uint64(number))))
	run := race.scenario.runWith(ctx, racing)
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%w in round %d: %w", errRace, number, err)
	}
	if run.refused != nil {
		return run.refused
	}
	round := Round{Number: number, Took: run.Took, Problem: racing.problem(run)}
	if round.Problem == "" {
		racing.describe(&round, run)
		if err := race.look(ctx, &round); err != nil {
			return fmt.Errorf("%w after round %d: %w", errRace, number, err)
		}
	}
	if (len(round.Violations) > 0 || round.Problem != "") && result.Files == nil {
		result.Files = race.scenario.harness.Evidence(ctx)
	}
	tally.add(round)
	return nil
}

// look checks the invariants and describes what is stored.
func (race *Race) look(ctx context.Context, round *Round) error {
	for _, i := range race.invariants {
		if err := i.check(ctx); err != nil {
			round.Violations = append(round.Violations, fmt.Sprintf("%s: %v", i.promise, err))
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if race.stored == nil {
		return nil
	}
	var err error
	round.Stored, err = race.stored(ctx)
	return err
}

// names are those of the sessions that race.
func (race *Race) names() []string {
	return namesOf(sessionsOf(slices.Clone(race.steps)))
}
