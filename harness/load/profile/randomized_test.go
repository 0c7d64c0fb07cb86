package profile_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

// distance is that of Kolmogorov and Smirnov between sorted values and a distribution, times √n: above 1.95 for
// one in a thousand samples that have the distribution.
func distance(values []float64, distribution func(float64) float64) float64 {
	n := float64(len(values))
	far := 0.0
	for i, x := range values {
		f := distribution(x)
		far = max(far, f-float64(i)/n, float64(i+1)/n-f)
	}
	return far * math.Sqrt(n)
}

const oneInAThousand = 1.95

func seconds(times []time.Duration) []float64 {
	values := make([]float64, len(times))
	for i, at := range times {
		values[i] = at.Seconds()
	}
	return values
}

func gaps(values []float64) []float64 {
	gaps := make([]float64, len(values)-1)
	for i := range gaps {
		gaps[i] = values[i+1] - values[i]
	}
	slices.Sort(gaps)
	return gaps
}

// ramp is the distribution of users of a rate that moves from one number to the other in so many seconds.
func ramp(from, to, d float64) func(float64) float64 {
	return func(t float64) float64 {
		return (from*t + (to-from)*t*t/(2*d)) / ((from + to) / 2 * d)
	}
}

func TestRandomizedUsersFollowTheirRate(t *testing.T) {
	for text, distribution := range map[string]func(float64) float64{
		"constantUsersPerSec(200).during(50).randomized":        ramp(1, 1, 50),
		"rampUsersPerSec(0).to(400).during(50).randomized":      ramp(0, 400, 50),
		"rampUsersPerSec(400).to(0).during(50).randomized":      ramp(400, 0, 50),
		"rampUsersPerSec(100).to(300).during(50).randomized":    ramp(100, 300, 50),
		"rampUsersPerSec(0.1).to(2).during(3.hours).randomized": ramp(0.1, 2, 10_800),
	} {
		t.Run(text, func(t *testing.T) {
			for seed := range uint64(5) {
				values := seconds(arrivals(parse(t, text).Plan(seed)))
				if d := distance(values, distribution); d > oneInAThousand {
					t.Errorf("seed %d: distance %.2f of %d users", seed, d, len(values))
				}
			}
		})
	}
}

// TestRandomizedUsersAreAPoissonProcess looks at the gaps of a constant rate: they are exponential, and those of
// users who arrive regularly, which are as many, are found not to be.
func TestRandomizedUsersAreAPoissonProcess(t *testing.T) {
	exponential := func(x float64) float64 { return -math.Expm1(-200 * x) }
	p := parse(t, "constantUsersPerSec(200).during(50).randomized")
	for seed := range uint64(5) {
		if d := distance(gaps(seconds(arrivals(p.Plan(seed)))), exponential); d > oneInAThousand {
			t.Errorf("seed %d: distance %.2f of the gaps", seed, d)
		}
	}
	regular := gaps(seconds(arrivals(parse(t, "constantUsersPerSec(200).during(50)").Plan(0))))
	if d := distance(regular, exponential); d < 10 {
		t.Errorf("distance %.2f of regular gaps, want the check to find them", d)
	}
}

// TestTheCheckFindsAnotherRate shows that the distance tells rates apart that are near each other.
func TestTheCheckFindsAnotherRate(t *testing.T) {
	values := seconds(arrivals(parse(t, "rampUsersPerSec(200).to(240).during(50).randomized").Plan(1)))
	if d := distance(values, ramp(1, 1, 50)); d < oneInAThousand {
		t.Errorf("distance %.2f of a ramp from a constant rate", d)
	}
}

// TestStressPeakIsSymmetric holds by the formula: user i and user n+2-i are equally far from half time.
func TestStressPeakIsSymmetric(t *testing.T) {
	const n = 1001
	times := arrivals(profile.Must(profile.New(profile.StressPeakUsers(n).During(10 * time.Second))).Plan(1))
	for i := 2; i <= n; i++ {
		if sum := times[i-1] + times[n+2-i-1]; sum < 10*time.Second-2 || sum > 10*time.Second+2 {
			t.Errorf("users %d and %d at %s and %s", i, n+2-i, times[i-1], times[n+2-i-1])
		}
	}
}
