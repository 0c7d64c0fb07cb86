package harness

import "github.com/seed49090845/lockstep/sync/order"

// graph is the order of all items: what was declared, and what follows from preconditions and postconditions. What
// does not resolve is left out: validation reports it.
func (sc *Scenario) graph() *order.Graph {
	g := &order.Graph{}
	for _, item := range sc.items {
		name, lane := item.name, ""
		if item.session != nil {
			lane = item.session.Name()
			name = lane + ": " + name
		}
		g.Add(name, lane)
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
	if other == nil || other.scenario != sc {
		return
	}
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
