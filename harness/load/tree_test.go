package load_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions"
)

// story notes when the first user of a scenario started and when the last ended.
type story struct {
	mu          sync.Mutex
	began       time.Time
	first, last map[string]time.Duration
}

func newStory() *story {
	return &story{began: time.Now(), first: map[string]time.Duration{}, last: map[string]time.Duration{}}
}

func (s *story) scenario(t *testing.T, name, profile string, took time.Duration) load.Scenario {
	return load.Scenario{Name: name, Target: nowhere(t), Profile: injected(t, profile), User: func(ctx context.Context, u *load.User) error {
		s.mu.Lock()
		if _, known := s.first[name]; !known {
			s.first[name] = time.Since(s.began)
		}
		s.mu.Unlock()
		err := taking(took)(ctx, u)
		s.mu.Lock()
		s.last[name] = time.Since(s.began)
		s.mu.Unlock()
		return err
	}}
}

// TestScenariosComeAfterOthers is the example of the seed: b and c after a, grand after b, d after c and grand.
func TestScenariosComeAfterOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory()
		a := s.scenario(t, "a", "rampUsers(4).during(4)", 2500*time.Millisecond)
		b := s.scenario(t, "b", "atOnceUsers(2)", time.Second)
		grand := s.scenario(t, "grand", "constantConcurrentUsers(2).during(3)", 1600*time.Millisecond)
		c := s.scenario(t, "c", "nothingFor(1), atOnceUsers(1)", 500*time.Millisecond)
		d := s.scenario(t, "d", "atOnceUsers(1)", 0)
		beside := s.scenario(t, "beside", "atOnceUsers(1)", 20*time.Second)
		result := run(t.Context(), t, load.Options{}, a.AndThen(b.AndThen(grand), c).AndThen(d), beside)
		// a ends at 3 + 2.5 = 5.5 s; b then at 6.5, grand at 6.5 + 2·1.6 = 9.7, c at 7.
		for name, want := range map[string]time.Duration{"a": 0, "b": 5500, "c": 6500, "grand": 6500, "d": 9700, "beside": 0} {
			if want *= time.Millisecond; s.first[name] != want {
				t.Errorf("%s began at %v, want %v", name, s.first[name], want)
			}
		}
		if result.Err() != nil || len(result.NotStarted) > 0 {
			t.Errorf("%v, not started: %v", result.Err(), result.NotStarted)
		}
	})
}

func TestATrailingWaitDelaysWhatComesAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory()
		run(t.Context(), t, load.Options{}, s.scenario(t, "a", "atOnceUsers(1), nothingFor(5)", time.Second).AndThen(s.scenario(t, "b", "atOnceUsers(1)", 0)))
		if s.first["b"] != 5*time.Second {
			t.Errorf("b began at %v, want 5 s", s.first["b"])
		}
	})
}

func TestAStoppedRunStartsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory()
		stop := make(chan struct{})
		time.AfterFunc(2500*time.Millisecond, func() { close(stop) })
		result := run(t.Context(), t, load.Options{Stop: stop},
			s.scenario(t, "a", "constantUsersPerSec(1).during(10)", 1200*time.Millisecond).AndThen(s.scenario(t, "b", "atOnceUsers(1)", 0)))
		if u := result.Users; u.Passed != 3 || u.Started != 3 || result.At != 3200*time.Millisecond {
			t.Errorf("%+v in %v, want 3 that passed, in 3.2 s", u, result.At)
		}
		if !errors.Is(result.Err(), load.ErrStopped) || fmt.Sprint(result.NotStarted) != "[b]" {
			t.Errorf("%v, not started: %v", result.Err(), result.NotStarted)
		}
	})
}

func TestTheEndOfTheContextInterrupts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		s := newStory()
		result := run(ctx, t, load.Options{}, s.scenario(t, "a", "constantUsersPerSec(1).during(10)", 1200*time.Millisecond))
		if u := result.Users; u.Passed != 2 || u.Interrupted != 1 || result.At != 2500*time.Millisecond {
			t.Errorf("%+v in %v, want 2 that passed and one interrupted", u, result.At)
		}
		if !errors.Is(result.Err(), context.DeadlineExceeded) {
			t.Error(result.Err())
		}
	})
}

func TestUsersWhoDoNotFinishAreInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory()
		scenario := s.scenario(t, "a", "atOnceUsers(3)", time.Hour)
		if at := run(t.Context(), t, load.Options{}, scenario).At; at != load.DefaultGracefulStop {
			t.Errorf("ended after %v", at)
		}
		scenario.GracefulStop = 7 * time.Second
		result := run(t.Context(), t, load.Options{}, scenario)
		if u := result.Users; u.Interrupted != 3 || result.At != 7*time.Second {
			t.Errorf("%+v in %v, want 3 interrupted after 7 s", u, result.At)
		}
	})
}

func TestUsersWhoIgnoreTheirContextAreLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		result := run(t.Context(), t, load.Options{}, load.Scenario{Name: "deaf", Target: nowhere(t), Profile: injected(t, "atOnceUsers(2)"), GracefulStop: time.Second,
			User: func(context.Context, *load.User) error { <-release; return nil }})
		close(release)
		if err := result.Err(); err == nil || result.Users.Present != 2 || len(result.Problems) != 1 {
			t.Errorf("%v, %+v", err, result.Users)
		}
	})
}

func TestMaximumDurationIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory()
		result := run(t.Context(), t, load.Options{MaxDuration: 1500 * time.Millisecond}, s.scenario(t, "a", "constantUsersPerSec(1).during(10)", 0))
		if result.Users.Passed != 2 || result.Err() != nil || !errors.Is(result.Ended, load.ErrMaxDuration) {
			t.Errorf("%+v, %v, %v", result.Users, result.Err(), result.Ended)
		}
	})
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	s := newStory()
	good := s.scenario(t, "a", "atOnceUsers(1)", 0)
	bad := func(change func(*load.Scenario)) load.Scenario {
		s := good
		change(&s)
		return s
	}
	for name, scenarios := range map[string][]load.Scenario{
		"two of a name":                     {good, good},
		"a child of its name":               {good.AndThen(good)},
		"none":                              {},
		"no profile":                        {bad(func(s *load.Scenario) { s.Profile = profile.Profile{} })},
		"no user function":                  {bad(func(s *load.Scenario) { s.User = nil })},
		"no target":                         {bad(func(s *load.Scenario) { s.Target = nil })},
		"profile and start":                 {bad(func(s *load.Scenario) { s.Start = profile.Start{Total: 1, CPS: 1} })},
		"start without limits":              {bad(func(s *load.Scenario) { s.Profile, s.Start = profile.Profile{}, profile.Start{Total: 1} })},
		"endless users who keep others out": {bad(func(s *load.Scenario) { s.Iterations, s.MaxPresent = load.Endless, 1 })},
		"a negative limit":                  {bad(func(s *load.Scenario) { s.MaxUsers = -1 })},
	} {
		result, err := load.Run(t.Context(), load.Options{}, scenarios...)
		var tree *profile.TreeError
		if result != nil || !errors.Is(err, sessions.ErrInvalidOption) && !errors.As(err, &tree) {
			t.Errorf("%s: %v, %v", name, result, err)
		}
	}
	if _, err := load.Run(t.Context(), load.Options{Shard: 2, Shards: 2}, good); !errors.Is(err, sessions.ErrInvalidOption) {
		t.Error(err)
	}
	if _, err := load.Sweep(t.Context(), load.Options{Shards: 2}, good, load.SweepOptions{Levels: []int{1}, Executions: 1}); !errors.Is(err, sessions.ErrInvalidOption) {
		t.Error(err)
	}
}

// TestMachinesNeedOneSeed: each would draw times of its own, and together they would not be the whole.
func TestMachinesNeedOneSeed(t *testing.T) {
	random := injected(t, "constantUsersPerSec(1000).during(10ms).randomized")
	for _, c := range []struct {
		profile profile.Profile
		seed    uint64
		fits    bool
	}{{random, 0, false}, {random, 7, true}, {random.NoShard(), 0, true}, {injected(t, "atOnceUsers(1)"), 0, true}} {
		_, err := load.Run(t.Context(), load.Options{Shards: 2, Seed: c.seed}, load.Scenario{Name: "s", Target: nowhere(t), Profile: c.profile, User: taking(0)})
		if c.fits && err != nil || !c.fits && (!errors.Is(err, sessions.ErrInvalidOption) || !strings.Contains(err.Error(), "the same Seed")) {
			t.Errorf("%v with seed %d: %v", c.profile, c.seed, err)
		}
	}
}
