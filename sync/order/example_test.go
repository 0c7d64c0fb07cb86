package order_test

import (
	"errors"
	"fmt"

	"github.com/seed49090845/lockstep/sync/order"
)

func Example() {
	var g order.Graph
	create := g.Add("create", "owner")
	edit := g.Add("edit", "owner")
	fill := g.Add("fill", "colleague")
	g.Requires(edit, fill)
	g.Requires(fill, create)

	plan, err := g.Plan()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range plan.Order() {
		fmt.Println(plan.Lane(n), "does", plan.Name(n))
	}
	// Output:
	// owner does create
	// colleague does fill
	// owner does edit
}

func ExampleGraph_Plan_cycle() {
	var g order.Graph
	create, fill := g.Add("create", ""), g.Add("fill", "")
	g.Requires(fill, create)
	g.After(create, fill)

	_, err := g.Plan()
	fmt.Println(err)
	if cycle, ok := errors.AsType[*order.CycleError](err); ok {
		fmt.Println(len(cycle.Edges), "edges")
	}
	// Output:
	// order: a cycle: create comes after fill, fill requires create; none of them can run, so take one of these away
	// 2 edges
}

func ExampleGraph_Add() {
	var g order.Graph
	fmt.Println(g.Add("create", "owner"), g.Add("fill", "colleague"), g.Add("tidy", ""))
	// Output: 0 1 2
}

func ExampleGraph_Requires() {
	var g order.Graph
	fill, create := g.Add("fill", ""), g.Add("create", "")
	g.Requires(fill, create)

	plan, _ := g.Plan()
	fmt.Println(plan.Order())
	// Output: [1 0]
}

func ExampleGraph_After() {
	var g order.Graph
	tidy, fill := g.Add("tidy", ""), g.Add("fill", "")
	g.After(tidy, fill)
	g.After(tidy, 5)

	_, err := g.Plan()
	fmt.Println(err)
	fmt.Println(errors.Is(err, order.ErrUnknownNode))
	// Output:
	// order: unknown node in "tidy comes after #5": the graph has #0 to #1
	// true
}

func ExamplePlan_Dependencies() {
	var g order.Graph
	first := g.Add("first", "owner")
	_ = g.Add("second", "owner")
	third := g.Add("third", "owner")
	g.Requires(third, first)

	plan, _ := g.Plan()
	for _, e := range plan.Dependencies(third) {
		fmt.Println(plan.Name(e.Node), e.Kind, plan.Name(e.On))
	}
	// Output:
	// third requires first
	// third is in one lane after second
}

func ExamplePlan_Before() {
	var g order.Graph
	a, b := g.Add("create", "owner"), g.Add("edit", "owner")
	c := g.Add("look", "colleague")

	plan, _ := g.Plan()
	fmt.Println(plan.Before(a, b), plan.Before(b, a))
	fmt.Println(plan.Before(a, c) || plan.Before(c, a)) // nothing orders them: a race
	// Output:
	// true false
	// false
}
