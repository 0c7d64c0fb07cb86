package profile

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Throttle is an upper limit of requests per second that changes over time. Before its first step the limit is 0,
// after its last one the limit that was reached stays. It never changes. The zero value lets nothing through; an
// engine that has no throttle asks none.
type Throttle struct {
	steps []ThrottleStep
	curve curve
}

// ThrottleStep is one step of a throttle: [ReachRps], [HoldFor] or [JumpToRps] makes it.
type ThrottleStep struct {
	kind throttleKind
	rate float64
	d    time.Duration
}

type throttleKind int

const (
	reach throttleKind = iota
	holdLimit
	jump
)

// Reaching is a step that still needs its duration.
type Reaching float64

// ReachRps moves the limit to a number of requests per second, in a straight line.
func ReachRps(rate float64) Reaching { return Reaching(rate) }

// In gives the duration.
func (r Reaching) In(d time.Duration) ThrottleStep {
	return ThrottleStep{kind: reach, rate: float64(r), d: d}
}

// HoldFor leaves the limit as it is for some time.
func HoldFor(d time.Duration) ThrottleStep { return ThrottleStep{kind: holdLimit, d: d} }

// JumpToRps sets the limit at once.
func JumpToRps(rate float64) ThrottleStep { return ThrottleStep{kind: jump, rate: rate} }

// String is the step in the notation that [ParseThrottle] reads.
func (s ThrottleStep) String() string {
	switch s.kind {
	case reach:
		return fmt.Sprintf("reachRps(%s).in(%s)", formatRate(s.rate), formatDuration(s.d))
	case holdLimit:
		return fmt.Sprintf("holdFor(%s)", formatDuration(s.d))
	}
	return fmt.Sprintf("jumpToRps(%s)", formatRate(s.rate))
}

func (s ThrottleStep) check() *fault {
	switch s.kind {
	case reach:
		if f := checkRate("reachRps", s.rate); f != nil {
			return f
		}
		if s.d == 0 {
			hint := fmt.Sprintf("jumpToRps(%s) sets it at once", formatRate(s.rate))
			return &fault{"in", "a limit that is reached in a duration of 0", hint}
		}
		return checkDuration("in", s.d)
	case holdLimit:
		return checkDuration("holdFor", s.d)
	}
	return checkRate("jumpToRps", s.rate)
}

// NewThrottle makes a throttle of steps, which follow each other. The error is a [*StepError].
func NewThrottle(steps ...ThrottleStep) (Throttle, error) {
	if at, f := checkThrottle(steps); f != nil {
		return Throttle{}, stepError(at, steps, f)
	}
	t := Throttle{steps: slices.Clone(steps)}
	for _, step := range steps {
		switch step.kind {
		case reach:
			t.curve.move(exactRate(step.rate), step.d)
		case holdLimit:
			t.curve.move(t.curve.lastRate, step.d)
		case jump:
			t.curve.jump(exactRate(step.rate))
		}
	}
	return t, nil
}

func checkThrottle(steps []ThrottleStep) (int, *fault) {
	if len(steps) == 0 {
		return 0, &fault{"", "a throttle without a step", "jumpToRps(100) is the least that limits something"}
	}
	var d time.Duration
	for i, step := range steps {
		if f := step.check(); f != nil {
			return i, f
		}
		if d += step.d; d > MaxDuration {
			return i, &fault{"", fmt.Sprintf("with this step the throttle lasts %s, which is too long", d), atMostDuration}
		}
	}
	return 0, nil
}

var throttleClauses = []clause[ThrottleStep]{
	{[]part{{name: "reachRps", kind: aRate}, {name: "in", kind: aDuration}},
		func(v values) ThrottleStep { return ReachRps(v.rate("reachRps")).In(v.duration("in")) }},
	{[]part{{name: "holdFor", kind: aDuration}},
		func(v values) ThrottleStep { return HoldFor(v.duration("holdFor")) }},
	{[]part{{name: "jumpToRps", kind: aRate}},
		func(v values) ThrottleStep { return JumpToRps(v.rate("jumpToRps")) }},
}

// ParseThrottle reads a throttle, as in
//
//	reachRps(100).in(10), holdFor(1.minute), jumpToRps(50), holdFor(2.hours)
//
// Durations and errors are those of [Parse]. ParseThrottle(t.String()) is t, for every throttle.
func ParseThrottle(text string) (Throttle, error) {
	steps, p := parseList(text, throttleClauses, "a throttle step", checkThrottle)
	if p != nil {
		return Throttle{}, parseError(text, p.at, p.text, p.hint)
	}
	return NewThrottle(steps...)
}

// String is the throttle in the notation that [ParseThrottle] reads.
func (t Throttle) String() string {
	texts := make([]string, len(t.steps))
	for i, step := range t.steps {
		texts[i] = step.String()
	}
	return strings.Join(texts, ", ")
}

// Duration is the time from the start of the first step to the end of the last one.
func (t Throttle) Duration() time.Duration { return t.curve.length }

// Allowed is how many requests may have gone by a time after the start: the whole part of the area below the limit.
func (t Throttle) Allowed(by time.Duration) int { return t.curve.whole(by) }

// At is when the n-th request may go, n counted from 1: the first nanosecond at which Allowed is n. It is false if
// that moment never comes, because the limit ends at 0.
func (t Throttle) At(n int) (time.Duration, bool) { return t.curve.reaches(n) }
