package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/barrier"
	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// live is an execution of sessions that are goroutines under a scheduler.
func live(sessions map[string]func(context.Context, *schedule.Session)) schedule.Execute {
	return func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		var names []string
		for name := range sessions {
			names = append(names, name)
		}
		slices.Sort(names)
		s, err := schedule.New(schedule.Options{Sessions: names})
		if err != nil {
			return schedule.Outcome{}, err
		}
		var all sync.WaitGroup
		for name, body := range sessions {
			all.Go(func() {
				session := s.Session(name)
				defer session.Finish()
				body(ctx, session)
			})
		}
		err = s.Run(ctx, c)
		all.Wait()
		return schedule.Outcome{}, err
	}
}

// allOrders demands that an exhaustive search of all orders finds as many, and none twice, again and again.
func allOrders(t *testing.T, want int, execute schedule.Execute) {
	t.Helper()
	for range 20 {
		r := explore(t, schedule.Exhaustive(schedule.Nothing), schedule.Budget{}, execute)
		if r.Schedules != want || r.Different != want || r.Redundant != 0 || !r.Complete {
			t.Fatalf("%d schedules, %d different, %d redundant, complete %v; want %d", r.Schedules, r.Different, r.Redundant, r.Complete, want)
		}
	}
}

// Sessions a and b meet at a barrier between two points, c has one point. x and u come in 2 orders, y and v after both in
// 2, and c's point in any of 5 places.
func TestBarrierOpensWithoutAGap(t *testing.T) {
	allOrders(t, 2*2*5, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		both, err := barrier.New("both", barrier.Options{Parties: []string{"a", "b"}})
		if err != nil {
			return schedule.Outcome{}, err
		}
		meets := func(before, after string) func(context.Context, *schedule.Session) {
			return func(ctx context.Context, s *schedule.Session) {
				body := s.Start(nil)
				defer body.End()
				_ = body.Arrive(ctx, before, false)
				body.Wait("barrier both", func(context.Context) bool {
					return slices.ContainsFunc(both.State().Arrived, func(p barrier.Present) bool { return p.Party == s.Name() }) && both.State().Phase == barrier.Waiting
				})
				_, _ = both.Wait(ctx, s.Name())
				body.Resume()
				_ = body.Arrive(ctx, after, false)
			}
		}
		return live(map[string]func(context.Context, *schedule.Session){
			"a": meets("x", "y"),
			"b": meets("u", "v"),
			"c": func(ctx context.Context, s *schedule.Session) {
				body := s.Start(nil)
				defer body.End()
				_ = body.Arrive(ctx, "p", false)
			},
		})(ctx, c)
	})
}

// A browser sends three requests at once, and goes on when all have been answered; the other session has one point: 3!
// orders of the requests, 5 places for the point.
func TestBrowserWithThreeRequests(t *testing.T) {
	allOrders(t, 6*5, live(map[string]func(context.Context, *schedule.Session){
		"browser": func(ctx context.Context, s *schedule.Session) {
			body := s.Start(nil)
			defer body.End()
			var open atomic.Int32
			var requests sync.WaitGroup
			for i := range 3 {
				request := s.Start(nil)
				open.Add(1)
				requests.Go(func() {
					defer request.End()
					_ = request.Arrive(ctx, fmt.Sprint("GET /", i), false)
					open.Add(-1) // before its end, so that somebody is counted at any time
				})
			}
			body.Wait("its requests", func(context.Context) bool { return open.Load() > 0 })
			requests.Wait()
			body.Resume()
			_ = body.Arrive(ctx, "next step", false)
		},
		"other": func(ctx context.Context, s *schedule.Session) {
			body := s.Start(nil)
			defer body.End()
			_ = body.Arrive(ctx, "p", false)
		},
	}))
}

// lock is a lock of a database: who wants it waits in the server, and a control connection sees that.
type lock struct {
	mu   sync.Mutex
	free *sync.Cond
	held bool
}

