package varstest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sync/vars"
)

// values is one of each kind.
var values = []any{
	"text", "", 0, 300, int64(math.MaxInt64), int64(math.MinInt64), 0.5, -1e300, 1e19, true, false, vars.Undef,
	[]any{}, []any{1, "two", []any{3}}, map[string]any{}, map[string]any{"a": 1, "b": map[string]any{"c": vars.Undef}},
}

var cases = []testCase{
	{"set and get every kind of value", func(f *fixture) {
		for i, value := range values {
			name := fmt.Sprint("v", i)
			f.holds(name, nil)
			f.set(name, value)
			f.holds(name, value)
		}
	}},

	{"set to nil removes", func(f *fixture) {
		f.is(nil)(f.Set(f.ctx, "X", nil))
		f.set("X", 300)
		f.is(nil)(f.Set(f.ctx, "X", nil))
		f.holds("X", nil)
		if s := f.snapshot(); len(s.Vars) != 0 {
			f.Errorf("snapshot %v", s.Vars)
		}
	}},

	{"UNDEF differs from absent", func(f *fixture) {
		f.set("X", vars.Undef)
		if s := f.snapshot(); len(s.Vars) != 1 || !s.Vars["X"].Equal(vars.Undef) {
			f.Errorf("snapshot %v", s.Vars)
		}
		done, present, err := f.CAS(f.ctx, "X", nil, 1)
		if done || err != nil || !present.Equal(vars.Undef) {
			f.Errorf("%v %v %v", done, present, err)
		}
	}},

	{"delta adds, exactly", func(f *fixture) {
		f.is(1)(f.Delta(f.ctx, "COUNTER", 1))
		f.is(-2)(f.Delta(f.ctx, "COUNTER", -3))
		f.is(-1.5)(f.Delta(f.ctx, "COUNTER", 0.5))
		f.is(0)(f.Delta(f.ctx, "COUNTER", 1.5))
		f.set("BIG", int64(math.MaxInt64-1))
		f.is(int64(math.MaxInt64))(f.Delta(f.ctx, "BIG", 1))
		f.is(int64(math.MaxInt64))(f.Delta(f.ctx, "BIG", 0))
		f.set("SMALL", int64(math.MinInt64+1))
		f.is(int64(math.MinInt64))(f.Delta(f.ctx, "SMALL", -1))
	}},

	{"delta refuses sums that would not be exact, or infinite", func(f *fixture) {
		for _, c := range []struct{ present, delta any }{
			{int64(math.MaxInt64), 1},
			{int64(math.MinInt64), -1},
			{int64(1<<53 + 1), 0.5},
			{0.5, int64(1<<53 + 1)},
			{math.MaxFloat64, math.MaxFloat64},
		} {
			f.set("X", c.present)
			_, err := f.Delta(f.ctx, "X", c.delta)
			f.refused(err, "X", c.present, vars.ErrOverflow)
			f.holds("X", c.present)
		}
	}},

	{"delta refuses what is no number", func(f *fixture) {
		for _, value := range []any{"7", true, vars.Undef, []any{1}, map[string]any{"a": 1}} {
			f.set("X", value)
			before := f.snapshot().Revision
			_, err := f.Delta(f.ctx, "X", 1)
			f.refused(err, "X", value, vars.ErrNoNumber)
			f.holds("X", value)
			if after := f.snapshot().Revision; after != before {
				f.Errorf("revision %d, was %d", after, before)
			}
		}
		if _, err := f.Delta(f.ctx, "NEW", "1"); !errors.Is(err, vars.ErrNoNumber) {
			f.Errorf("a text as delta: %v", err)
		}
		f.holds("NEW", nil)
	}},

	{"key set, get and delta", func(f *fixture) {
		f.is(300)(f.KeySet(f.ctx, "COUNTERS", "1", 300))
		f.is(300)(f.KeyGet(f.ctx, "COUNTERS", "1"))
		f.is(301)(f.KeyDelta(f.ctx, "COUNTERS", "1", 1))
		f.is(1)(f.KeyDelta(f.ctx, "COUNTERS", "2", 1))
		f.is(nil)(f.KeyGet(f.ctx, "COUNTERS", "3"))
		f.holds("COUNTERS", map[string]any{"1": 301, "2": 1})
		f.is(nil)(f.KeySet(f.ctx, "COUNTERS", "1", nil))
		f.is(nil)(f.KeySet(f.ctx, "COUNTERS", "2", nil))
		f.holds("COUNTERS", map[string]any{})
		f.is(vars.Undef)(f.KeySet(f.ctx, "COUNTERS", "3", vars.Undef))
		f.is(vars.Undef)(f.KeyGet(f.ctx, "COUNTERS", "3"))
	}},

	{"a write makes the table, a read makes nothing", func(f *fixture) {
		f.is(nil)(f.KeyGet(f.ctx, "READ", "a"))
		f.holds("READ", nil)
		f.is(1)(f.KeyDelta(f.ctx, "ADDED", "a", 1))
		f.is(nil)(f.KeySet(f.ctx, "WRITTEN", "a", nil))
		f.holds("WRITTEN", map[string]any{})
		if s := f.snapshot(); len(s.Vars) != 2 || s.Revision != 2 {
			f.Errorf("snapshot %+v", s)
		}
	}},

	{"operations on keys refuse what is no table", func(f *fixture) {
		for _, value := range []any{"7", 7, true, vars.Undef, []any{1}} {
			f.set("X", value)
			_, err := f.KeySet(f.ctx, "X", "a", 1)
			f.refused(err, "X", value, vars.ErrNoTable)
			_, err = f.KeyGet(f.ctx, "X", "a")
			f.refused(err, "X", value, vars.ErrNoTable)
			_, err = f.KeyDelta(f.ctx, "X", "a", 1)
			f.refused(err, "X", value, vars.ErrNoTable)
			f.holds("X", value)
		}
		f.is("seven")(f.KeySet(f.ctx, "T", "a", "seven"))
		_, err := f.KeyDelta(f.ctx, "T", "a", 1)
		f.refused(err, "T", "seven", vars.ErrNoNumber)
		if refused, _ := errors.AsType[*vars.RefusedError](err); refused.Key != "a" {
			f.Errorf("key %q", refused.Key)
		}
	}},

	{"cas stores only over the value that it expects", func(f *fixture) {
		for _, c := range []struct {
			old, new any
			done     bool
			present  any
		}{
			{1, 2, false, nil},
			{nil, nil, true, nil},
			{nil, map[string]any{"a": 1}, true, map[string]any{"a": 1}},
			{nil, 3, false, map[string]any{"a": 1}},
			{map[string]any{"a": 2}, 3, false, map[string]any{"a": 1}},
			{map[string]any{"a": 1.0}, 3, true, 3},
			{"3", 4, false, 3},
			{3, nil, true, nil},
		} {
			done, present, err := f.CAS(f.ctx, "X", c.old, c.new)
			if done != c.done || !present.Equal(f.value(c.present)) || err != nil {
				f.Fatalf("from %v to %v: %v, %v, %v; want %v, %v", c.old, c.new, done, present, err, c.done, c.present)
			}
			f.holds("X", c.present)
		}
	}},

	{"append, push and pop", func(f *fixture) {
		f.length(1)(f.Append(f.ctx, "Q", "a"))
		f.length(2)(f.Push(f.ctx, "Q", []any{"b"}))
		f.length(3)(f.Append(f.ctx, "Q", vars.Undef))
		f.holds("Q", []any{"a", []any{"b"}, vars.Undef})
		f.is("a")(f.Pop(f.ctx, "Q"))
		f.is([]any{"b"})(f.Pop(f.ctx, "Q"))
		f.is(vars.Undef)(f.Pop(f.ctx, "Q"))
		f.is(nil)(f.Pop(f.ctx, "Q"))
		f.holds("Q", []any{})
		f.length(1)(f.Push(f.ctx, "Q", 1))
		f.is(nil)(f.Pop(f.ctx, "NONE"))
		f.holds("NONE", nil)
		if _, err := f.Append(f.ctx, "Q", nil); !errors.Is(err, vars.ErrInvalid) {
			f.Errorf("nil as an element: %v", err)
		}
	}},

	{"append, push and pop refuse what is no list", func(f *fixture) {
		for _, value := range []any{"7", 7, true, vars.Undef, map[string]any{}} {
			f.set("X", value)
			_, err := f.Append(f.ctx, "X", 1)
			f.refused(err, "X", value, vars.ErrNoList)
			_, err = f.Push(f.ctx, "X", 1)
			f.refused(err, "X", value, vars.ErrNoList)
			_, err = f.Pop(f.ctx, "X")
			f.refused(err, "X", value, vars.ErrNoList)
			f.holds("X", value)
		}
	}},

	{"a value that was read never changes", func(f *fixture) {
		f.set("L", []any{1, 2})
		f.set("T", map[string]any{"a": 1})
		list, _ := f.Get(f.ctx, "L")
		table, _ := f.Get(f.ctx, "T")
		before := f.snapshot()
		f.length(3)(f.Append(f.ctx, "L", 3))
		f.is(1)(f.Pop(f.ctx, "L"))
		f.is(2)(f.KeyDelta(f.ctx, "T", "a", 1))
		f.is(5)(f.KeySet(f.ctx, "T", "b", 5))
		for _, got := range []vars.Value{list, before.Vars["L"]} {
			f.is([]any{1, 2})(got, nil)
		}
		for _, got := range []vars.Value{table, before.Vars["T"]} {
			f.is(map[string]any{"a": 1})(got, nil)
		}
		// Nor does one variable change with another that was given the same value.
		f.set("L2", list)
		f.length(3)(f.Append(f.ctx, "L2", "x"))
		f.set("L3", list)
		f.length(3)(f.Append(f.ctx, "L3", "y"))
		f.holds("L2", []any{1, 2, "x"})
		items, _ := list.List()
		items[0] = f.value("mine")
		f.is([]any{1, 2})(list, nil)
	}},

	{"arguments that do not fit", func(f *fixture) {
		for _, value := range []any{math.NaN(), math.Inf(1), uint64(math.MaxUint64), struct{}{}, []byte("b"), make(chan int), map[int]string{}} {
			if _, err := f.Set(f.ctx, "X", value); !errors.Is(err, vars.ErrInvalid) {
				f.Errorf("%T: %v", value, err)
			}
		}
		for operation, err := range f.each("") {
			if operation != "snapshot" && operation != "end" && !errors.Is(err, vars.ErrInvalid) {
				f.Errorf("%s of no name: %v", operation, err)
			}
		}
		for _, until := range []vars.Condition{{}, vars.Is(struct{}{}), vars.AtLeast("1")} {
			if _, err := f.Await(f.ctx, "owner", "X", until); !errors.Is(err, vars.ErrInvalid) {
				f.Errorf("condition %q: %v", until.Text, err)
			}
		}
		if _, err := f.Await(f.ctx, "", "X", vars.Present()); !errors.Is(err, vars.ErrInvalid) {
			f.Errorf("nobody waits: %v", err)
		}
	}},

	{"a context that has ended", func(f *fixture) {
		cause := errors.New("the browser crashed")
		ctx, cancel := context.WithCancelCause(f.ctx)
		cancel(cause)
		f.ctx = ctx
		for operation, err := range f.each("X") {
			if operation != "end" && !errors.Is(err, cause) {
				f.Errorf("%s: %v", operation, err)
			}
		}
	}},

	{"await returns at once what is so already", func(f *fixture) {
		f.set("X", 3)
		f.is(3)(f.Await(f.ctx, "owner", "X", vars.AtLeast(3)))
		f.is(nil)(f.Await(f.ctx, "owner", "Y", vars.Is(nil)))
		f.holds("Y", nil)
	}},

	{"await is told of every kind of write", func(f *fixture) {
		for _, c := range []struct {
			name  string
			until any
			write func()
		}{
			{"set", 1, func() { f.set("set", 1) }},
			{"delta", 1, func() { f.is(1)(f.Delta(f.ctx, "delta", 1)) }},
			{"key set", map[string]any{"a": 1}, func() { f.is(1)(f.KeySet(f.ctx, "key set", "a", 1)) }},
			{"key delta", map[string]any{"a": 1}, func() { f.is(1)(f.KeyDelta(f.ctx, "key delta", "a", 1)) }},
			{"append", []any{1}, func() { f.length(1)(f.Append(f.ctx, "append", 1)) }},
			{"pop", []any{}, func() {
				f.length(1)(f.Push(f.ctx, "pop", 1))
				f.is(1)(f.Pop(f.ctx, "pop"))
			}},
			{"cas", 1, func() {
				if _, _, err := f.CAS(f.ctx, "cas", nil, 1); err != nil {
					f.Error(err)
				}
			}},
		} {
			a := f.await(f.ctx, c.name, vars.Is(c.until))
			c.write()
			f.is(c.until)(a.result())
		}
		f.set("removed", 1)
		a := f.await(f.ctx, "removed", vars.Is(nil))
		f.set("removed", nil)
		f.is(nil)(a.result())
	}},

	{"await misses no value, however short it was there", func(f *fixture) {
		a, b := f.await(f.ctx, "X", vars.Is(50)), f.await(f.ctx, "X", vars.Is(99))
		for range 100 {
			if _, err := f.Delta(f.ctx, "X", 1); err != nil {
				f.Fatal(err)
			}
		}
		f.is(50)(a.result())
		f.is(99)(b.result())
		f.holds("X", 100)
	}},

	{"await of one context ends with it, and of no other", func(f *fixture) {
		cause := errors.New("the browser crashed")
		ctx, cancel := context.WithCancelCause(f.ctx)
		gone, stays := f.await(ctx, "X", vars.AtLeast(2)), f.await(f.ctx, "X", vars.AtLeast(2))
		f.set("X", 1)
		cancel(cause)
		failed := gone.inVain(cause)
		if n, _ := failed.Last.Int(); n != 1 || failed.Name != "X" || failed.Changes != 1 {
			f.Errorf("%+v", failed)
		}
		f.set("X", 2)
		f.is(2)(stays.result())
	}},

	{"await has a limit", func(f *fixture) {
		f.Store = f.make(f.T, vars.Options{AwaitTimeout: 50 * time.Millisecond})
		f.set("X", "last")
		failed := f.await(f.ctx, "X", vars.Is("other")).inVain(vars.ErrTimeout)
		if failed.Waited < 50*time.Millisecond || !failed.Last.Equal(f.value("last")) || failed.Changes != 0 {
			f.Errorf("%+v", failed)
		}
		_ = f.await(f.ctx, "Y", vars.Present()).inVain(vars.ErrTimeout)
		if s := f.snapshot(); len(s.Vars) != 1 {
			f.Errorf("waiting made a variable: %v", s.Vars)
		}
	}},

	{"a condition that panics leaves the store in order", func(f *fixture) {
		func() {
			defer func() {
				if recover() == nil {
					f.Error("the panic did not come out of Await")
				}
			}()
			_, _ = f.Await(f.ctx, "owner", "X", vars.Where("a panic", func(vars.Value) bool { panic("at the disco") }))
		}()
		f.set("X", 1)
		f.holds("X", 1)
	}},

	{"the revision counts changes, and nothing else", func(f *fixture) {
		steps := []struct {
			change uint64
			do     func()
		}{
			{1, func() { f.set("X", 1) }},
			{1, func() { f.set("X", 1) }},
			{1, func() { f.is(1)(f.Delta(f.ctx, "X", 0)) }},
			{1, func() { f.set("X", nil) }},
			{0, func() { f.set("X", nil) }},
			{1, func() { f.length(1)(f.Push(f.ctx, "Q", 1)) }},
			{1, func() { f.is(1)(f.Pop(f.ctx, "Q")) }},
			{0, func() { f.is(nil)(f.Pop(f.ctx, "Q")) }},
			{1, func() { f.is(1)(f.KeySet(f.ctx, "T", "a", 1)) }},
			{0, func() { f.is(nil)(f.KeySet(f.ctx, "T", "b", nil)) }},
			{0, func() { _, _, _ = f.CAS(f.ctx, "T", 1, 2) }},
			{0, func() { _, _ = f.Delta(f.ctx, "T", 1) }},
			{0, func() { f.holds("X", nil) }},
			{0, func() { f.is(1)(f.KeyGet(f.ctx, "T", "a")) }},
		}
		want := f.snapshot().Revision
		for i, step := range steps {
			step.do()
			want += step.change
			if got := f.snapshot().Revision; got != want {
				f.Fatalf("step %d: revision %d, want %d", i, got, want)
			}
		}
	}},

	{"after the end all is final, and can be read again and again", func(f *fixture) {
		f.set("X", 1)
		f.is(1)(f.KeySet(f.ctx, "T", "a", 1))
		waiting := f.await(f.ctx, "X", vars.Is(2))
		for range 2 {
			if err := f.End(f.ctx); err != nil {
				f.Fatal(err)
			}
		}
		_ = waiting.inVain(vars.ErrEnded)
		before := f.snapshot()
		for operation, err := range f.each("X") {
			switch operation {
			case "get", "snapshot", "end", "key get": // reads; X is no table
				if errors.Is(err, vars.ErrEnded) {
					f.Errorf("%s: %v", operation, err)
				}
			default:
				if !errors.Is(err, vars.ErrEnded) {
					f.Errorf("%s: %v", operation, err)
				}
			}
		}
		f.is(1)(f.KeyGet(f.ctx, "T", "a"))
		f.is(1)(f.Await(f.ctx, "owner", "X", vars.Is(1)))
		if after := f.snapshot(); after.Revision != before.Revision || len(after.Vars) != 2 || !after.Vars["X"].Equal(f.value(1)) {
			f.Errorf("%+v, was %+v", after, before)
		}
	}},

	{"no write is lost and none is half done", func(f *fixture) {
		const clients, each = 8, 100
		var all sync.WaitGroup
		for client := range clients {
			all.Go(func() {
				for i := range each {
					_, err1 := f.Delta(f.ctx, "SUM", 1)
					_, err2 := f.KeyDelta(f.ctx, "BY CLIENT", fmt.Sprint(client), 1)
					_, err3 := f.Push(f.ctx, "QUEUE", i)
					err4 := f.letter()
					if err := errors.Join(err1, err2, err3, err4); err != nil {
						f.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		f.holds("SUM", clients*each)
		table, _ := f.Get(f.ctx, "BY CLIENT")
		for client := range clients {
			f.is(each)(table.Key(fmt.Sprint(client)), nil)
		}
		for name, want := range map[string]int{"QUEUE": clients * each, "LETTERS": clients * each} {
			if got, _ := f.Get(f.ctx, name); got.Len() != want {
				f.Errorf("%s has %d, want %d", name, got.Len(), want)
			}
		}
	}},
}

// letter adds one to a text, by cas.
func (f *fixture) letter() error {
	var present vars.Value
	for {
		s, _ := present.Text()
		done, now, err := f.CAS(f.ctx, "LETTERS", present, s+"a")
		if done || err != nil {
			return err
		}
		present = now
	}
}

// each calls every operation once, and returns the errors.
func (f *fixture) each(name string) map[string]error {
	errs := map[string]error{}
	note := func(operation string, err error) { errs[operation] = err }
	_, err := f.Set(f.ctx, name, 1)
	note("set", err)
	_, err = f.Get(f.ctx, name)
	note("get", err)
	_, err = f.Delta(f.ctx, name, 1)
	note("delta", err)
	_, err = f.KeySet(f.ctx, name, "a", 1)
	note("key set", err)
	_, err = f.KeyGet(f.ctx, name, "a")
	note("key get", err)
	_, err = f.KeyDelta(f.ctx, name, "a", 1)
	note("key delta", err)
	_, _, err = f.CAS(f.ctx, name, 1, 2)
	note("cas", err)
	_, err = f.Append(f.ctx, name, 1)
	note("append", err)
	_, err = f.Push(f.ctx, name, 1)
	note("push", err)
	_, err = f.Pop(f.ctx, name)
	note("pop", err)
	_, err = f.Await(f.ctx, "owner", name, vars.Is("what never comes"))
	note("await", err)
	_, err = f.Snapshot(f.ctx)
	note("snapshot", err)
	note("end", f.End(f.ctx))
	return errs
}
