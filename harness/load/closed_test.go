package load_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
)

// presence asks every 100 ms, between the moments at which something happens, how many users are present.
func presence(present *atomic.Int64, seen *[]int64) func(context.Context, *load.Live) {
	return func(ctx context.Context, _ *load.Live) {
		timer := time.NewTimer(50 * time.Millisecond)
		for {
			select {
			case <-timer.C:
				*seen = append(*seen, present.Load())
				timer.Reset(100 * time.Millisecond)
			case <-ctx.Done():
				return
			}
		}
	}
}

func counted(present *atomic.Int64, user func(context.Context, *load.User) error) func(context.Context, *load.User) error {
	return func(ctx context.Context, u *load.User) error {
		present.Add(1)
		defer present.Add(-1)
		return user(ctx, u)
	}
}

func TestAClosedModelHoldsItsUsers(t *testing.T) {
	never := func(ctx context.Context, _ *load.User) error { <-ctx.Done(); return ctx.Err() }
	for name, user := range map[string]func(context.Context, *load.User) error{
		"users that end early": taking(40 * time.Millisecond),
		"users that end late":  taking(4 * time.Second),
		"users that never end": never,
		"users that fail at once": func(ctx context.Context, u *load.User) error {
			_ = taking(20*time.Millisecond)(ctx, u)
			panic("no")
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var present atomic.Int64
			var seen []int64
			result := run(t.Context(), t, load.Options{Watch: []func(context.Context, *load.Live){presence(&present, &seen)}},
				load.Scenario{Name: "s", Target: nowhere(t), Profile: injected(t, "constantConcurrentUsers(5).during(3010ms)"),
					GracefulStop: 2 * time.Second, User: counted(&present, user)})
			for i, n := range seen[:30] {
				if n != 5 {
					t.Errorf("%s: %d present at %d ms, want 5", name, n, 100*i+50)
				}
			}
			u := result.Users
			if u.MaxPresent > 5 || u.Started != u.Passed+u.Failed+u.Interrupted || u.Present != 0 {
				t.Errorf("%s: %+v", name, u)
			}
			switch name {
			case "users that never end":
				if u.Interrupted != 5 || u.Started != 5 {
					t.Errorf("%s: %+v", name, u)
				}
			case "users that end late":
				if u.Passed != 5 || result.At != 4*time.Second {
					t.Errorf("%s: %+v in %v, want 5 that end in the 4th second", name, u, result.At)
				}
			case "users that end early":
				if u.Passed != 380 {
					t.Errorf("%s: %+v, want 380: 5 at a time, each 40 ms", name, u)
				}
			}
		})
	}
}

func TestAClosedModelRamps(t *testing.T) {
	for name, c := range map[string]struct {
		iterations int
		interrupt  bool
		took       time.Duration // of a user
		at         map[int]int64 // present by milliseconds
		passed     bool
	}{
		"ended at the end of an iteration": {0, false, 80 * time.Millisecond, map[int]int64{50: 0, 1050: 2, 3850: 4, 4950: 4, 5150: 3, 7150: 1}, true},
		"the same, with endless users":     {load.Endless, false, 80 * time.Millisecond, map[int]int64{50: 0, 1050: 2, 3850: 4, 4950: 4, 5150: 3, 7150: 1}, true},
		"long users are not interrupted":   {0, false, 10 * time.Second, map[int]int64{2050: 4, 5950: 4, 7950: 4}, true},
		"unless that is asked for":         {0, true, 10 * time.Second, map[int]int64{3850: 4, 4950: 4, 5150: 3, 7150: 1}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			var present atomic.Int64
			var seen []int64
			result := run(t.Context(), t, load.Options{Watch: []func(context.Context, *load.Live){presence(&present, &seen)}},
				load.Scenario{Name: "s", Target: nowhere(t), User: counted(&present, taking(c.took)), Iterations: c.iterations, InterruptSurplus: c.interrupt,
					Profile: injected(t, "rampConcurrentUsers(0).to(4).during(2), constantConcurrentUsers(4).during(2), rampConcurrentUsers(4).to(0).during(4)")})
			for ms, want := range c.at {
				if got := seen[(ms-50)/100]; got != want {
					t.Errorf("%s: %d present at %d ms, want %d", name, got, ms, want)
				}
			}
			if u := result.Users; c.passed != (u.Interrupted == 0) || u.Failed > 0 || c.iterations == load.Endless && u.Started != 4 {
				t.Errorf("%s: %+v", name, u)
			}
		})
	}
}

func TestAFixedPoolSharesIterations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Int64
		result := run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), Iterations: load.Endless, MaxIterations: 100,
			Profile: injected(t, "constantConcurrentUsers(7).during(365.days)"),
			User: func(ctx context.Context, u *load.User) error {
				done.Add(1)
				return taking(time.Second)(ctx, u)
			}})
		if done.Load() != 100 || result.Users.Started != 7 || result.At != 15*time.Second {
			t.Errorf("%d executions by %d users in %v, want 100 by 7 in 15 s", done.Load(), result.Users.Started, result.At)
		}
	})
}

func TestLimitOfUsersOfAClosedModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), MaxUsers: 12, User: taking(time.Second),
			Profile: injected(t, "constantConcurrentUsers(5).during(1.hour)")})
		if u := result.Users; u.Passed != 12 || result.At != 3*time.Second {
			t.Errorf("%+v in %v, want 12 in 3 s", u, result.At)
		}
	})
}
