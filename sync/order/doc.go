// Package order decides which step comes after which, and guarantees that a [Plan] has an order in which
// every step comes after all that it names, and that no two steps of one lane are ever unordered.
//
// A [Graph] is declared, a [Plan] is what a valid graph becomes: all mistakes come out of [Graph.Plan], before
// anything runs. An order that exists is then a fact that an executor can rely on and need not check.
//
// # Why not something that exists
//
// A topological sort is a few lines, and every graph library has one. What a scenario needs is around it: an
// order that is the same every time (ties go by declaration, so that a run without races is repeatable), a cycle
// that is told as a sentence, and lanes, which stand for "a session does one thing at a time".
//
// # Usage
//
//	var g order.Graph
//	create := g.Add("create", "owner")
//	fill := g.Add("fill", "colleague")
//	tidy := g.Add("tidy", "owner")
//	g.Requires(fill, create) // fill runs after create, and only if it passed
//	g.After(tidy, fill)      // tidy runs after fill, whatever became of it
//	plan, err := g.Plan()
//
// # Lanes
//
// The declared edges alone decide [Plan.Order]. Each node then gets a [Lane] edge to the node of its lane that is
// before it in that order. Such an edge points back in an order that exists, therefore it never makes a cycle, and
// the order with lanes is the same order. A lane makes no gate: a node runs whatever became of the one before it.
//
// # Concurrency
//
// A Graph is built by one goroutine. A Plan never changes: any number of goroutines may use it, and the graph it
// came from may grow on without a change in the plan.
//
// # Errors
//
// [Graph.Plan] gives a [*CycleError], or errors that wrap [ErrUnknownNode], all of them joined. The methods of a
// Plan panic for a node that the plan does not have, as an index out of range does.
package order
