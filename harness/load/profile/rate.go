package profile

import (
	"fmt"
	"time"
)

// ConstantUsersPerSec has users arrive at a rate: round(rate·d) of them, user k at k/rate, or at random times with
// [ConstantRate.Randomized]. A rate of 0 only waits.
func ConstantUsersPerSec(rate float64) Lasting[ConstantRate] {
	return func(d time.Duration) ConstantRate { return ConstantRate{rate: rate, d: d} }
}

// ConstantRate is the step that [ConstantUsersPerSec] makes.
type ConstantRate struct {
	rate       float64
	d          time.Duration
	randomized bool
}

// Randomized has the same number of users arrive at random times: a Poisson process given its count.
func (s ConstantRate) Randomized() Step {
	s.randomized = true
	return s
}

// String is the step in the notation that [Parse] reads.
func (s ConstantRate) String() string {
	return fmt.Sprintf("constantUsersPerSec(%s).during(%s)%s",
		formatRate(s.rate), formatDuration(s.d), randomizedSuffix(s.randomized))
}

func (ConstantRate) model() Model { return Open }

func (s ConstantRate) check() *fault {
	return firstOf(checkRate("constantUsersPerSec", s.rate),
		checkTime("during", s.d, s.rate > 0, "%s users per second", formatRate(s.rate)))
}

func (s ConstantRate) lay(l *layout) {
	l.open = append(l.open, maybeRandom(constantFlow(exactRate(s.rate), s.d), s.randomized))
}

// RampUsersPerSec has users arrive at a rate that moves in a straight line: floor((from+to)/2·d) of them, user k
// when the area below the rate reaches k, or at random times with [RampRate.Randomized].
func RampUsersPerSec(from float64) Towards[float64, RampRate] {
	return func(to float64) Lasting[RampRate] {
		return func(d time.Duration) RampRate { return RampRate{from: from, to: to, d: d} }
	}
}

// RampRate is the step that [RampUsersPerSec] makes.
type RampRate struct {
	from, to   float64
	d          time.Duration
	randomized bool
}

// Randomized has the same number of users arrive at random times: a Poisson process of that rate given its count.
func (s RampRate) Randomized() Step {
	s.randomized = true
	return s
}

// String is the step in the notation that [Parse] reads.
func (s RampRate) String() string {
	return fmt.Sprintf("rampUsersPerSec(%s).to(%s).during(%s)%s",
		formatRate(s.from), formatRate(s.to), formatDuration(s.d), randomizedSuffix(s.randomized))
}

func (RampRate) model() Model { return Open }

func (s RampRate) check() *fault {
	return firstOf(checkRate("rampUsersPerSec", s.from), checkRate("to", s.to),
		checkTime("during", s.d, s.from > 0 || s.to > 0, "%s to %s users per second", formatRate(s.from), formatRate(s.to)))
}

func (s RampRate) lay(l *layout) {
	l.open = append(l.open, maybeRandom(rampFlow(exactRate(s.from), exactRate(s.to), s.d), s.randomized))
}

func constantFlow(rate uint64, d time.Duration) flow {
	s := segment{rate, rate, d}
	n, _ := s.total().plus(wide{low: areaOfOne / 2}).over(areaOfOne)
	return flow{s, int(n)}
}

func rampFlow(from, to uint64, d time.Duration) flow {
	s := segment{from, to, d}
	n, _ := s.total().over(areaOfOne)
	return flow{s, int(n)}
}

func maybeRandom(f flow, randomized bool) arrivals {
	if randomized {
		return draws{f}
	}
	return f
}

func randomizedSuffix(randomized bool) string {
	if randomized {
		return ".randomized"
	}
	return ""
}
