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
	at := ranked(times)
	return Percentiles{P50: milliseconds(at(0.50)), P95: milliseconds(at(0.95)), P99: milliseconds(at(0.99)), Max: milliseconds(at(1))}
}

// ranked gives the time at a quantile from above 0 to 1, by nearest rank. There must be a time.
func ranked(times []time.Duration) (at func(quantile float64) time.Duration) {
	sorted := slices.Sorted(slices.Values(times))
	return func(quantile float64) time.Duration {
		return sorted[int(math.Ceil(quantile*float64(len(sorted))))-1]
	}
}

func milliseconds(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

// fine is in milliseconds, with the microseconds that matter here.
func fine(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// round keeps what a machine's noise leaves of a figure.
func round(figure float64) float64 { return math.Round(figure*100) / 100 }

// thousandth keeps microseconds of a figure in milliseconds.
func thousandth(figure float64) float64 { return math.Round(figure*1000) / 1000 }

// typical are the medians of several rounds.
func typical(rounds []Latency) Latency {
	of := func(figure func(Latency) float64) float64 {
		all := make([]float64, len(rounds))
		for i, r := range rounds {
			all[i] = figure(r)
		}
		return thousandth(median(all))
	}
	return Latency{
		P50: of(func(l Latency) float64 { return l.P50 }), P99: of(func(l Latency) float64 { return l.P99 }), Max: of(func(l Latency) float64 { return l.Max }),
	}
}
