package vars_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/seed49090845/lockstep/sync/vars"
	"github.com/seed49090845/lockstep/sync/vars/varstest"
)

// model binds varstest to porcupine.
var model = porcupine.Model{
	Init: func() any { return varstest.State{} },
	Step: func(state, request, response any) (bool, any) {
		return state.(varstest.State).Step(request.(varstest.Request), response.(varstest.Response))
	},
	Equal: func(a, b any) bool { return a.(varstest.State).Equal(b.(varstest.State)) },
	DescribeOperation: func(request, response any) string {
		return fmt.Sprintf("%v -> %+v", request, response)
	},
}

func operations(events []varstest.Event) []porcupine.Operation {
	var all []porcupine.Operation
	for _, e := range events {
		all = append(all, porcupine.Operation{ClientId: e.Client, Input: e.Request, Output: e.Response, Call: e.Call, Return: e.Return})
	}
	return all
}

// verdict records histories and returns how many of them are linearizable, and how many are not.
func verdict(t *testing.T, histories int, store func() vars.Store, requests func(*rand.Rand) [][]varstest.Request) (sound, unsound int) {
	t.Helper()
	for seed := range uint64(histories) {
		history := varstest.Record(t.Context(), store(), requests(rand.New(rand.NewPCG(seed, 0))))
		switch porcupine.CheckOperationsTimeout(model, operations(history), time.Minute) {
		case porcupine.Ok:
			sound++
		case porcupine.Illegal:
			unsound++
		default:
			t.Errorf("seed %d: not decided within a minute", seed)
		}
	}
	return sound, unsound
}

func workload(random *rand.Rand) [][]varstest.Request { return varstest.Requests(random, 5, 30) }

func histories() int {
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		return 3_000
	}
	return 60
}

func TestHistoriesAreLinearizable(t *testing.T) {
	n := histories()
	sound, unsound := verdict(t, n, func() vars.Store { return inMemory(t, vars.Options{}) }, workload)
	if sound != n || unsound != 0 {
		t.Errorf("%d of %d histories are not linearizable", unsound, n)
	}
}

// TestAwaitIsLinearizable lets half of the clients wait for what the others count.
func TestAwaitIsLinearizable(t *testing.T) {
	requests := func(*rand.Rand) [][]varstest.Request {
		var clients [][]varstest.Request
		for range 3 {
			var counts, waits []varstest.Request
			for i := range 5 {
				counts = append(counts, varstest.Request{Operation: "Delta", Name: "n", Value: 1})
				waits = append(waits, varstest.Request{Operation: "Await", Name: "n", Value: 3*i + 1})
			}
			clients = append(clients, counts, waits)
		}
		return clients
	}
	if _, unsound := verdict(t, histories(), func() vars.Store { return inMemory(t, vars.Options{}) }, requests); unsound != 0 {
		t.Errorf("%d histories are not linearizable", unsound)
	}
}

// The twins below have one defect each, of the kind that is easily written. The checker has to find every one.

// losing counts by Get and then Set.
type losing struct{ vars.Store }

func (s losing) Delta(ctx context.Context, name string, n any) (vars.Value, error) {
	present, err := s.Get(ctx, name)
	if err != nil {
		return vars.Value{}, err
	}
	old, isInt := present.Int()
	if !present.IsAbsent() && !isInt {
		return s.Store.Delta(ctx, name, n)
	}
	runtime.Gosched()
	return s.Set(ctx, name, old+int64(n.(int)))
}

// tearing takes a snapshot one variable after the other.
type tearing struct{ vars.Store }

func (s tearing) Snapshot(ctx context.Context) (vars.Snapshot, error) {
	torn, err := s.Store.Snapshot(ctx)
	for _, name := range []string{"n1", "n2", "t1", "t2", "l1", "l2"} {
		runtime.Gosched()
		v, gone := s.Get(ctx, name)
		err = errors.Join(err, gone)
		delete(torn.Vars, name)
		if !v.IsAbsent() {
			torn.Vars[name] = v
		}
	}
	return torn, err
}

// handingOutTwice looks at the first element, and removes whatever is first then.
type handingOutTwice struct{ vars.Store }

func (s handingOutTwice) Pop(ctx context.Context, name string) (vars.Value, error) {
	list, err := s.Get(ctx, name)
	items, isList := list.List()
	if err != nil || !isList || len(items) == 0 {
		return s.Store.Pop(ctx, name)
	}
	runtime.Gosched()
	if _, err := s.Store.Pop(ctx, name); err != nil {
		return vars.Value{}, err
	}
	return items[0], nil
}

// blind sees no keys.
type blind struct{ vars.Store }

func (blind) KeyGet(context.Context, string, string) (vars.Value, error) { return vars.Value{}, nil }

// makingByReading makes the table that is read, as the seed of run variables has it.
type makingByReading struct{ vars.Store }

func (s makingByReading) KeyGet(ctx context.Context, name, key string) (vars.Value, error) {
	v, err := s.Store.KeyGet(ctx, name, key)
	if err == nil && v.IsAbsent() {
		_, err = s.KeySet(ctx, name, key, nil)
	}
	return v, err
}

func TestTheCheckerFindsBrokenTwins(t *testing.T) {
	for name, twin := range map[string]func(vars.Store) vars.Store{
		"delta that loses updates":    func(s vars.Store) vars.Store { return losing{s} },
		"snapshot of several moments": func(s vars.Store) vars.Store { return tearing{s} },
		"pop that hands out twice":    func(s vars.Store) vars.Store { return handingOutTwice{s} },
		"key get that does not see":   func(s vars.Store) vars.Store { return blind{s} },
		"key get that makes a table":  func(s vars.Store) vars.Store { return makingByReading{s} },
	} {
		t.Run(name, func(t *testing.T) {
			sound, unsound := verdict(t, 30, func() vars.Store { return twin(inMemory(t, vars.Options{})) }, workload)
			t.Logf("%d of %d histories show it", unsound, sound+unsound)
			if unsound == 0 {
				t.Error("not found")
			}
		})
	}
}
