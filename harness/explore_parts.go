package harness

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/order"
	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/minimise"
)

// parts are what the minimisation tries to leave out: sessions, and then steps, the last ones first. What takes the same with it as an
// earlier one, or everything, is not among them.
func (e *exploration) parts() []minimise.Part {
	var candidates, parts []minimise.Part
	for _, s := range e.sessions() {
		candidates = append(candidates, minimise.Part{Session: s.Name()})
	}
	for _, item := range slices.Backward(e.scenario.items) {
		if item.kind == KindStep && e.counts[item.index] == explored {
			candidates = append(candidates, minimise.Part{Session: item.session.Name(), Step: item.name})
		}
	}
	var known [][]bool
	for _, part := range candidates {
		out := e.leftOut([]minimise.Part{part})
		if slices.ContainsFunc(known, func(other []bool) bool { return slices.Equal(other, out) }) || !e.leavesSteps(out) {
			continue
		}
		known, parts = append(known, out), append(parts, part)
	}
	return parts
}

func (e *exploration) leavesSteps(out []bool) bool {
	return slices.ContainsFunc(e.scenario.items, func(item *Step) bool {
		return item.kind == KindStep && e.counts[item.index] == explored && !out[item.index]
	})
}

// leftOut tells of each item whether it goes with the parts: their steps, whatever requires one of these, belongs to one, or comes to a barrier
// with one; and preconditions of which all that comes after them goes.
func (e *exploration) leftOut(parts []minimise.Part) []bool {
	items := e.scenario.items
	out := make([]bool, len(items))
	for i, item := range items {
		out[i] = item.kind == KindStep && slices.ContainsFunc(parts, func(p minimise.Part) bool {
			return p.Session == item.session.Name() && (p.Step == "" || p.Step == item.name)
		})
	}
	for more := true; more; {
		more = false
		for i, item := range items {
			if !out[i] && slices.ContainsFunc(items, func(other *Step) bool { return out[other.index] && item.goesWith(other) }) {
				out[i], more = true, true
			}
		}
	}
	for _, node := range slices.Backward(e.plan.Order()) {
		if after := e.followers(node); items[node].kind == KindPrecondition && len(after) > 0 {
			out[node] = out[node] || !slices.ContainsFunc(after, func(n order.Node) bool { return !out[n] })
		}
	}
	return out
}

// followers are the items that come after one.
func (e *exploration) followers(node order.Node) (after []order.Node) {
	for _, other := range e.plan.Order() {
		if e.plan.Before(node, other) {
			after = append(after, other)
		}
	}
	return after
}

func (s *Step) goesWith(other *Step) bool {
	return slices.Contains(s.requires, other) || s.of == other || slices.ContainsFunc(other.barriers(), s.comesTo)
}

// executeWithout runs the scenario without some parts.
func (e *exploration) executeWithout(ctx context.Context, c schedule.Chooser, parts []minimise.Part) (schedule.Outcome, error) {
	if len(parts) == 0 {
		return e.execute(ctx, c)
	}
	out := e.leftOut(parts)
	if !e.leavesSteps(out) {
		return schedule.Outcome{}, nil // nothing fails where nothing is done
	}
	defer e.reduce(out)()
	return e.execute(ctx, c)
}

// reduce leaves items out of the scenario until it is restored. Whatever was before another item still is. Runs are over by then, and those who
// declared the steps do not come to see these.
func (e *exploration) reduce(out []bool) (restore func()) {
	sc, items, barriers, counts := e.scenario, e.scenario.items, e.scenario.barriers, e.counts
	copies := map[*Step]*Step{}
	var left []*Step
	e.counts = nil
	for i, item := range items {
		if out[i] {
			continue
		}
		one := *item
		one.index = len(left)
		copies[item], left, e.counts = &one, append(left, &one), append(e.counts, counts[i])
	}
	for item, one := range copies {
		one.of, one.requires, one.after = copies[item.of], nil, nil
		for _, other := range item.requires {
			one.requires = append(one.requires, copies[other])
		}
		for _, other := range items {
			before := e.plan.Before(order.Node(other.index), order.Node(item.index))
			if before && !out[other.index] && other.kind != KindPostcondition {
				one.after = append(one.after, copies[other])
			}
		}
	}
	sc.items = left
	sc.barriers = slices.DeleteFunc(slices.Clone(barriers), func(b *Barrier) bool { return len(sc.usersOf(b)) == 0 })
	return func() { sc.items, sc.barriers, e.counts = items, barriers, counts }
}

// without says in words who is not needed for the failure, and which sessions nothing is left of.
func (e *exploration) without(parts []minimise.Part) (words, gone []string) {
	if len(parts) == 0 {
		return nil, nil
	}
	out := e.leftOut(parts)
	for _, s := range e.scenario.used() {
		var left, dropped []string
		for i, item := range e.scenario.items {
			switch {
			case item.session != s:
			case !out[i]:
				left = append(left, item.name)
			case item.kind == KindStep:
				dropped = append(dropped, fmt.Sprintf("%q", item.name))
			}
		}
		switch {
		case len(left) == 0:
			words, gone = append(words, s.Name()), append(gone, s.Name())
		case len(dropped) > 0:
			words = append(words, strings.Join(dropped, " and ")+" of "+s.Name())
		}
	}
	return words, gone
}
