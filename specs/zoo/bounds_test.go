package zoo_test

import (
	"math"
	"testing"
)

// bound is the least probability with which PCT finds a defect of the depth in a schedule; see schedule.PCT.
func (f figure) bound(depth int) float64 {
	return 1 / (float64(f.sessions) * math.Pow(float64(f.points), float64(depth-1)))
}

// atLeast is the lower end of a rate at 95 % confidence: with any lower probability, so many hits or more come in less than 1 of 20 cases. (C. J. Clopper,
// E. S. Pearson: The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial, Biometrika 26, 1934; one-sided.)
func atLeast(hits, n int) float64 {
	low, high := 0.0, 1.0
	for range 50 {
		if p := (low + high) / 2; soMany(hits, n, p) < 0.05 {
			low = p
		} else {
			high = p
		}
	}
	return low
}

// soMany is the probability of so many hits or more in n tries that hit with probability p, which is neither 0 nor 1.
func soMany(hits, n int, p float64) (sum float64) {
	for k := hits; k <= n; k++ {
		all, _ := math.Lgamma(float64(n + 1))
		hit, _ := math.Lgamma(float64(k + 1))
		miss, _ := math.Lgamma(float64(n - k + 1))
		sum += math.Exp(all - hit - miss + float64(k)*math.Log(p) + float64(n-k)*math.Log(1-p))
	}
	return sum
}

func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		hits, n int
		want    float64
	}{
		{0, 100, 0}, // nothing is known
		{100, 100, math.Pow(0.05, 0.01)},
		{1, 100, 1 - math.Pow(0.95, 0.01)},
		{1, 1, 0.05},
	} {
		if got := atLeast(c.hits, c.n); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d of %d: %v, want %v", c.hits, c.n, got, c.want)
		}
	}
}
