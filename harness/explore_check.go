package harness

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed49090845/lockstep/sync/order"
)

// part is what an item is to an exploration.
type part uint8

const (
	prelude  part = iota // it runs before any point counts
	explored             // its points count
	epilogue             // it comes after all steps that are explored, so its requests pass
)

// check finds what is wrong with the scenario and the exploration, before anything starts.
func (e *exploration) check() error {
	v := &validation{scenario: e.scenario}
	plan, err := e.scenario.plan()
	if invalid, ok := errors.AsType[*InvalidScenarioError](err); ok {
		v.mistakes = invalid.Mistakes
	}
	v.mistakes = append(v.mistakes, e.mistakes...)
	v.exploration(e)
	v.statementsAre(e)
	if e.plan = plan; plan != nil {
		if steps := v.explored(e, plan); len(steps) > 0 {
			e.divide(plan, steps)
			v.holdable(e)
		}
	}
	if len(v.mistakes) > 0 {
		return &InvalidScenarioError{Scenario: e.scenario.name, Mistakes: v.mistakes}
	}
	return nil
}

// exploration checks the options by themselves.
func (v *validation) exploration(e *exploration) {
	for i, do := range e.before {
		if do == nil {
			v.add(e.place, fmt.Sprintf("the func number %d that is called before each schedule is nil", i+1), "remove Before, or give it the func")
		}
	}
	for _, i := range e.invariants {
		switch {
		case i.promise == "":
			v.add(e.place, "an invariant has no words", `say what is always so: "a filled phonebook keeps its name"`)
		case i.check == nil:
			v.add(e.place, fmt.Sprintf("the invariant %q has no check: the func is nil", i.promise), "give it a func that returns an error where it does not hold")
		}
	}
	if e.granules > StepStarts|Requests|Responses|Barriers {
		v.add(e.place, fmt.Sprintf("there is no granularity %d", e.granules), "add up StepStarts, Requests, Responses and Barriers")
	}
	for _, n := range []struct {
		what  string
		wrong bool
		given any
	}{
		{"schedules", e.schedules < 0, e.schedules},
		{"repetitions", e.times < 0, e.times},
		{"runs for each prefix", e.prefixes < 0, e.prefixes},
		{"time", e.time < 0, e.time},
		{"time from one point to the next", e.limit < 0, e.limit},
	} {
		if n.wrong {
			v.add(e.place, fmt.Sprintf("the exploration has the limit %v of %s", n.given, n.what), "a limit is not negative; zero means the default")
		}
	}
	names := &requestNames{}
	for _, wrong := range slices.Concat(names.add(&names.named, e.named), names.add(&names.background, e.background)) {
		v.add(e.place, wrong.Error(), "write it as for http.ServeMux: \"POST /phonebooks/{id}/rename\"")
	}
	e.names = names
}

// explored finds the steps from which points count.
func (v *validation) explored(e *exploration, plan *order.Plan) []*Step {
	if e.from == nil {
		steps := concurrent(e.scenario, plan)
		if len(steps) == 0 {
			v.add(e.place, "there is nothing to explore: each step has an order with all steps of other sessions",
				"leave out a Requires or After between steps that users do at the same time")
		}
		return steps
	}
	ok := true
	for _, s := range e.from {
		switch {
		case s == nil:
			v.add(e.place, "From has a step that is nil", "is the variable set before it is used?")
			ok = false
		case s.scenario != e.scenario:
			v.add(e.place, fmt.Sprintf("From has %s of another scenario, %q", s.label(), s.scenario.name), "an exploration is of the steps of one scenario")
			ok = false
		}
	}
	if !ok {
		return nil
	}
	return e.from
}

// concurrent are the steps that have no order between them and a step of another session.
func concurrent(sc *Scenario, plan *order.Plan) (steps []*Step) {
	free := func(a, b *Step) bool {
		one, other := order.Node(a.index), order.Node(b.index)
		return a.session != b.session && b.kind == KindStep && !plan.Before(one, other) && !plan.Before(other, one)
	}
	for _, item := range sc.items {
		if item.kind == KindStep && slices.ContainsFunc(sc.items, func(other *Step) bool { return free(item, other) }) {
			steps = append(steps, item)
		}
	}
	return steps
}

// divide says which part each item is in.
func (e *exploration) divide(plan *order.Plan, steps []*Step) {
	e.counts = make([]part, len(e.scenario.items))
	for _, item := range e.scenario.items {
		if !slices.Contains(steps, item) {
			e.counts[item.index] = e.partOf(plan, steps, order.Node(item.index))
		} else {
			e.counts[item.index] = explored
		}
	}
}

// partOf is the part of an item that is none of the steps. Where the author has named those, only what comes before one of them
// is before the first point. Else all is that does not come after one, so that users log in and prepare themselves
// unscheduled, whatever their order.
func (e *exploration) partOf(plan *order.Plan, steps []*Step, item order.Node) part {
	before, after := 0, 0
	for _, s := range steps {
		if plan.Before(item, order.Node(s.index)) {
			before++
		}
		if plan.Before(order.Node(s.index), item) {
			after++
		}
	}
	switch {
	case e.from != nil && before > 0, e.from == nil && after == 0:
		return prelude
	case e.from == nil && after == len(steps):
		return epilogue
	}
	return explored
}

// sessions are those of items that are not in the prelude.
func (e *exploration) sessions() (all []*Session) {
	for _, s := range e.scenario.used() {
		if slices.ContainsFunc(e.scenario.items, func(item *Step) bool { return item.session == s && e.counts[item.index] != prelude }) {
			all = append(all, s)
		}
	}
	return all
}

// holdable checks that the sessions can be held where they are to be.
func (v *validation) holdable(e *exploration) {
	if !e.at(Requests) && !e.at(Responses) {
		return
	}
	or := ", or explore with At(StepStarts)"
	if e.database != nil {
		or = ": Statements needs it, to tell whose they are"
	}
	for _, s := range e.sessions() {
		switch {
		case s.kind == httpSession && !s.gateway:
			v.add(s.place, s.label()+" is explored and has no gateway, so that its requests cannot be held", "declare it with WithGateway"+or)
		case s.kind == browserSession && s.page.Direct:
			v.add(s.place, s.label()+" is explored and has no gateway, so that its requests cannot be held", "remove WithoutGateway"+or)
		}
	}
}

// PointLimit's default.
const defaultPointLimit = 2 * time.Second
