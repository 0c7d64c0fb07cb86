package harness

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/order"
)

// plan checks the whole declaration and puts it in order. It starts nothing and touches no browser, and reports all
// mistakes at once.
func (sc *Scenario) plan() (*order.Plan, error) {
	v := &validation{scenario: sc}
	sc.harness.mu.Lock()
	v.mistakes = slices.Concat(sc.harness.mistakes, sc.mistakes)
	sc.harness.mu.Unlock()

	if !slices.ContainsFunc(sc.items, func(s *Step) bool { return s.kind == KindStep }) {
		v.add(sc.place, "the scenario has no step", "declare at least one with Step; preconditions alone show nothing")
	}
	for _, item := range sc.items {
		v.item(item)
	}
	v.duplicates()
	plan, err := sc.graph().Plan()
	if err != nil {
		v.order(err)
	}
	for _, b := range sc.barriers {
		v.barrier(b, plan)
	}
	if len(v.mistakes) > 0 {
		return nil, &InvalidScenarioError{Scenario: sc.name, Mistakes: v.mistakes}
	}
	return plan, nil
}

// validation collects mistakes. Each check leaves out what another one reports.
type validation struct {
	scenario *Scenario
	mistakes []Mistake
}

func (v *validation) add(at place, what, hint string) {
	v.mistakes = append(v.mistakes, Mistake{at.String(), what, hint})
}

func (v *validation) item(s *Step) {
	if s.name == "" {
		v.add(s.place, fmt.Sprintf("the %s has no name", s.kind), "say what the user does: \"adds a contact\"")
	}
	switch {
	case s.session == nil:
		v.add(s.place, s.label()+" has no session", "declare one with Browser or HTTP and pass it")
	case s.session.harness != v.scenario.harness:
		v.add(s.place, fmt.Sprintf("%s is in session %q of another harness", s.label(), s.session.given),
			"declare the session on the harness of this scenario")
	}
	if s.of != nil && s.of.kind != KindStep {
		v.add(s.place, fmt.Sprintf("%s belongs to a %s", s.label(), s.of.kind), "only steps have preconditions and postconditions")
	}
	if s.timeout < 0 {
		v.add(s.place, fmt.Sprintf("%s has the timeout %v", s.label(), s.timeout), "a timeout is not negative; zero means the default")
	}
	if s.attempts < 0 {
		v.add(s.place, fmt.Sprintf("%s has %d attempts", s.label(), s.attempts), "one is the least; zero means one")
	}
	if s.alwaysRun && s.kind != KindStep {
		v.add(s.place, fmt.Sprintf("%s has AlwaysRun", s.label()), "AlwaysRun is for steps; a postcondition runs whenever its step was reached")
	}
	if s.attempts > 1 && len(s.barriers()) > 0 {
		v.add(s.place, fmt.Sprintf("%s has %d attempts and comes to a barrier", s.label(), s.attempts),
			"nobody would be there the second time: repeat what is before or after in a step of its own")
	}
	v.edges(s, "requires", s.requires)
	v.edges(s, "comes after", s.after)
	for _, b := range s.barriers() {
		v.meeting(s, b)
	}
	if s.startsAt != nil && slices.Contains(s.meets, s.startsAt) {
		v.add(s.place, fmt.Sprintf("%s both starts at barrier %q and meets there", s.label(), s.startsAt.name), "StartsAt is enough")
	}
}

// barriers are all that the item declares to come to; nil ones are mistakes.
func (s *Step) barriers() []*Barrier {
	if s.startsAt == nil && !s.startsAtNil {
		return s.meets
	}
	return append(slices.Clone(s.meets), s.startsAt)
}

func (v *validation) edges(s *Step, verb string, others []*Step) {
	for _, other := range others {
		switch {
		case other == nil:
			v.add(s.place, fmt.Sprintf("%s %s a step that is nil", s.label(), verb), "is the variable set before it is used?")
		case other.scenario != v.scenario:
			v.add(s.place, fmt.Sprintf("%s %s %s of another scenario, %q", s.label(), verb, other.label(), other.scenario.name),
				"only steps of one scenario can be ordered")
		case other.kind == KindPostcondition && other.of != s.of:
			v.add(s.place, fmt.Sprintf("%s %s %s", s.label(), verb, other.label()),
				fmt.Sprintf("come after %s instead: that includes its postconditions", other.of.label()))
		}
	}
}

func (v *validation) meeting(s *Step, b *Barrier) {
	switch {
	case b == nil:
		v.add(s.place, s.label()+" comes to a barrier that is nil", "declare it with Barrier before the step")
	case b.scenario != v.scenario:
		v.add(s.place, fmt.Sprintf("%s comes to barrier %q of another scenario, %q", s.label(), b.name, b.scenario.name),
			"declare the barrier in this scenario")
	}
}

// duplicates finds items of one session, and barriers, that cannot be told apart.
func (v *validation) duplicates() {
	for i, s := range v.scenario.items {
		for _, earlier := range v.scenario.items[:i] {
			if s.name != "" && s.name == earlier.name && s.session == earlier.session && s.session != nil {
				v.add(s.place, fmt.Sprintf("%s has two items named %q, the first at %s", s.session.Name(), s.name, earlier.place),
					"results are read by name: give it another")
				break
			}
		}
	}
	for i, b := range v.scenario.barriers {
		for _, earlier := range v.scenario.barriers[:i] {
			if b.name == earlier.name && b.name != "" {
				v.add(b.place, fmt.Sprintf("two barriers are named %q, the first at %s", b.name, earlier.place), "give it another name")
				break
			}
		}
	}
}

// order explains what the graph refused.
func (v *validation) order(err error) {
	if cycle, ok := errors.AsType[*order.CycleError](err); ok {
		v.add(v.cyclePlace(cycle), "these wait for each other, so none of them can run: "+strings.Join(cycle.Path, ", "),
			"take one of the conditions away. A step comes after its preconditions; what comes after a step comes after its postconditions, too")
		return
	}
	v.add(v.scenario.place, err.Error(), "this is a defect of the harness: please report it")
}

// cyclePlace is where the first item of the cycle was declared.
func (v *validation) cyclePlace(cycle *order.CycleError) place {
	for _, item := range v.scenario.items {
		if len(cycle.Edges) > 0 && order.Node(item.index) == cycle.Edges[0].Node {
			return item.place
		}
	}
	return v.scenario.place
}
