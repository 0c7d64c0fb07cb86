package profile

import (
	"math"
	"time"
)

// A rate is kept in billionths of a user per second, and time in nanoseconds, so an area below a rate, which is a
// number of users, is a whole number of 1e-18 users; below a line that rises it is halves of them.
const (
	ratePerSecond = 1e9
	areaOfOne     = 2e18
)

// area gives a number of users as an area.
func area(users int) wide { return product(uint64(users), areaOfOne) }

// segment is a rate that moves in a straight line for some time.
type segment struct {
	from, to uint64 // billionths of a user per second
	length   time.Duration
}

// total is the area of the whole segment.
func (s segment) total() wide { return product(s.from+s.to, uint64(s.length)) }

// areaUntil is the area up to a time that is within the segment, rounded down; rest tells whether it was rounded.
func (s segment) areaUntil(until time.Duration) (whole wide, rest bool) {
	t := uint64(until)
	whole = product(2*s.from, t)
	if s.from == s.to {
		return whole, false
	}
	if s.to > s.from {
		bend, rest := productOver(s.to-s.from, t, t, uint64(s.length))
		return whole.plus(bend), rest
	}
	bend, rest := productOver(s.from-s.to, t, t, uint64(s.length))
	whole = whole.minus(bend)
	if rest {
		whole = whole.minus(wide{low: 1})
	}
	return whole, rest
}

// last is the last nanosecond of the segment at which the area is not above the target: the exact time at which it
// reaches the target, rounded down.
func (s segment) last(target wide) time.Duration {
	if s.from == s.to {
		if s.from == 0 || !target.fits(2*s.from) {
			return s.length
		}
		t, _ := target.over(2 * s.from)
		return min(time.Duration(t), s.length)
	}
	// A guess in floating point is mostly right to the nanosecond. The whole numbers have the last word.
	low := s.guess(target.float() / s.total().float())
	high := low + 1
	for stride := time.Duration(1); low > 0 && s.exceeds(low, target); stride *= 2 {
		high, low = low, max(0, low-stride)
	}
	for stride := time.Duration(1); high <= s.length && !s.exceeds(high, target); stride *= 2 {
		low, high = high, min(s.length+1, high+stride)
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		if s.exceeds(middle, target) {
			high = middle
		} else {
			low = middle
		}
	}
	return low
}

// first is the first nanosecond of the segment at which the area is not below the target: the exact time, rounded
// up. It wants the target to be above 0 and at most the area of the segment.
func (s segment) first(target wide) time.Duration {
	t := s.last(target)
	if whole, _ := s.areaUntil(t); whole.less(target) {
		t++
	}
	return t
}

func (s segment) exceeds(t time.Duration, target wide) bool {
	whole, rest := s.areaUntil(t)
	return target.less(whole) || rest && whole == target
}

// guess is the time at which the given part of the area is reached, in floating point.
func (s segment) guess(part float64) time.Duration {
	if part <= 0 {
		return 0
	}
	// The root of from·x + (to-from)·x²/2 = part·(from+to)/2, in the form that subtracts nothing.
	from, to := float64(s.from), float64(s.to)
	x := part * (from + to) / (from + math.Sqrt(from*from*max(0, 1-part)+to*to*part))
	return min(time.Duration(x*float64(s.length)), s.length)
}
