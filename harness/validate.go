package harness

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed49090845/lockstep/sync/order"
)

// plan checks the whole declaration and puts it in order. It starts nothing and touches no browser.
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
	if len(v.mistakes) > 0 {
		return nil, v.err() // the order of broken items would only repeat the mistakes
	}
	plan, err := sc.graph().Plan()
	if err != nil {
		v.order(err)
		return nil, v.err()
	}
	for _, b := range sc.barriers {
		v.barrier(b, plan)
	}
	if len(v.mistakes) > 0 {
		return nil, v.err()
	}
	return plan, nil
}

type validation struct {
	scenario *Scenario
	mistakes []Mistake
}

func (v *validation) add(at place, what, hint string) {
	v.mistakes = append(v.mistakes, Mistake{at.String(), what, hint})
}

func (v *validation) err() error {
	return &InvalidScenarioError{Scenario: v.scenario.name, Mistakes: v.mistakes}
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
	v.edges(s, "requires", s.requires)
	v.edges(s, "comes after", s.after)
	for _, b := range slices.Concat(s.meets, []*Barrier{s.startsAt}) {
		v.meeting(s, b)
	}
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
		if slices.Contains(s.meets, nil) {
			v.add(s.place, s.label()+" meets a barrier that is nil", "declare it with Barrier before the step")
		}
	case b.scenario != v.scenario:
		v.add(s.place, fmt.Sprintf("%s comes to barrier %q of another scenario, %q", s.label(), b.name, b.scenario.name),
			"declare the barrier in this scenario")
	case s.startsAt == b && slices.Contains(s.meets, b):
		v.add(s.place, fmt.Sprintf("%s both starts at barrier %q and meets there", s.label(), b.name), "StartsAt is enough")
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
			if b.name == earlier.name {
				v.add(b.place, fmt.Sprintf("two barriers are named %q, the first at %s", b.name, earlier.place), "give it another name")
				break
			}
		}
	}
}

// graph is the order of all items: what was declared, and what follows from preconditions and postconditions.
func (sc *Scenario) graph() *order.Graph {
	g := &order.Graph{}
	for _, item := range sc.items {
		g.Add(item.session.Name()+": "+item.name, item.session.Name())
	}
	for _, item := range sc.items {
		for _, other := range item.requires {
			sc.follow(g.Requires, g.After, item, other)
		}
		for _, other := range item.after {
			sc.follow(g.After, g.After, item, other)
		}
		if item.of == nil {
			continue
		}
		if item.kind == KindPostcondition {
			g.After(order.Node(item.index), order.Node(item.of.index))
			continue
		}
		g.Requires(order.Node(item.of.index), order.Node(item.index))
		for _, other := range item.of.requires {
			sc.follow(g.Requires, g.After, item, other)
		}
		for _, other := range item.of.after {
			sc.follow(g.After, g.After, item, other)
		}
	}
	return g
}

// follow orders an item after another and, unless it belongs to the other, after the other's postconditions.
func (sc *Scenario) follow(edge func(n, on order.Node), after func(n, on order.Node), item, other *Step) {
	edge(order.Node(item.index), order.Node(other.index))
	if item.of == other {
		return
	}
	for _, post := range sc.items {
		if post.kind == KindPostcondition && post.of == other {
			after(order.Node(item.index), order.Node(post.index))
		}
	}
}

// order explains what the graph refused.
func (v *validation) order(err error) {
	var cycle *order.CycleError
	if errors.As(err, &cycle) {
		v.add(v.cyclePlace(cycle), cycle.Error(), "one of these must come first: remove one of the conditions")
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

// barrier checks that those who meet can.
func (v *validation) barrier(b *Barrier, plan *order.Plan) {
	users := v.scenario.usersOf(b)
	names := candidates(users)
	quoted := fmt.Sprintf("barrier %q", b.name)
	switch {
	case b.name == "":
		v.add(b.place, "the barrier has no name", "say what is common to all when they meet: \"both forms are open\"")
		return
	case b.timeout < 0:
		v.add(b.place, fmt.Sprintf("%s has the timeout %v", quoted, b.timeout), "a timeout is not negative; zero means the default")
		return
	case len(users) == 0:
		v.add(b.place, "nobody comes to "+quoted, "declare it in steps with Meets or StartsAt, or remove it")
		return
	case len(names) < 2:
		v.add(b.place, fmt.Sprintf("only %s comes to %s", names[0], quoted), "a rendezvous needs two sessions")
		return
	case b.count < 0 || b.count > len(names) || b.count == 1:
		v.add(b.place, fmt.Sprintf("%s waits for %d parties, and %d come: %v", quoted, b.count, len(names), names),
			"let PartyCount be from 2 to the number of sessions that come")
		return
	}
	v.parties(b, quoted, names)
	v.reachable(b, quoted, users, plan)
}

// parties compares those who were named with those who come.
func (v *validation) parties(b *Barrier, quoted string, names []string) {
	for _, party := range b.parties {
		switch {
		case party == nil:
			v.add(b.place, quoted+" has a party that is nil", "is the variable set before it is used?")
		case !slices.Contains(names, party.Name()):
			v.add(b.place, fmt.Sprintf("%s waits for %s, who never comes", quoted, party.Name()),
				"declare it in a step of that session with Meets or StartsAt")
		}
	}
	if b.parties == nil {
		return
	}
	for _, user := range v.scenario.usersOf(b) {
		if !slices.Contains(b.parties, user.session) {
			v.add(user.place, fmt.Sprintf("%s comes to %s, and %s is not one of its parties", user.label(), quoted, user.session.Name()),
				"add the session to Parties")
		}
	}
}

// reachable refuses meetings of sessions of which one has always gone before the other comes.
func (v *validation) reachable(b *Barrier, quoted string, users []*Step, plan *order.Plan) {
	if b.count > 0 && b.count < len(candidates(users)) {
		return // others may be enough
	}
	for i, one := range users {
		for _, other := range users[i+1:] {
			if one.session == other.session && !b.cyclic {
				v.add(other.place, fmt.Sprintf("%s comes twice to %s, in %s and in %s", one.session.Name(), quoted, one.label(), other.label()),
					"a barrier opens once; make it Cyclic, or declare another")
				return
			}
			if one.session != other.session && !canMeet(one.session, other.session, users, plan) {
				v.add(b.place, fmt.Sprintf("%s and %s can never meet at %s: there is an order between %s and %s",
					one.session.Name(), other.session.Name(), quoted, one.label(), other.label()),
					"remove the order between them, or meet elsewhere")
				return
			}
		}
	}
}

// canMeet tells whether any two steps of the sessions may run at the same time.
func canMeet(a, b *Session, users []*Step, plan *order.Plan) bool {
	for _, one := range users {
		for _, other := range users {
			if one.session == a && other.session == b &&
				!plan.Before(order.Node(one.index), order.Node(other.index)) &&
				!plan.Before(order.Node(other.index), order.Node(one.index)) {
				return true
			}
		}
	}
	return false
}
