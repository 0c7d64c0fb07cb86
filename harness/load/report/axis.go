package report

import (
	"math"
	"strconv"
)

// axis maps values to places.
type axis struct {
	low, high float64
	from, to  float64 // places of low and high
	log       bool
	marks     []float64 // in place of round values
}

func (a axis) at(v float64) float64 {
	if a.log {
		return a.from + (math.Log10(max(v, a.low))-math.Log10(a.low))/(math.Log10(a.high)-math.Log10(a.low))*(a.to-a.from)
	}
	return a.from + (v-a.low)/(a.high-a.low)*(a.to-a.from)
}

// ticks are round values, about as many as asked for.
func (a axis) ticks(about int) []float64 {
	if a.marks != nil {
		return a.marks
	}
	if a.log {
		return a.logTicks(about)
	}
	step := roundStep((a.high - a.low) / float64(about))
	var list []float64
	for i := math.Ceil(a.low / step); i*step <= a.high*(1+1e-9); i++ {
		list = append(list, i*step)
	}
	return list
}

func (a axis) logTicks(about int) []float64 {
	parts := []float64{1, 2, 5}
	if decades := math.Log10(a.high / a.low); decades*3 > float64(about)*1.5 {
		parts = parts[:1]
	}
	var list []float64
	for decade := math.Pow(10, math.Floor(math.Log10(a.low))); decade <= a.high; decade *= 10 {
		for _, part := range parts {
			if v := decade * part; v >= a.low*(1-1e-9) && v <= a.high*(1+1e-9) {
				list = append(list, v)
			}
		}
	}
	return list
}

// roundStep is 1, 2 or 5 times a power of ten, at least as large as asked for.
func roundStep(atLeast float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(atLeast)))
	for _, part := range []float64{1, 2, 5} {
		if power*part >= atLeast*(1-1e-9) {
			return power * part
		}
	}
	return power * 10
}

// linear is a vertical axis from zero to a round value that is not below the highest.
func linear(highest float64) axis {
	if highest <= 0 {
		highest = 1
	}
	step := roundStep(highest / 4)
	return axis{high: math.Ceil(highest/step*(1+1e-9)) * step, from: bottom, to: top}
}

// logarithmic is a vertical axis over whole parts of decades.
func logarithmic(lowest, highest float64) axis {
	lowest = max(lowest, 1e-3)
	highest = max(highest, lowest*1.01)
	low := math.Pow(10, math.Floor(math.Log10(lowest)*4)/4)
	high := math.Pow(10, math.Ceil(math.Log10(highest)*4)/4)
	return axis{low: low, high: high, from: bottom, to: top, log: true}
}

func amount(v float64) string {
	switch {
	case v >= 1_000_000:
		return strconv.FormatFloat(v/1_000_000, 'g', 4, 64) + "M"
	case v >= 10_000:
		return strconv.FormatFloat(v/1000, 'g', 4, 64) + "k"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// tickTime is a time in milliseconds on an axis.
func tickTime(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 3_600_000:
		return strconv.FormatFloat(v/3_600_000, 'g', 4, 64) + " h"
	case v >= 120_000:
		return strconv.FormatFloat(v/60_000, 'g', 4, 64) + " min"
	case v >= 1000:
		return strconv.FormatFloat(v/1000, 'g', 4, 64) + " s"
	case v >= 1:
		return strconv.FormatFloat(v, 'g', 3, 64) + " ms"
	}
	return strconv.FormatFloat(v*1000, 'g', 3, 64) + " µs"
}
