package load_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
)

// drawn is a scenario of any kind, whose users take some time, fail, panic or are never done.
func drawn(t *rapid.T) load.Scenario {
	ms := func(label string, most int) time.Duration {
		return time.Duration(rapid.IntRange(1, most).Draw(t, label)) * time.Millisecond
	}
	limit := func(label string) int { return rapid.SampledFrom([]int{0, 0, 1, 3, 10}).Draw(t, label) }
	step := func() profile.Step {
		n, d := rapid.IntRange(0, 12).Draw(t, "users"), ms("during", 3000)
		if rapid.Bool().Draw(t, "flat") {
			return profile.ConstantConcurrentUsers(n).During(d)
		}
		return profile.RampConcurrentUsers(n).To(rapid.IntRange(0, 12).Draw(t, "to")).During(d)
	}
	closed := rapid.Bool().Draw(t, "closed")
	if !closed {
		step = func() profile.Step {
			if rapid.Bool().Draw(t, "ramp") {
				return profile.RampUsers(rapid.IntRange(0, 30).Draw(t, "users")).During(ms("during", 3000))
			}
			return profile.ConstantUsersPerSec(rapid.Float64Range(0.5, 30).Draw(t, "rate")).During(ms("during", 3000)).Randomized()
		}
	}
	steps := make([]profile.Step, rapid.IntRange(1, 3).Draw(t, "steps"))
	for i := range steps {
		steps[i] = step()
	}
	took, kind := 50*time.Millisecond+ms("took", 1500), rapid.IntRange(0, 4).Draw(t, "kind")
	s := load.Scenario{
		Name: "s", Profile: profile.Must(profile.New(steps...)), MaxUsers: limit("MaxUsers"), MaxIterations: limit("MaxIterations"),
		Iterations: rapid.SampledFrom([]int{0, 1, 3, load.Endless}).Draw(t, "Iterations"), Pace: rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "Pace"),
		MaxDuration: rapid.SampledFrom([]time.Duration{0, 0, 700 * time.Millisecond}).Draw(t, "MaxDuration"), GracefulStop: ms("GracefulStop", 2000),
		InterruptSurplus: rapid.Bool().Draw(t, "InterruptSurplus"),
		User: func(ctx context.Context, u *load.User) error {
			if kind == 4 && u.Number()%2 == 0 {
				<-ctx.Done()
				return context.Cause(ctx)
			}
			err := u.PauseFor(ctx, profile.ConstantPause(took))
			switch {
			case kind == 2 && u.Number()%3 == 0:
				return errors.New("no")
			case kind == 3 && u.Number()%3 == 0:
				panic("no")
			}
			return err
		},
	}
	if !closed {
		s.MaxPresent = limit("MaxPresent")
		if s.MaxPresent > 0 { // who never leaves keeps others from coming
			s.Iterations, s.MaxDuration = max(s.Iterations, 0), 2*time.Second
		}
	}
	return s
}

// TestEveryUserIsAccountedFor checks what holds of any run, and that each ends: the bubble fails if one hangs.
func TestEveryUserIsAccountedFor(t *testing.T) {
	defer load.SleepByTimers()()
	target := nowhere(t)
	rapid.Check(t, func(r *rapid.T) {
		s := drawn(r)
		s.Target = target
		stopAfter := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1300}).Draw(r, "stopAfter")) * time.Millisecond
		synctest.Test(t, func(t *testing.T) {
			stop := make(chan struct{})
			if stopAfter > 0 {
				timer := time.AfterFunc(stopAfter, func() { close(stop) })
				defer timer.Stop()
			}
			began := time.Now()
			result, err := load.Run(t.Context(), load.Options{Seed: 1, Stop: stop}, s)
			if err != nil {
				r.Fatal(err)
			}
			u := result.Users
			most, arrivals := int64(s.MaxPresent), int64(s.Profile.Plan(1).Users())
			for _, span := range s.Profile.Spans() {
				if s.Profile.Model() == profile.Closed {
					most, arrivals = max(most, int64(span.Users)), 1<<60
				}
			}
			switch {
			case u.Present != 0 || u.Started != u.Passed+u.Failed+u.Interrupted:
				r.Errorf("not all are accounted for: %+v", u)
			case u.Started > arrivals, s.MaxUsers > 0 && u.Started > int64(s.MaxUsers):
				r.Errorf("too many users: %+v", u)
			case most > 0 && !s.InterruptSurplus && u.MaxPresent > most+surplus(s):
				r.Errorf("%d present, at most %d are wanted", u.MaxPresent, most)
			}
			if limit := s.Profile.Plan(1).Duration() + s.GracefulStop + 30*time.Second; time.Since(began) > limit && s.MaxPresent == 0 {
				r.Errorf("it took %v, want at most %v", time.Since(began), limit)
			}
		})
	})
}

// surplus is how many more may be present where a target falls and rises again while users finish their iterations.
func surplus(s load.Scenario) int64 {
	if s.Profile.Model() == profile.Closed && len(s.Profile.Steps()) > 1 {
		return 24
	}
	return 0
}
