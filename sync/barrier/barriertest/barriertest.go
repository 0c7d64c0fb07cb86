package barriertest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/sync/barrier"
)

// Barrier is what an implementation has to offer; each method means what it means for [barrier.Barrier].
type Barrier interface {
	Wait(ctx context.Context, party string) (barrier.Arrival, error)
	Leave(party string, reason error)
	State() barrier.State
}

// New makes a barrier that nobody has used. What it needs beyond the barrier itself ends with t.
type New func(t *testing.T, name string, o barrier.Options) (Barrier, error)

// AtOnce is how soon all who wait must be released once there is nothing left to wait for.
const AtOnce = 250 * time.Millisecond

// patience is how long a case waits for what must happen, before it takes it that it does not.
const patience = 10 * time.Second

// Run checks all promises in real time, a subtest for each.
func Run(t *testing.T, new New) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(newFixture(t, new)) })
	}
}

// RunInBubble does as [Run], with each case in a bubble of testing/synctest. It is for implementations that need nothing from
// outside the bubble: time is fake there, so it takes none, and "at once" means that no time passes at all.
func RunInBubble(t *testing.T, new New) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, new)
				f.atOnce = 0
				c.run(f)
			})
		})
	}
}

type testCase struct {
	name string
	run  func(*fixture)
}

// fixture is what a case needs: a way to make barriers, to wait in other goroutines, and to wait for what they do.
type fixture struct {
	*testing.T
	make   New
	atOnce time.Duration
}

func newFixture(t *testing.T, make New) *fixture { return &fixture{T: t, make: make, atOnce: AtOnce} }

func (f *fixture) barrier(o barrier.Options) Barrier {
	f.Helper()
	b, err := f.make(f.T, "meeting", o)
	if err != nil {
		f.Fatalf("New(%+v): %v", o, err)
	}
	return b
}

// waiter is a Wait in a goroutine of its own.
type waiter struct {
	f       *fixture
	party   string
	done    chan struct{}
	arrival barrier.Arrival
	err     error
	at      time.Time // when Wait returned
}

// wait starts a Wait, and returns once the barrier shows the party as arrived, so that the order of arrivals is that of the calls.
func (f *fixture) wait(ctx context.Context, b Barrier, party string) *waiter {
	f.Helper()
	w := f.start(ctx, b, party)
	f.eventually(party+" has arrived", func() bool { return arrived(b.State(), party) || w.returned() })
	return w
}

// start starts a Wait. The test does not end before it has returned.
func (f *fixture) start(ctx context.Context, b Barrier, party string) *waiter {
	w := &waiter{f: f, party: party, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.arrival, w.err = b.Wait(ctx, party)
		w.at = time.Now()
	}()
	f.Cleanup(func() { <-w.done })
	return w
}

func arrived(s barrier.State, party string) bool {
	for _, p := range s.Arrived {
		if p.Party == party {
			return true
		}
	}
	return false
}

func (w *waiter) returned() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// result returns what Wait returned.
func (w *waiter) result() (barrier.Arrival, error) {
	w.f.Helper()
	select {
	case <-w.done:
	case <-time.After(patience):
		w.f.Fatalf("%s still waits after %v", w.party, patience)
	}
	return w.arrival, w.err
}

// opened fails the test unless the barrier opened for w.
func (w *waiter) opened() barrier.Arrival {
	w.f.Helper()
	arrival, err := w.result()
	if err != nil {
		w.f.Fatalf("%s: %v", w.party, err)
	}
	return arrival
}

// broken fails the test unless the barrier broke for w.
func (w *waiter) broken() *barrier.BrokenError {
	w.f.Helper()
	_, err := w.result()
	return w.f.broken(w.party, err)
}

// brokenAtOnce fails the test unless the barrier broke for w, and no later than AtOnce after the event.
func (w *waiter) brokenAtOnce(event time.Time) *barrier.BrokenError {
	w.f.Helper()
	err := w.broken()
	if late := w.at.Sub(event); late > w.f.atOnce {
		w.f.Errorf("%s was released after %v, want at most %v", w.party, late, w.f.atOnce)
	}
	return err
}

// eventually waits until the condition holds. It asks again and again, since an implementation may be a network away.
func (f *fixture) eventually(what string, holds func() bool) {
	f.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	limit := time.After(patience)
	for !holds() {
		select {
		case <-ticker.C:
		case <-limit:
			f.Fatalf("not after %v: %s", patience, what)
		}
	}
}
