package barriertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sync/barrier"
)

// long is a timeout that does not pass in a test; short is one that does.
const (
	long  = 5 * time.Minute
	short = 100 * time.Millisecond
)

var errCrash = errors.New("the browser crashed")

var (
	pair  = barrier.Options{Parties: []string{"a", "b"}, Timeout: long}
	three = barrier.Options{Parties: []string{"a", "b", "c"}, Timeout: long}
	again = barrier.Options{Parties: []string{"a", "b"}, Timeout: long, Cyclic: true}
	some  = barrier.Options{Parties: []string{"a", "b", "c"}, Count: 2, Timeout: long}
	any2  = barrier.Options{Count: 2, Timeout: long}
)

var cases = []testCase{
	{"refuses options that do not fit", func(f *fixture) {
		for name, o := range map[string]barrier.Options{
			"nobody":           {},
			"negative count":   {Count: -1},
			"count too great":  {Parties: []string{"a"}, Count: 2},
			"negative timeout": {Count: 1, Timeout: -1},
			"twice the same":   {Parties: []string{"a", "a"}},
			"empty party":      {Parties: []string{""}},
		} {
			if _, err := f.make(f.T, "meeting", o); !errors.Is(err, barrier.ErrInvalidOption) {
				f.Errorf("%s: error %v", name, err)
			}
		}
		if _, err := f.make(f.T, "", pair); !errors.Is(err, barrier.ErrInvalidOption) {
			f.Errorf("no name: error %v", err)
		}
	}},

	{"opens when all are there", func(f *fixture) {
		b := f.barrier(three)
		second := f.wait(f.Context(), b, "b")
		<-time.After(short)
		first := f.wait(f.Context(), b, "a")
		if second.returned() || first.returned() {
			f.Fatal("somebody went on before all were there")
		}
		third := f.start(f.Context(), b, "c")
		for index, w := range []*waiter{second, first, third} {
			if got := w.opened(); got.Index != index || got.Generation != 0 || got.Waited < 0 {
				f.Errorf("%s: %+v", w.party, got)
			}
		}
		if waited := second.arrival.Waited; waited < short || waited <= first.arrival.Waited {
			f.Errorf("who waited for %v at least has %v, who came later %v", short, waited, first.arrival.Waited)
		}
		f.phase(b, barrier.Open)
	}},

	{"opens for a count of the parties", func(f *fixture) {
		b := f.barrier(some)
		c := f.wait(f.Context(), b, "c")
		a := f.start(f.Context(), b, "a")
		c.opened()
		a.opened()
		s := b.State()
		f.whoIs(s.Arrived, s.Missing, "c, a", "b")
	}},

	{"opens for a count of anybody", func(f *fixture) {
		b := f.barrier(any2)
		x := f.wait(f.Context(), b, "x")
		y := f.start(f.Context(), b, "y")
		x.opened()
		y.opened()
	}},

	{"opens at once for a single party", func(f *fixture) {
		b := f.barrier(barrier.Options{Parties: []string{"a"}})
		f.start(f.Context(), b, "a").opened()
	}},

	{"opens once if it is not cyclic", func(f *fixture) {
		b := f.barrier(pair)
		a := f.wait(f.Context(), b, "a")
		f.start(f.Context(), b, "b").opened()
		a.opened()
		_, err := b.Wait(f.Context(), "a")
		f.refused("a", err, barrier.ErrOpened)
		b.Leave("a", errCrash)
		f.phase(b, barrier.Open)
	}},

	{"begins anew if it is cyclic", func(f *fixture) {
		b := f.barrier(again)
		for generation := range 3 {
			a := f.wait(f.Context(), b, "a")
			z := f.start(f.Context(), b, "b")
			for _, w := range []*waiter{a, z} {
				if got := w.opened(); got.Generation != generation {
					f.Errorf("%s: generation %d, want %d", w.party, got.Generation, generation)
				}
			}
			f.phase(b, barrier.Idle)
		}
	}},

	{"refuses a stranger, and the others wait on", func(f *fixture) {
		b := f.barrier(pair)
		a := f.wait(f.Context(), b, "a")
		for _, party := range []string{"x", ""} {
			_, err := b.Wait(f.Context(), party)
			f.refused(party, err, barrier.ErrUnknownParty)
		}
		_, err := f.barrier(any2).Wait(f.Context(), "")
		f.refused("", err, barrier.ErrUnknownParty)
		f.phase(b, barrier.Waiting)
		f.start(f.Context(), b, "b").opened()
		a.opened()
	}},

	{"refuses who waits already, and the others wait on", func(f *fixture) {
		b := f.barrier(any2)
		a := f.wait(f.Context(), b, "a")
		ended, cancel := context.WithCancel(f.Context())
		cancel()
		for _, ctx := range []context.Context{f.Context(), ended} {
			_, err := b.Wait(ctx, "a")
			f.refused("a", err, barrier.ErrAlreadyWaiting)
		}
		f.start(f.Context(), b, "b").opened()
		a.opened()
	}},

	{"breaks when the timeout passes", func(f *fixture) {
		o := three
		o.Timeout = short
		b := f.barrier(o)
		began := time.Now()
		a := f.wait(f.Context(), b, "a")
		c := f.wait(f.Context(), b, "c")
		for _, w := range []*waiter{a, c} {
			err := w.broken()
			if !errors.Is(err, barrier.ErrTimeout) || err.Count != 3 || err.Waited < short {
				f.Errorf("%s: %+v", w.party, err)
			}
			f.whoIs(err.Arrived, err.Missing, "a, c", "b")
			if w.at.Sub(began) < short {
				f.Errorf("%s was released after %v, before the timeout of %v", w.party, w.at.Sub(began), short)
			}
		}
		_, err := b.Wait(f.Context(), "b")
		if late := f.broken("b", err); !errors.Is(late, barrier.ErrTimeout) {
			f.Errorf("who comes later: %v", late)
		}
		f.phase(b, barrier.Broken)
	}},

	{"counts the timeout from the first arrival", func(f *fixture) {
		o := again
		o.Timeout = short
		b := f.barrier(o)
		for range 2 { // of each generation
			<-time.After(2 * short)
			a := f.start(f.Context(), b, "a")
			f.start(f.Context(), b, "b").opened()
			a.opened()
		}
	}},

	{"breaks when a context ends", func(f *fixture) {
		cause := errors.New("enough")
		b := f.barrier(three)
		ctx, cancel := context.WithCancelCause(f.Context())
		a := f.wait(f.Context(), b, "a")
		c := f.wait(ctx, b, "c")
		now := time.Now()
		cancel(cause)
		err := a.brokenAtOnce(now)
		f.left(err, "c", "enough")
		f.whoIs(err.Arrived, nil, "a", "")
		if errors.Is(err, cause) || errors.Is(err, context.Canceled) {
			f.Errorf("a, whose context goes on, has the cause of c: %v", err)
		}
		f.left(c.brokenAtOnce(now), "c", "enough")
		if _, err := c.result(); !errors.Is(err, cause) {
			f.Errorf("c has not its own cause: %v", err)
		}
	}},

	{"breaks when a context has a deadline before the timeout", func(f *fixture) {
		b := f.barrier(pair)
		ctx, cancel := context.WithTimeout(f.Context(), short)
		defer cancel()
		_, err := b.Wait(ctx, "a")
		f.left(f.broken("a", err), "a", "deadline")
		if !errors.Is(err, context.DeadlineExceeded) {
			f.Errorf("error %v", err)
		}
	}},

	{"has opened, whatever happens next", func(f *fixture) {
		for range 20 { // a waiter that sees two things at once must not choose between them
			b := f.barrier(pair)
			ctx, cancel := context.WithCancel(f.Context())
			a := f.wait(ctx, b, "a")
			if _, err := b.Wait(f.Context(), "b"); err != nil {
				f.Fatal(err)
			}
			cancel()
			b.Leave("a", errCrash)
			a.opened()
		}
	}},

	{"breaks when somebody comes with a context that has ended", func(f *fixture) {
		b := f.barrier(pair)
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		a := f.wait(f.Context(), b, "a")
		now := time.Now()
		_, err := b.Wait(ctx, "b")
		f.left(f.broken("b", err), "b", "")
		if !errors.Is(err, context.Canceled) {
			f.Errorf("b: %v", err)
		}
		f.left(a.brokenAtOnce(now), "b", "")
	}},

	{"breaks when a party that is missing leaves", func(f *fixture) {
		b := f.barrier(three)
		a, c := f.wait(f.Context(), b, "a"), f.wait(f.Context(), b, "c")
		now := time.Now()
		b.Leave("b", errCrash)
		for _, w := range []*waiter{a, c} {
			err := w.brokenAtOnce(now)
			f.left(err, "b", errCrash.Error())
			f.whoIs(err.Arrived, err.Missing, "a, c", "b left: the browser crashed")
		}
		f.phase(b, barrier.Broken)
	}},

	{"breaks when a party that waits leaves", func(f *fixture) {
		for _, o := range []barrier.Options{three, some, {Count: 3, Timeout: long}} {
			o.Count = 3
			b := f.barrier(o)
			a, c := f.wait(f.Context(), b, "a"), f.wait(f.Context(), b, "c")
			now := time.Now()
			b.Leave("c", nil)
			for _, w := range []*waiter{a, c} {
				err := w.brokenAtOnce(now)
				f.left(err, "c", "")
				f.whoIs(err.Arrived, nil, "a", "")
			}
		}
	}},

	{"does not break while enough can come", func(f *fixture) {
		b := f.barrier(some)
		b.Leave("b", nil)
		b.Leave("b", nil) // is still one party less, not two
		a := f.wait(f.Context(), b, "a")
		s := b.State()
		f.whoIs(s.Arrived, s.Missing, "a", "b left, c")
		f.start(f.Context(), b, "c").opened()
		a.opened()
	}},

	{"breaks when not enough can come", func(f *fixture) {
		b := f.barrier(some)
		a := f.wait(f.Context(), b, "a")
		b.Leave("b", nil)
		f.phase(b, barrier.Waiting)
		now := time.Now()
		b.Leave("c", errCrash)
		err := a.brokenAtOnce(now)
		f.left(err, "c", errCrash.Error())
		f.whoIs(err.Arrived, err.Missing, "a", "b left, c left: the browser crashed")
	}},

	{"breaks for who comes to wait in vain", func(f *fixture) {
		for _, o := range []barrier.Options{pair, again} {
			b := f.barrier(o)
			b.Leave("a", errCrash)
			f.phase(b, barrier.Idle)
			now := time.Now()
			err := f.start(f.Context(), b, "b").brokenAtOnce(now)
			f.left(err, "a", errCrash.Error())
			f.whoIs(err.Arrived, err.Missing, "b", "a left: the browser crashed")
		}
	}},

	{"tells who was the first that could not be spared", func(f *fixture) {
		for _, c := range []struct {
			options barrier.Options
			want    string
		}{
			{barrier.Options{Parties: []string{"a", "b", "c", "d"}, Timeout: long}, "d"},
			{barrier.Options{Parties: []string{"a", "b", "c", "d"}, Count: 3, Timeout: long}, "b"},
			{barrier.Options{Parties: []string{"a", "b", "c", "d"}, Count: 2, Timeout: long}, "c"},
		} {
			b := f.barrier(c.options)
			for _, party := range []string{"d", "b", "c"} {
				b.Leave(party, nil)
			}
			f.left(f.start(f.Context(), b, "a").broken(), c.want, "")
		}
	}},

	{"breaks when a party leaves between generations and another comes", func(f *fixture) {
		b := f.barrier(again)
		a := f.wait(f.Context(), b, "a")
		f.start(f.Context(), b, "b").opened()
		a.opened()
		b.Leave("b", nil)
		f.phase(b, barrier.Idle)
		if err := f.start(f.Context(), b, "a").broken(); err.Generation != 1 {
			f.Errorf("generation %d, want 1", err.Generation)
		}
	}},

	{"lets all leave in peace", func(f *fixture) {
		for _, o := range []barrier.Options{pair, again, some, any2} {
			b := f.barrier(o)
			for _, party := range []string{"a", "b", "c"} {
				b.Leave(party, nil)
			}
			f.phase(b, barrier.Idle)
		}
	}},

	{"refuses who has left", func(f *fixture) {
		for _, o := range []barrier.Options{pair, any2} {
			b := f.barrier(o)
			b.Leave("a", nil)
			_, err := b.Wait(f.Context(), "a")
			f.refused("a", err, barrier.ErrLeft)
			f.phase(b, barrier.Idle)
		}
	}},

	{"keeps the first reason, and none of a stranger", func(f *fixture) {
		b := f.barrier(three)
		b.Leave("b", errCrash)
		b.Leave("b", errors.New("said again"))
		b.Leave("x", errCrash)
		s := b.State()
		f.whoIs(s.Arrived, s.Missing, "", "a, b left: the browser crashed, c")
	}},

	{"stays broken", func(f *fixture) {
		for _, o := range []barrier.Options{pair, again} {
			b := f.barrier(o)
			a := f.wait(f.Context(), b, "a")
			b.Leave("b", errCrash)
			_ = a.broken()
			b.Leave("a", nil)
			for _, party := range []string{"a", "b", "x"} {
				_, err := b.Wait(f.Context(), party)
				f.left(f.broken(party, err), "b", errCrash.Error())
			}
			f.phase(b, barrier.Broken)
		}
	}},

	{"shows its state", func(f *fixture) {
		b := f.barrier(again)
		s := b.State()
		f.whoIs(s.Arrived, s.Missing, "", "a, b")
		if s.Name != "meeting" || s.Count != 2 || s.Waited != 0 || s.Remaining != 0 || s.Phase != barrier.Idle {
			f.Errorf("idle: %+v", s)
		}
		a := f.wait(f.Context(), b, "a")
		s = b.State()
		f.whoIs(s.Arrived, s.Missing, "a", "b")
		if s.Phase != barrier.Waiting || s.Remaining <= 0 || s.Remaining > long {
			f.Errorf("waiting: %+v", s)
		}
		f.start(f.Context(), b, "b").opened()
		a.opened()
		if s = b.State(); s.Generation != 1 || s.Phase != barrier.Idle || s.Remaining != 0 {
			f.Errorf("next generation: %+v", s)
		}
	}},

	{"keeps all in step through many generations", func(f *fixture) {
		const generations = 50
		o := barrier.Options{Timeout: long, Cyclic: true}
		for i := range 8 {
			o.Parties = append(o.Parties, fmt.Sprint("p", i))
		}
		b := f.barrier(o)
		var (
			mu      sync.Mutex
			indices [generations]map[int]string
			all     sync.WaitGroup
		)
		for _, party := range o.Parties {
			all.Go(func() {
				for generation := range generations {
					got, err := b.Wait(f.Context(), party)
					if err != nil || got.Generation != generation {
						f.Errorf("%s: %+v, %v, want generation %d", party, got, err, generation)
						b.Leave(party, err)
						return
					}
					mu.Lock()
					if indices[generation] == nil {
						indices[generation] = make(map[int]string)
					}
					indices[generation][got.Index] = party
					mu.Unlock()
				}
			})
		}
		all.Wait()
		for generation, seen := range indices {
			for index := range o.Parties {
				if seen[index] == "" {
					f.Errorf("generation %d: nobody has index %d: %v", generation, index, seen)
				}
			}
		}
	}},
}
