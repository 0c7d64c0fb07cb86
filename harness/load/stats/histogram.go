package stats

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What histograms can tell: times from a microsecond to an hour with three digits. Longer times count as an hour in
// percentiles; means and extremes are exact.
const (
	lowest  = int64(time.Microsecond)
	highest = int64(time.Hour)
	digits  = 3
)

// denseFrom is how many samples a histogram has when it changes from the packed form, which needs a few kilobytes
// for a few hundred different times, to the dense one, which is the fastest and needs 180.
const denseFrom = 2000

// histogram counts times. The zero value is empty.
type histogram struct {
	packed *hdrhistogram.PackedHistogram
	dense  *hdrhistogram.Histogram
	moments
}

// record counts a time; negative ones count as zero.
func (h *histogram) record(d time.Duration) {
	d = max(d, 0)
	h.add(float64(d))
	value := min(int64(d), highest)
	if h.dense != nil {
		_ = h.dense.RecordValue(value) // it is in range
		return
	}
	if h.packed == nil {
		h.packed = hdrhistogram.NewPacked(lowest, highest, digits)
	}
	_ = h.packed.RecordValue(value)
	if h.packed.TotalCount() >= denseFrom {
		h.thicken()
	}
}

func (h *histogram) thicken() {
	h.dense = hdrhistogram.New(lowest, highest, digits)
	if h.packed != nil {
		h.packed.MergeInto(h.dense)
		h.packed = nil
	}
}

// merge adds another histogram, which stays as it is.
func (h *histogram) merge(from *histogram) {
	h.moments.merge(&from.moments)
	switch {
	case from.dense != nil:
		if h.dense == nil {
			h.thicken()
		}
		h.dense.Merge(from.dense)
	case from.packed != nil && h.dense != nil:
		from.packed.MergeInto(h.dense)
	case from.packed != nil:
		if h.packed == nil {
			h.packed = hdrhistogram.NewPacked(lowest, highest, digits)
		}
		h.packed.Merge(from.packed)
	}
}

// percentile is within the precision; the caller bounds it by the extremes.
func (h *histogram) percentile(p float64) int64 {
	switch {
	case h.dense != nil:
		return h.dense.ValueAtPercentile(p)
	case h.packed != nil:
		return h.packed.ValueAtPercentile(p)
	}
	return 0
}

// bars are all that was recorded, by value.
func (h *histogram) bars() []hdrhistogram.Bar {
	switch {
	case h.dense != nil:
		return h.dense.Distribution()
	case h.packed != nil:
		dense := hdrhistogram.New(lowest, highest, digits)
		h.packed.MergeInto(dense)
		return dense.Distribution()
	}
	return nil
}

// moments are exact, but for the rounding of floating point: Welford's method, and that of Chan, Golub and LeVeque
// to merge.
type moments struct {
	count    int64
	mean, m2 float64 // nanoseconds, and their squares
	min, max float64
}

func (m *moments) add(v float64) {
	if m.count == 0 || v < m.min {
		m.min = v
	}
	if m.count == 0 || v > m.max {
		m.max = v
	}
	m.count++
	delta := v - m.mean
	m.mean += delta / float64(m.count)
	m.m2 += delta * (v - m.mean)
}

func (m *moments) merge(from *moments) {
	if from.count == 0 {
		return
	}
	if m.count == 0 {
		*m = *from
		return
	}
	count := float64(m.count + from.count)
	delta := from.mean - m.mean
	m.m2 += from.m2 + delta*delta*float64(m.count)*float64(from.count)/count
	m.mean += delta * float64(from.count) / count
	m.min, m.max = min(m.min, from.min), max(m.max, from.max)
	m.count += from.count
}

// deviation is that of the whole population.
func (m *moments) deviation() float64 { return math.Sqrt(m.m2 / float64(m.count)) }
