package vars_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed49090845/lockstep/sync/vars"
)

var ctx = context.Background()

func Example() {
	run, err := vars.New(vars.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		_, _ = run.KeyDelta(ctx, "CONTACTS", "Ada", 1)
		_, _ = run.Set(ctx, "FILLED", true)
	}()
	if _, err := run.Await(ctx, "colleague", "FILLED", vars.Is(true)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run.KeyGet(ctx, "CONTACTS", "Ada"))
	// Output: 1 <nil>
}

func ExampleMemory_CAS() {
	run, _ := vars.New(vars.Options{})
	_, _ = run.Set(ctx, "X", "300")

	// Get and then set would lose what another user writes in between; this loop begins again instead.
	var err error
	for present, done := (vars.Value{}), false; !done && err == nil; {
		s, _ := present.Text()
		done, present, err = run.CAS(ctx, "X", present, s+"/ABC")
	}
	fmt.Println(run.Get(ctx, "X"))
	// Output: "300/ABC" <nil>
}

func ExampleMemory_Delta() {
	run, _ := vars.New(vars.Options{})
	fmt.Println(run.Delta(ctx, "COUNTER", 1))

	_, _ = run.Set(ctx, "COUNTER", "three")
	_, err := run.Delta(ctx, "COUNTER", 1)
	fmt.Println(err)
	fmt.Println(errors.Is(err, vars.ErrNoNumber))
	// Output:
	// 1 <nil>
	// run variable "COUNTER" refuses delta 1: no number: it holds the text "three"
	//   hint: do two users mean different things by one name? nothing was changed; set replaces whatever is there
	// true
}

func ExampleMemory_Pop() {
	run, _ := vars.New(vars.Options{})
	_, _ = run.Push(ctx, "ORDERS", "first")
	_, _ = run.Push(ctx, "ORDERS", "second")
	fmt.Println(run.Pop(ctx, "ORDERS"))
	fmt.Println(run.Get(ctx, "ORDERS"))
	// Output:
	// "first" <nil>
	// ["second"] <nil>
}

func ExampleMemory_Snapshot() {
	run, _ := vars.New(vars.Options{})
	_, _ = run.Delta(ctx, "COUNTER", 1<<62)
	_, _ = run.Set(ctx, "STATE", vars.Undef)
	_ = run.End(ctx)

	s, _ := run.Snapshot(ctx)
	text, _ := json.Marshal(s)
	fmt.Println(string(text))
	// Output: {"revision":2,"vars":{"COUNTER":4611686018427387904,"STATE":null}}
}

func ExampleOf() {
	v, _ := vars.Of(map[string]any{"codes": []int{505, 200}, "rate": 2.0})
	fmt.Println(v, v.Key("codes").Len(), v.Key("none").IsAbsent())

	_, err := vars.Of(struct{}{})
	fmt.Println(err)
	// Output:
	// {"codes": [505, 200], "rate": 2} 2 true
	// invalid argument: a struct {} cannot be a run variable; text, numbers, booleans, lists and tables of these can
}
