package harness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/order"
)

// barrier checks that those who meet can. The plan is nil where there is none.
func (v *validation) barrier(b *Barrier, plan *order.Plan) {
	users := v.scenario.usersOf(b)
	names := namesOf(sessionsOf(users))
	quoted := fmt.Sprintf("barrier %q", b.name)
	if b.name == "" {
		v.add(b.place, "the barrier has no name", "say what is common to all when they meet: \"both forms are open\"")
	}
	if b.timeout < 0 {
		v.add(b.place, fmt.Sprintf("%s has the timeout %v", quoted, b.timeout), "a timeout is not negative; zero means the default")
	}
	switch {
	case len(users) == 0:
		v.add(b.place, "nobody comes to "+quoted, "declare it in steps with Meets or StartsAt, or remove it")
		return
	case len(names) == 1:
		v.add(b.place, fmt.Sprintf("only %s comes to %s", names[0], quoted), "a rendezvous needs two sessions")
		return
	case b.count < 0 || b.count > len(names) || b.count == 1:
		v.add(b.place, fmt.Sprintf("%s waits for %d parties, and %d come: %s", quoted, b.count, len(names), strings.Join(names, ", ")),
			"let PartyCount be from 2 to the number of sessions that come; zero means all of them")
		return
	}
	v.parties(b, quoted, users)
	v.once(b, quoted, users)
	if plan != nil && (b.count == 0 || b.count == len(names)) { // else others may be enough
		v.reachable(b, quoted, users, plan)
	}
}

// parties compares those who were named with those who come.
func (v *validation) parties(b *Barrier, quoted string, users []*Step) {
	if b.parties == nil {
		return
	}
	come := sessionsOf(users)
	for _, party := range b.parties {
		switch {
		case party == nil:
			v.add(b.place, quoted+" has a party that is nil", "is the variable set before it is used?")
		case !slices.Contains(come, party):
			v.add(b.place, fmt.Sprintf("%s waits for %s, who never comes", quoted, party.Name()),
				"declare it in a step of that session with Meets or StartsAt")
		}
	}
	for _, user := range users {
		if user.session != nil && !slices.Contains(b.parties, user.session) {
			v.add(user.place, fmt.Sprintf("%s comes to %s, and %s is not one of its parties", user.label(), quoted, user.session.Name()),
				"add the session to Parties")
		}
	}
}

// once refuses sessions that come again to a barrier that opens once.
func (v *validation) once(b *Barrier, quoted string, users []*Step) {
	if b.cyclic {
		return
	}
	for i, one := range users {
		for _, other := range users[i+1:] {
			if one.session == other.session && one.session != nil {
				v.add(other.place, fmt.Sprintf("%s comes twice to %s, in %s and in %s", one.session.Name(), quoted, one.label(), other.label()),
					"a barrier opens once; make it Cyclic, or declare another")
				return
			}
		}
	}
}

// reachable refuses meetings of sessions of which one has always gone before the other comes.
func (v *validation) reachable(b *Barrier, quoted string, users []*Step, plan *order.Plan) {
	bySession := map[*Session][]*Step{}
	for _, user := range users {
		bySession[user.session] = append(bySession[user.session], user)
	}
	all := sessionsOf(users)
	for i, one := range all {
		for _, other := range all[i+1:] {
			if canMeet(bySession[one], bySession[other], plan) {
				continue
			}
			v.add(b.place, fmt.Sprintf("%s and %s can never meet at %s: there is an order between %s and %s",
				one.Name(), other.Name(), quoted, bySession[one][0].label(), bySession[other][0].label()),
				"remove the order between them, or meet elsewhere")
			return
		}
	}
}

// canMeet tells whether any two of the items may run at the same time.
func canMeet(some, others []*Step, plan *order.Plan) bool {
	for _, one := range some {
		for _, other := range others {
			a, b := order.Node(one.index), order.Node(other.index)
			if !plan.Before(a, b) && !plan.Before(b, a) {
				return true
			}
		}
	}
	return false
}
