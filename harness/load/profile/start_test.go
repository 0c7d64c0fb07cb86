package profile_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

func TestStartsThatMakeNoSense(t *testing.T) {
	for want, s := range map[string]profile.Start{
		"total 0: want 1 to 1000000000000 executions":                                                                                {Backlog: 1},
		"total -5: want 1 to 1000000000000 executions":                                                                               {Total: -5, Backlog: 1},
		"backlog -1: want how many may be in progress, or 0 for any number":                                                          {Total: 5, Backlog: -1},
		"ramp 1s: there is no rate to reach; give cps":                                                                               {Total: 5, Backlog: 1, Ramp: time.Second},
		"cps: -1 per second: a rate is not negative\nramp: -1s: a duration is not negative":                                          {Total: 5, CPS: -1, Ramp: -time.Second},
		"total 5: needs a limit beside it; give backlog (how many may be in progress), cps (how many may start per second), or both": {Total: 5},
	} {
		if err := s.Check(); err == nil || err.Error() != want {
			t.Errorf("%+v\ngot  %v\nwant %s", s, err, want)
		}
	}
	for _, s := range []profile.Start{{Total: 1, Backlog: 1}, {Total: 1, CPS: 0.5}, {Total: 100, Backlog: 5, CPS: 20, Ramp: time.Second}} {
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestStartTimes(t *testing.T) {
	for want, s := range map[*[]time.Duration]profile.Start{
		{0, 0, 0}: {Total: 3, Backlog: 2},
		{0, 250 * ms, 500 * ms, 750 * ms, 1000 * ms}: {Total: 5, CPS: 4},
		{0, 333_333_334, 666_666_667, 1000 * ms}:     {Total: 4, CPS: 3},
		// 0 to 4 a second in 2 s: t²; then 4 a second.
		{0, 1000 * ms, 1_414_213_563, 1_732_050_808, 2000 * ms, 2250 * ms, 2500 * ms}: {Total: 7, CPS: 4, Ramp: 2 * time.Second},
	} {
		wantEqual(t, slices.Collect(s.Times()), *want)
		if len(*want) > 1 {
			wantEqual(t, firstOf(s.Times(), 2), (*want)[:2])
		}
	}
}

// TestStartsKeepTheirRate: in no second do more than CPS of them start, and one more at its edge.
func TestStartsKeepTheirRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cps := rapid.IntRange(1, 50).Draw(t, "cps")
		s := profile.Start{Total: rapid.IntRange(1, 300).Draw(t, "total"), CPS: float64(cps), Ramp: durations.Draw(t, "ramp")}
		times := slices.Collect(s.Times())
		if len(times) != s.Total || !slices.IsSorted(times) {
			t.Fatalf("%d of %d, sorted: %t", len(times), s.Total, slices.IsSorted(times))
		}
		for i := cps; i < len(times); i++ {
			if took := times[i] - times[i-cps]; took < time.Second-1 {
				t.Fatalf("%d starts in %s", cps+1, took)
			}
		}
	})
}
