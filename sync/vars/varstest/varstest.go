package varstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sync/vars"
)

// New makes a store without variables. What it needs beyond the store itself ends with t.
type New func(t *testing.T, o vars.Options) vars.Store

// patience is how long a case waits for what must happen, before it takes it that it does not.
const patience = 10 * time.Second

// Run checks all promises, a subtest for each. It takes about a second.
func Run(t *testing.T, new New) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.run(&fixture{T: t, Store: new(t, vars.Options{AwaitTimeout: patience}), make: new, ctx: t.Context()})
		})
	}
}

type testCase struct {
	name string
	run  func(*fixture)
}

// fixture is a store, and what a case says of it.
type fixture struct {
	*testing.T
	vars.Store
	make New
	ctx  context.Context
}

func (f *fixture) value(of any) vars.Value {
	f.Helper()
	v, err := vars.Of(of)
	if err != nil {
		f.Fatal(err)
	}
	return v
}

// is fails the test unless an operation returned that value and no error.
func (f *fixture) is(want any) func(vars.Value, error) {
	f.Helper()
	return func(got vars.Value, err error) {
		f.Helper()
		if err != nil || !got.Equal(f.value(want)) {
			f.Fatalf("got %v and error %v, want %v", got, err, f.value(want))
		}
	}
}

// holds fails the test unless the variable is that.
func (f *fixture) holds(name string, want any) {
	f.Helper()
	f.is(want)(f.Get(f.ctx, name))
}

// set sets the variable.
func (f *fixture) set(name string, value any) {
	f.Helper()
	f.is(value)(f.Set(f.ctx, name, value))
}

// length fails the test unless an operation returned that length.
func (f *fixture) length(want int) func(int, error) {
	f.Helper()
	return func(got int, err error) {
		f.Helper()
		if err != nil || got != want {
			f.Fatalf("got length %d and error %v, want %d", got, err, want)
		}
	}
}

// refused fails the test unless err is a RefusedError for that reason, about that variable.
func (f *fixture) refused(err error, name string, holds any, reason error) {
	f.Helper()
	refused, ok := errors.AsType[*vars.RefusedError](err)
	if !ok || !errors.Is(err, reason) {
		f.Fatalf("error %v, want a RefusedError: %v", err, reason)
	}
	if refused.Name != name || !refused.Holds.Equal(f.value(holds)) || refused.Operation == "" {
		f.Errorf("%q holds %v, asked %q; want %q, %v", refused.Name, refused.Holds, refused.Operation, name, holds)
	}
}

// snapshot returns all variables.
func (f *fixture) snapshot() vars.Snapshot {
	f.Helper()
	s, err := f.Snapshot(f.ctx)
	if err != nil {
		f.Fatal(err)
	}
	return s
}

// awaiting is an Await in a goroutine of its own.
type awaiting struct {
	f     *fixture
	done  chan struct{}
	value vars.Value
	err   error
}

// await starts an Await, and returns once its condition has been asked of the present value.
func (f *fixture) await(ctx context.Context, name string, until vars.Condition) *awaiting {
	f.Helper()
	a := &awaiting{f: f, done: make(chan struct{})}
	asked, holds := make(chan struct{}, 1), until.Holds
	until.Holds = func(v vars.Value) bool {
		yes := holds(v)
		select {
		case asked <- struct{}{}:
		default:
		}
		return yes
	}
	go func() {
		defer close(a.done)
		a.value, a.err = f.Await(ctx, "owner", name, until)
	}()
	f.Cleanup(func() { <-a.done })
	select {
	case <-asked:
	case <-a.done:
	case <-time.After(patience):
		f.Fatalf("the condition of %q is not asked", name)
	}
	return a
}

// result returns what Await returned.
func (a *awaiting) result() (vars.Value, error) {
	a.f.Helper()
	select {
	case <-a.done:
	case <-time.After(2 * patience):
		a.f.Fatalf("still waits after %v", 2*patience)
	}
	return a.value, a.err
}

// inVain fails the test unless Await failed with an AwaitError for that reason.
func (a *awaiting) inVain(reason error) *vars.AwaitError {
	a.f.Helper()
	_, err := a.result()
	failed, ok := errors.AsType[*vars.AwaitError](err)
	if !ok || !errors.Is(err, reason) {
		a.f.Fatalf("error %v, want an AwaitError: %v", err, reason)
	}
	if failed.Who != "owner" || failed.Until == "" || failed.Waited < 0 {
		a.f.Errorf("the error does not say who waited for what: %+v", failed)
	}
	return failed
}
