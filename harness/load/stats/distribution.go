package stats

import (
	"slices"
	"time"
)

// Distribution is how long something took. Every figure says whether there is one: no data is not zero.
type Distribution struct{ h histogram }

// Count is how many times were recorded.
func (d *Distribution) Count() int64 { return d.h.count }

// Min is the shortest time.
func (d *Distribution) Min() (time.Duration, bool) { return d.figure(d.h.min) }

// Max is the longest time.
func (d *Distribution) Max() (time.Duration, bool) { return d.figure(d.h.max) }

// Mean is the arithmetic mean.
func (d *Distribution) Mean() (time.Duration, bool) { return d.figure(d.h.mean) }

// StdDev is the standard deviation of the whole population.
func (d *Distribution) StdDev() (time.Duration, bool) {
	if d.h.count == 0 {
		return 0, false
	}
	return d.figure(d.h.deviation())
}

func (d *Distribution) figure(v float64) (time.Duration, bool) {
	return time.Duration(v + 0.5), d.h.count > 0
}

// Percentile is the time that p percent of all did not exceed, by nearest rank, with three digits: at most 0.1 % or
// half a microsecond too much. Times over an hour count as an hour.
func (d *Distribution) Percentile(p float64) (time.Duration, bool) {
	if d.h.count == 0 {
		return 0, false
	}
	v := time.Duration(d.h.percentile(p))
	return min(max(v, time.Duration(d.h.min)), time.Duration(d.h.max)), true
}

// Merge adds another distribution, which stays as it is.
func (d *Distribution) Merge(from *Distribution) { d.h.merge(&from.h) }

// Counts is how many times were in each range: up to the first bound, from there up to the next, and so on; the
// last count is of those above all bounds, which are ascending. Ranges are as exact as percentiles are.
func (d *Distribution) Counts(bounds []time.Duration) []int64 {
	counts := make([]int64, len(bounds)+1)
	for _, bar := range d.h.bars() {
		i, _ := slices.BinarySearch(bounds, time.Duration(bar.From))
		counts[i] += bar.Count
	}
	return counts
}
