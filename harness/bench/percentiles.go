package bench

import (
	"math"
	"slices"
	"time"
)

// Percentiles of a set of times in milliseconds.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// percentiles are by nearest rank: each is a time that was measured. Without times they are zero.
func percentiles(times []time.Duration) Percentiles {
	if len(times) == 0 {
		return Percentiles{}
	}
	sorted := slices.Sorted(slices.Values(times))
	rank := func(p float64) float64 {
		return milliseconds(sorted[max(int(math.Ceil(p*float64(len(sorted)))), 1)-1])
	}
	return Percentiles{P50: rank(0.50), P95: rank(0.95), P99: rank(0.99), Max: rank(1)}
}

func milliseconds(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

// round keeps what a machine's noise leaves of a figure.
func round(figure float64) float64 { return math.Round(figure*100) / 100 }
