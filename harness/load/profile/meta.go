package profile

import (
	"fmt"
	"strings"
	"time"
)

// IncrementUsersPerSec makes levels of users per second, each higher than the one before by the increment.
func IncrementUsersPerSec(increment float64) Levels[float64] {
	return Levels[float64]{increment: increment}
}

// IncrementConcurrentUsers makes levels of users present, each higher than the one before by the increment.
func IncrementConcurrentUsers(increment int) Levels[int] { return Levels[int]{increment: increment} }

// Levels is a meta step: it stands for constant levels, and for ramps between them. Times and EachLevelLasting are
// to be given; without ramps it jumps from level to level; without a start, or with 0, the levels are once, twice…
// the increment, for a level of 0 is not waited for. A ramp leads into each level that differs from what went
// before; if the start is 0, also from 0 into the first.
type Levels[N int | float64] struct {
	increment N
	times     int
	level     time.Duration
	ramp      time.Duration
	start     N
}

// Times gives the number of levels.
func (s Levels[N]) Times(levels int) Levels[N] {
	s.times = levels
	return s
}

// EachLevelLasting gives the duration of a level.
func (s Levels[N]) EachLevelLasting(d time.Duration) Levels[N] {
	s.level = d
	return s
}

// SeparatedByRampsLasting gives the duration of a ramp; 0 means none.
func (s Levels[N]) SeparatedByRampsLasting(d time.Duration) Levels[N] {
	s.ramp = d
	return s
}

// StartingFrom gives the first level.
func (s Levels[N]) StartingFrom(start N) Levels[N] {
	s.start = start
	return s
}

// String is the step in the notation that [Parse] reads.
func (s Levels[N]) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s(%s).times(%d).eachLevelLasting(%s)", s.name(), format(s.increment), s.times, formatDuration(s.level))
	if s.ramp != 0 {
		fmt.Fprintf(&text, ".separatedByRampsLasting(%s)", formatDuration(s.ramp))
	}
	if s.start != 0 {
		fmt.Fprintf(&text, ".startingFrom(%s)", format(s.start))
	}
	return text.String()
}

func (s Levels[N]) name() string {
	if s.model() == Closed {
		return "incrementConcurrentUsers"
	}
	return "incrementUsersPerSec"
}

func (s Levels[N]) model() Model {
	if _, whole := any(s.increment).(int); whole {
		return Closed
	}
	return Open
}

func (s Levels[N]) check() *fault {
	if s.times < 0 || s.times > MaxLevels {
		return &fault{"times", fmt.Sprintf("%d levels", s.times), fmt.Sprintf("want 0 to %d", MaxLevels)}
	}
	if f := firstOf(checkNumber(s.name(), s.increment), checkNumber("startingFrom", s.start)); f != nil {
		return f
	}
	highest := s.highest()
	return firstOf(
		checkNumber("times", highest),
		checkTime("eachLevelLasting", s.level, s.times > 0 && highest > 0, "levels up to %s", format(highest)),
		checkDuration("separatedByRampsLasting", s.ramp))
}

// highest is the last level.
func (s Levels[N]) highest() N {
	if s.start == 0 {
		return N(s.times) * s.increment
	}
	return s.start + N(max(0, s.times-1))*s.increment
}

// checkNumber checks what a level is: a rate, or a number of users.
func checkNumber[N int | float64](call string, number N) *fault {
	if users, whole := any(number).(int); whole {
		return checkUsers(call, users)
	}
	return checkRate(call, float64(number))
}

func format[N int | float64](number N) string {
	if users, whole := any(number).(int); whole {
		return fmt.Sprint(users)
	}
	return formatRate(float64(number))
}

func (s Levels[N]) lay(l *layout) {
	add := layRate
	unit := exactRate
	if s.model() == Closed {
		add = layUsers
		unit = func(users float64) uint64 { return uint64(users) }
	}
	level, increment := unit(float64(s.start)), unit(float64(s.increment))
	before := level
	if s.start == 0 {
		level = increment
	}
	for range s.times {
		if s.ramp > 0 && level != before {
			add(l, before, level, s.ramp)
		}
		if level > 0 {
			add(l, level, level, s.level)
		}
		before, level = level, level+increment
	}
}

func layRate(l *layout, from, to uint64, d time.Duration) {
	if from == to {
		l.open = append(l.open, constantFlow(from, d))
	} else {
		l.open = append(l.open, rampFlow(from, to, d))
	}
}

func layUsers(l *layout, from, to uint64, d time.Duration) {
	l.closed = append(l.closed, hold{int(from), int(to), d})
}
