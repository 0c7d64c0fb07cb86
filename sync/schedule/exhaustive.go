package schedule

import (
	"fmt"
	"slices"
)

// Exhaustive returns the strategy that runs every order, but only one of those that differ in nothing but the order of
// points that commute. A nil independence means [BothSafe]; with [Nothing], it runs all orders.
//
// It is optimal dynamic partial-order reduction with sleep sets and wakeup trees (P. Abdulla, S. Aronis, B. Jonsson, K.
// Sagonas: Optimal Dynamic Partial Order Reduction, POPL 2014; sleep sets are P. Godefroid's, 1996; finding the orders to
// try from the races of an execution is C. Flanagan's and P. Godefroid's, POPL 2005). So it never begins an execution that
// turns out to be redundant, as long as a point comes because of one other point at most. Where it comes because of several
// (a barrier of three), a few executions end with [ErrRedundant].
//
// The system must be deterministic: after the same points, the same points are pending. The error of an execution
// that differs is a [*DivergedError].
func Exhaustive(independent Independence) Strategy {
	return &exhaustive{independent: independent.orDefault(), orders: &orders{}}
}

type exhaustive struct {
	independent Independence
	stack       []node // one for each point of the current execution that is decided
	depth       int    // of the current execution
	redundant   bool   // so is the current execution
	runs        int    // executions that were not
	complete    bool
	orders      *orders
	races       races
}

// node is a state of the system, after the points that the nodes before it chose.
type node struct {
	sleep []Pending // what was tried here already, or in a state before, and is independent of all since
	tree  []*branch // what is still to be tried, in order; the first is being tried
}

// branch is a node of a wakeup tree: after this point, one of next is to come; without next, anything may.
type branch struct {
	point Pending
	next  []*branch
}

func (e *exhaustive) String() string { return "exhaustive" }

func (e *exhaustive) Begin() (Chooser, bool) {
	e.depth, e.redundant = 0, false
	return e, !e.complete
}

// Choose follows the decisions made, and makes those that are still open.
func (e *exhaustive) Choose(pending []Pending) (int, error) {
	if e.depth == len(e.stack) {
		if err := e.push(pending); err != nil {
			return 0, err
		}
	}
	want := &e.stack[e.depth].tree[0].point
	i := indexOf(pending, &want.Point)
	if i < 0 {
		return 0, diverged(e.depth, want.Point, pending)
	}
	e.depth++
	return i, nil
}

// push adds a node for the state in which the execution is.
func (e *exhaustive) push(pending []Pending) error {
	e.stack = slices.Grow(e.stack, 1)[:e.depth+1] // keeps the memory of a node that was there before
	n := &e.stack[e.depth]
	n.sleep, n.tree = n.sleep[:0], nil
	if e.depth > 0 {
		before := &e.stack[e.depth-1]
		chosen := before.tree[0]
		for i := range before.sleep {
			if !e.independent.dependent(&before.sleep[i], &chosen.point) {
				n.sleep = append(n.sleep, before.sleep[i])
			}
		}
		n.tree = slices.Clone(chosen.next)
	}
	// A branch whose point has not come was made for an order that cannot be; see Exhaustive.
	n.tree = slices.DeleteFunc(n.tree, func(b *branch) bool { return indexOf(pending, &b.point.Point) < 0 })
	if len(n.tree) > 0 {
		return nil
	}
	for i := range pending {
		if indexOf(n.sleep, &pending[i].Point) < 0 {
			n.tree = append(n.tree, &branch{point: pending[i]})
			return nil
		}
	}
	e.stack, e.redundant = e.stack[:e.depth], true
	return ErrRedundant
}

func indexOf(list []Pending, p *Point) int {
	for i := range list {
		if list[i].Point == *p {
			return i
		}
	}
	return -1
}

// End finds the races of the execution, plans their reversals, and goes back to where something is left to try.
func (e *exhaustive) End(t Trace) error {
	if len(t) < len(e.stack) {
		return fmt.Errorf("the execution ended after %s; after the same points, an earlier one came to %s: the system is not deterministic",
			plural(len(t), "point"), e.stack[len(t)].tree[0].point)
	}
	e.races.find(t, e.independent)
	for _, r := range e.races.list {
		e.plan(t, r)
	}
	if !e.redundant {
		e.runs++
		e.orders.add(t, &e.races)
	}
	e.back()
	return nil
}

// back leaves what has been tried.
func (e *exhaustive) back() {
	for len(e.stack) > 0 {
		n := &e.stack[len(e.stack)-1]
		n.sleep = append(n.sleep, n.tree[0].point)
		if n.tree = n.tree[1:]; len(n.tree) > 0 {
			return
		}
		e.stack = e.stack[:len(e.stack)-1]
	}
	e.complete = true
}

// plan adds to the wakeup tree before the race what leads to its reversal: all later points that do not come after the
// first of the two, and then the second.
func (e *exhaustive) plan(t Trace, r race) {
	var way []Pending
	for k := r.first + 1; k < len(t); k++ {
		if !e.races.before(r.first, k) {
			way = append(way, t[k].Pending)
		}
	}
	way = append(way, t[r.second].Pending)
	n := &e.stack[r.first]
	for i := range n.sleep {
		if begins, _ := e.begins(&n.sleep[i], way); begins {
			return // it was explored from there
		}
	}
	n.tree = e.insert(n.tree, way, false)
}

// insert adds the way to a wakeup tree, unless a branch of it already covers it. Leaf says that the tree is below a branch.
func (e *exhaustive) insert(tree []*branch, way []Pending, below bool) []*branch {
	if below && len(tree) == 0 {
		return tree // anything may come here, so the way will too
	}
	for _, b := range tree {
		if begins, at := e.begins(&b.point, way); begins {
			rest := way
			if at >= 0 {
				rest = slices.Delete(slices.Clone(way), at, at+1)
			}
			b.next = e.insert(b.next, rest, true)
			return tree
		}
	}
	var chain *branch
	for _, point := range slices.Backward(way) {
		above := &branch{point: point}
		if chain != nil {
			above.next = []*branch{chain}
		}
		chain = above
	}
	if chain != nil {
		tree = append(tree, chain)
	}
	return tree
}

// begins reports whether the point can be the first of an execution that is equivalent to one that begins with the way:
// either it is in the way, at the index returned, and nothing before it there depends on it, or it is not, and commutes
// with all of it.
func (e *exhaustive) begins(p *Pending, way []Pending) (bool, int) {
	for i := range way {
		if way[i].Point == p.Point {
			return true, i
		}
		if e.independent.dependent(p, &way[i]) {
			return false, -1
		}
	}
	return true, -1
}

func (e *exhaustive) Shown() string {
	total, known := e.orders.total()
	switch {
	case !e.complete:
		return fmt.Sprintf("stopped after %s of a search that has more", plural(e.runs, "order"))
	case e.runs == 1 && known && total == 1:
		return "the only order"
	case known && total == uint64(e.runs):
		return fmt.Sprintf("all %d orders", e.runs)
	case known:
		return fmt.Sprintf("all %s that can differ, of %d", plural(e.runs, "order"), total)
	}
	return fmt.Sprintf("all %s that can differ", plural(e.runs, "order"))
}