func newLock() *lock {
	l := &lock{}
	l.free = sync.NewCond(&l.mu)
	return l
}

func (l *lock) take() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.held {
		l.free.Wait()
	}
	l.held = true
}

func (l *lock) give() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = false
	l.free.Broadcast()
}

func (l *lock) isHeld() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// A released statement may turn out to wait for a lock. Whoever begins first holds it until its commit; the other one
// begins before or after that commit. That makes 4 orders, and in none of them is anybody released while a lock changes
// hands.
func TestStatementThatWaitsForALock(t *testing.T) {
	allOrders(t, 4, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		l := newLock()
		transaction := func(ctx context.Context, s *schedule.Session) {
			body := s.Start(nil)
			defer body.End()
			_ = body.Arrive(ctx, "UPDATE", false)
			if l.isHeld() {
				body.Wait("the lock of the other", func(context.Context) bool { return l.isHeld() })
			}
			l.take()
			body.Resume()
			_ = body.Arrive(ctx, "COMMIT", false)
			l.give()
		}
		return live(map[string]func(context.Context, *schedule.Session){"a": transaction, "b": transaction})(ctx, c)
	})
}

// The same sessions as goroutines under a scheduler and as a model are released in the same order by the same chooser, and
// never do two of them move at once.
func TestPropertySchedulerAndModelAgree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		sessions := drawSessions(r, 30)
		for i := range sessions { // one strand each: the names of points of several depend on who comes first
			sessions[i].Strands = [][]model.Step{slices.Concat(sessions[i].Strands...)}
		}
		seed := rapid.Uint64().Draw(r, "seed")
		want := traceOf(t, modelOf(t, sessions), seed)
		bodies := make(map[string]func(context.Context, *schedule.Session))
		log := []string{} // written without a lock
		for _, session := range sessions {
			bodies[session.Name] = func(ctx context.Context, s *schedule.Session) {
				body := s.Start(nil)
				defer body.End()
				for _, step := range session.Strands[0] {
					if body.Arrive(ctx, step.String(), false) == nil {
						log = append(log, s.Name()+" "+step.String())
					}
				}
			}
		}
		recorder := schedule.Record(schedule.Uniform(seed, 0))
		if _, err := live(bodies)(t.Context(), recorder); err != nil {
			r.Fatal(err)
		}
		if got := recorder.Trace().Schedule().String(); got != want.Schedule().String() {
			r.Fatalf("got\n%v\nwant\n%v", got, want.Schedule())
		}
		for i := range want {
			if log[i] != want[i].Session+" "+want[i].What {
				r.Fatalf("%d moved: %v", i, log)
			}
		}
	})
}

func TestContextOfRunLetsEverybodyGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		interrupted := errors.New("interrupted")
		s, err := schedule.New(schedule.Options{Sessions: []string{"a", "b"}})
		if err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 2)
		a, b := s.Session("a").Start(nil), s.Session("b").Start(nil)
		go func() { errs <- a.Arrive(t.Context(), "x", false) }()
		go func() { // b moves, so that a stays held
			synctest.Wait()
			cancel(interrupted)
			<-ctx.Done()
			synctest.Wait()
			errs <- b.Arrive(t.Context(), "y", false)
		}()
		if err := s.Run(ctx, schedule.ChooserFunc(first)); !errors.Is(err, interrupted) {
			t.Error(err)
		}
		for range 2 {
			if ended, ok := errors.AsType[*schedule.EndedError](<-errs); !ok || !errors.Is(ended, interrupted) {
				t.Errorf("%v", ended)
			}
		}
	})
}

func TestStrandWhoseContextEndsGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := errors.New("the step took too long")
		recorder := schedule.Record(schedule.ChooserFunc(first))
		err := run(t, schedule.Options{Sessions: []string{"a", "b"}}, recorder, map[string]func(*schedule.Session){
			"a": func(s *schedule.Session) {
				defer s.Finish()
				body := s.Start(nil)
				defer body.End()
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, late)
				defer cancel()
				if err := body.Arrive(ctx, "x", false); !errors.Is(err, late) || !strings.Contains(err.Error(), "a x#1") {
					t.Error(err)
				}
			},
			"b": func(s *schedule.Session) {
				defer s.Finish()
				body := s.Start(nil)
				defer body.End()
				time.Sleep(1500 * time.Millisecond) // moves for so long that a goes away
				if err := body.Arrive(t.Context(), "y", false); err != nil {
					t.Error(err)
				}
			},
		})
		if got := recorder.Trace().Schedule().String(); err != nil || got != "b y#1" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestStrandThatIsEndedWhileItIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := run(t, schedule.Options{Sessions: []string{"a", "b"}}, schedule.ChooserFunc(first), map[string]func(*schedule.Session){
			"a": func(s *schedule.Session) {
				request := s.Start(nil)
				s.Finish()
				gone := make(chan error, 1)
				go func() { gone <- request.Arrive(t.Context(), "GET /", false) }()
				synctest.Wait()
				if s.Held() != 1 {
					t.Errorf("%d held", s.Held())
				}
				request.End()
				request.End()
				if err := <-gone; err == nil {
					t.Error("it was released")
				}
				if err := request.Arrive(t.Context(), "GET /", false); err == nil || !strings.Contains(err.Error(), "ended") {
					t.Error(err)
				}
			},
			"b": func(s *schedule.Session) { // counts until a has had its turn
				time.Sleep(time.Second)
				s.Finish()
			},
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestChooserErrorEndsTheExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("refused")
		err := run(t, schedule.Options{Sessions: []string{"a"}}, schedule.ChooserFunc(func([]schedule.Pending) (int, error) { return 0, refused }), map[string]func(*schedule.Session){
			"a": walk(t, "x", "y"),
		})
		if !errors.Is(err, refused) {
			t.Error(err)
		}
		err = run(t, schedule.Options{Sessions: []string{"a"}}, schedule.ChooserFunc(func([]schedule.Pending) (int, error) { return 1, nil }), map[string]func(*schedule.Session){
			"a": walk(t, "x", "y"),
		})
		if err == nil || !strings.Contains(err.Error(), "number 1 of 1") {
			t.Error(err)
		}
	})
}

func TestSessionThatPollsIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := 0
		o := schedule.Options{Sessions: []string{"a"}, Points: 5, Released: func(p schedule.Pending) { released++ }}
		err := run(t, o, schedule.ChooserFunc(first), map[string]func(*schedule.Session){
			"a": func(s *schedule.Session) {
				body := s.Start(nil)
				for body.Arrive(t.Context(), "GET /news", true) == nil {
				}
				body.End()
				s.Finish()
			},
		})
		if err == nil || released != 5 || !strings.Contains(err.Error(), "Options.Points") {
			t.Errorf("%d released, %v", released, err)
		}
	})
}

func TestInvalidOptions(t *testing.T) {
	for _, o := range []schedule.Options{
		{},
		{Sessions: []string{"a", "b", "a"}},
		{Sessions: []string{"a"}, Limit: -1},
		{Sessions: []string{"a"}, Points: -1},
	} {
		if s, err := schedule.New(o); s != nil || !errors.Is(err, schedule.ErrInvalidOption) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestSessionThatIsNotThere(t *testing.T) {
	s, err := schedule.New(schedule.Options{Sessions: []string{"owner"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, `no session "ownr"`) {
			t.Error(text)
		}
	}()
	s.Session("ownr")
}

func TestStrandStates(t *testing.T) {
	got := fmt.Sprint(schedule.Moving, schedule.Held, schedule.Waiting, schedule.Ended, schedule.StrandState(9))
	if want := "moving held waiting ended StrandState(9)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
