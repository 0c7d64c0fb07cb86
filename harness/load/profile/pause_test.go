package profile_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

func TestPauses(t *testing.T) {
	const second = time.Second
	normal := func(x float64) float64 { return (1 + math.Erf((x-2)/(0.5*math.Sqrt2))) / 2 }
	for _, test := range []struct {
		pause        profile.Pause
		text         string
		distribution func(float64) float64
	}{
		{profile.ExponentialPause(2 * second), "exponential(2)", func(x float64) float64 { return -math.Expm1(-x / 2) }},
		{profile.NormalPause(2*second, 500*ms), "normal(2).deviation(500ms)", normal},
		{profile.UniformPause(2*second, 500*ms), "uniform(2).plusOrMinus(0.5)", func(x float64) float64 { return x - 1.5 }},
	} {
		t.Run(test.text, func(t *testing.T) {
			p, err := profile.ParsePause(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if p != test.pause {
				t.Errorf("read as %s, want %s", p, test.pause)
			}
			draw := func() []time.Duration {
				source := rand.New(rand.NewPCG(7, 0))
				pauses := make([]time.Duration, 10_000)
				for i := range pauses {
					pauses[i] = p.Next(source)
				}
				return pauses
			}
			pauses := draw()
			wantEqual(t, pauses, draw())
			slices.Sort(pauses)
			if d := distance(seconds(pauses), test.distribution); d > oneInAThousand {
				t.Errorf("distance %.2f", d)
			}
		})
	}
	if got := profile.ConstantPause(2 * second).Next(nil); got != 2*second {
		t.Errorf("a constant pause of 2s is %s", got)
	}
	if got := (profile.Pause{}).Next(nil); got != 0 || profile.NoPause() != (profile.Pause{}) {
		t.Errorf("no pause is %s", got)
	}
}

// TestPausesAreNeverNegative has deviations that go far below 0, and far beyond what a duration can be.
func TestPausesAreNeverNegative(t *testing.T) {
	source := rand.New(rand.NewPCG(7, 0))
	zeros := 0
	for _, p := range []profile.Pause{
		profile.NormalPause(time.Millisecond, time.Hour), profile.UniformPause(0, time.Hour), profile.ExponentialPause(math.MaxInt64),
	} {
		for range 1000 {
			d := p.Next(source)
			if d < 0 {
				t.Fatalf("%s gives %s", p, d)
			}
			if d == 0 {
				zeros++
			}
		}
	}
	if zeros == 0 {
		t.Error("no draw went below 0, so this proves nothing")
	}
}

func TestParsePauseAndStringAreInverses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean, spread := durations.Draw(t, "mean"), durations.Draw(t, "spread")
		p := rapid.SampledFrom([]profile.Pause{
			profile.NoPause(), profile.ConstantPause(mean), profile.ExponentialPause(mean), profile.NormalPause(mean, spread), profile.UniformPause(mean, spread),
		}).Draw(t, "pause")
		if again, err := profile.ParsePause(p.String()); err != nil || again != p {
			t.Fatalf("%s was read as %s, %v", p, again, err)
		}
	})
}

func TestPausesThatAreRefused(t *testing.T) {
	want := "pause normal(1).deviation(-1): -1s: a duration is not negative"
	if err := profile.NormalPause(time.Second, -time.Second).Check(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := profile.NormalPause(time.Second, time.Second).Check(); err != nil {
		t.Error(err)
	}
}

func TestPace(t *testing.T) {
	const second = time.Second
	for _, test := range []struct{ every, last, now, want time.Duration }{
		{3 * second, 10 * second, 11 * second, 13 * second},
		{3 * second, 10 * second, 13 * second, 13 * second},
		{3 * second, 10 * second, 20 * second, 20 * second},
		{0, 10 * second, 11 * second, 11 * second},
	} {
		if got := profile.Pace(test.every, test.last, test.now); got != test.want {
			t.Errorf("every %s, last at %s, now %s: next at %s, want %s", test.every, test.last, test.now, got, test.want)
		}
	}
}
