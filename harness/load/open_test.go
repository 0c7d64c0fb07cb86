package load_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/stats"
)

// starts notes when users start, since the first one could.
type starts struct {
	mu    sync.Mutex
	began time.Time
	at    map[string][]time.Duration
}

func newStarts() *starts { return &starts{began: time.Now(), at: map[string][]time.Duration{}} }

func (s *starts) note(u *load.User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[u.Scenario()] = append(s.at[u.Scenario()], time.Since(s.began))
}

// lasting is a user function that is noted and takes some time.
func (s *starts) lasting(d time.Duration) func(context.Context, *load.User) error {
	return func(ctx context.Context, u *load.User) error {
		s.note(u)
		return taking(d)(ctx, u)
	}
}

func milliseconds(n ...int) []time.Duration {
	times := make([]time.Duration, len(n))
	for i, ms := range n {
		times[i] = time.Duration(ms) * time.Millisecond
	}
	return times
}

func TestUsersArriveWhenThePlanSays(t *testing.T) {
	for text, want := range map[string][]time.Duration{
		"rampUsers(10).during(5)":                                   milliseconds(0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500),
		"nothingFor(2), atOnceUsers(3)":                             milliseconds(2000, 2000, 2000),
		"constantUsersPerSec(4).during(1)":                          milliseconds(0, 250, 500, 750),
		"atOnceUsers(1), nothingFor(500ms), rampUsers(2).during(1)": milliseconds(0, 500, 1000),
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStarts()
			result := run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), Profile: injected(t, text), User: s.lasting(20 * time.Second)})
			if !slices.Equal(s.at["s"], want) {
				t.Errorf("%s: users started at %v, want %v", text, s.at["s"], want)
			}
			if u := result.Users; u.Passed != int64(len(want)) || u.Present != 0 || result.Err() != nil {
				t.Errorf("%s: %+v, %v", text, u, result.Err())
			}
		})
	}
}

// TestTheSeedDecides checks that a run follows the plan that `lockstep plan` prints for the same seed.
func TestTheSeedDecides(t *testing.T) {
	p := injected(t, "constantUsersPerSec(20).during(5).randomized")
	synctest.Test(t, func(t *testing.T) {
		s := newStarts()
		result := run(t.Context(), t, load.Options{Seed: 7}, load.Scenario{Name: "s", Target: nowhere(t), Profile: p, User: s.lasting(0)})
		if want := slices.Collect(p.Plan(7).Arrivals()); !slices.Equal(s.at["s"], want) || result.Seed != 7 {
			t.Errorf("users started at %v, want %v", s.at["s"], want)
		}
	})
}

func TestShardsTogetherAreTheWhole(t *testing.T) {
	p := injected(t, "rampUsersPerSec(2).to(9).during(10)")
	synctest.Test(t, func(t *testing.T) {
		var all []time.Duration
		for shard := range 3 {
			s := newStarts()
			login := load.Scenario{Name: "log in", Target: nowhere(t), Profile: injected(t, "atOnceUsers(1)").NoShard(), User: s.lasting(0)}
			run(t.Context(), t, load.Options{Shard: shard, Shards: 3}, login,
				load.Scenario{Name: "s", Target: nowhere(t), Profile: p, User: s.lasting(0)})
			all = append(all, s.at["s"]...)
			if want := map[int]int{0: 1}[shard]; len(s.at["log in"]) != want {
				t.Errorf("shard %d: %d users of the scenario that is not divided, want %d", shard, len(s.at["log in"]), want)
			}
		}
		slices.Sort(all)
		if want := slices.Collect(p.Plan(0).Arrivals()); !slices.Equal(all, want) {
			t.Errorf("users started at %v, want %v", all, want)
		}
	})
}

func TestAPlainNumberOfExecutions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStarts()
		result := run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), User: s.lasting(time.Second),
			Start: profile.Start{Total: 10, Backlog: 4}})
		want := milliseconds(0, 0, 0, 0, 1000, 1000, 1000, 1000, 2000, 2000)
		if !slices.Equal(s.at["s"], want) || result.Users.MaxPresent != 4 {
			t.Errorf("executions at %v with %d present, want %v with 4", s.at["s"], result.Users.MaxPresent, want)
		}
		s = newStarts()
		run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), User: s.lasting(time.Second),
			Start: profile.Start{Total: 5, CPS: 2, Ramp: 2 * time.Second}})
		if got := s.at["s"]; len(got) != 5 || got[0] != 0 || got[2] != 2*time.Second || got[4] != 3*time.Second {
			t.Errorf("executions at %v, want 5 with the third after the ramp of 2 s, then two a second", got)
		}
	})
}

func TestLimitsOfAnOpenModel(t *testing.T) {
	ramp := "constantUsersPerSec(10).during(10)"
	for name, c := range map[string]struct {
		change   func(*load.Scenario)
		started  int64
		most     int64
		departed stats.Users
	}{
		"users in all":          {func(s *load.Scenario) { s.MaxUsers = 7 }, 7, 7, stats.Users{Passed: 7}},
		"users present":         {func(s *load.Scenario) { s.MaxPresent = 2 }, 100, 2, stats.Users{Passed: 100}},
		"time":                  {func(s *load.Scenario) { s.MaxDuration = 1950 * time.Millisecond }, 20, 10, stats.Users{Passed: 20}},
		"iterations of all":     {func(s *load.Scenario) { s.MaxIterations = 12 }, 12, 10, stats.Users{Passed: 12}},
		"time, and no patience": {func(s *load.Scenario) { s.MaxDuration, s.GracefulStop = 1950*time.Millisecond, -1 }, 20, 10, stats.Users{Passed: 10, Interrupted: 10}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := load.Scenario{Name: "s", Target: nowhere(t), Profile: injected(t, ramp), User: taking(980 * time.Millisecond)}
			c.change(&s)
			u := run(t.Context(), t, load.Options{}, s).Users
			if u.Started != c.started || u.MaxPresent != c.most || u.Passed != c.departed.Passed || u.Interrupted != c.departed.Interrupted || u.Present != 0 {
				t.Errorf("%s: %+v, want %d started, at most %d present, %+v", name, u, c.started, c.most, c.departed)
			}
		})
	}
}

func TestIterationsKeepTheirPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStarts()
		run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), Profile: injected(t, "atOnceUsers(1)"),
			Iterations: 4, Pace: 2 * time.Second,
			User: func(ctx context.Context, u *load.User) error {
				s.note(u)
				long := map[int]time.Duration{1: time.Second, 2: 5 * time.Second, 3: time.Second}
				return taking(long[u.Iteration()])(ctx, u)
			}})
		if want := milliseconds(0, 2000, 7000, 9000); !slices.Equal(s.at["s"], want) {
			t.Errorf("iterations at %v, want %v", s.at["s"], want)
		}
	})
}
