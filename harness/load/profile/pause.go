package profile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Pause is how long a user waits between two things. The zero value is [NoPause]. Pauses are values: == compares
// them.
type Pause struct {
	kind   pauseKind
	mean   time.Duration
	spread time.Duration
}

type pauseKind int

const (
	noPause pauseKind = iota
	constantPause
	exponentialPause
	normalPause
	uniformPause
)

// NoPause is no pause at all.
func NoPause() Pause { return Pause{} }

// ConstantPause is always the same.
func ConstantPause(d time.Duration) Pause { return Pause{kind: constantPause, mean: d} }

// ExponentialPause is distributed exponentially.
func ExponentialPause(mean time.Duration) Pause { return Pause{kind: exponentialPause, mean: mean} }

// NormalPause is distributed normally; what would be below 0 is 0.
func NormalPause(mean, deviation time.Duration) Pause {
	return Pause{kind: normalPause, mean: mean, spread: deviation}
}

// UniformPause is distributed evenly from mean-plusOrMinus to mean+plusOrMinus; what would be below 0 is 0.
func UniformPause(mean, plusOrMinus time.Duration) Pause {
	return Pause{kind: uniformPause, mean: mean, spread: plusOrMinus}
}

var pauseClauses = []clause[Pause]{
	{[]part{{name: "none"}}, func(values) Pause { return NoPause() }},
	{[]part{{name: "constant", kind: aDuration}}, func(v values) Pause { return ConstantPause(v.duration("constant")) }},
	{[]part{{name: "exponential", kind: aDuration}}, func(v values) Pause { return ExponentialPause(v.duration("exponential")) }},
	{[]part{{name: "normal", kind: aDuration}, {name: "deviation", kind: aDuration}},
		func(v values) Pause { return NormalPause(v.duration("normal"), v.duration("deviation")) }},
	{[]part{{name: "uniform", kind: aDuration}, {name: "plusOrMinus", kind: aDuration}},
		func(v values) Pause { return UniformPause(v.duration("uniform"), v.duration("plusOrMinus")) }},
}

// ParsePause reads one of
//
//	none, constant(2), exponential(2), normal(2).deviation(500ms), uniform(2).plusOrMinus(500ms)
//
// Durations and errors are those of [Parse]. ParsePause(p.String()) is p, for every pause that Check accepts.
func ParsePause(text string) (Pause, error) {
	pauses, p := parseList(text, pauseClauses, "a pause", checkPauses)
	if p != nil {
		return Pause{}, parseError(text, p.at, p.text, p.hint)
	}
	return pauses[0], nil
}

func checkPauses(pauses []Pause) (int, *fault) {
	switch len(pauses) {
	case 0:
		return 0, &fault{"", "no pause", "none is a pause of 0"}
	case 1:
		return 0, pauses[0].check()
	}
	return 1, &fault{"", "a second pause", "want one"}
}

// Check gives an error if a duration is negative or beyond MaxDuration.
func (p Pause) Check() error {
	if f := p.check(); f != nil {
		return fmt.Errorf("pause %s: %s", p, withHint(f.problem, f.hint))
	}
	return nil
}

func (p Pause) check() *fault {
	names := [...]string{"", "constant", "exponential", "normal", "uniform"}
	spreads := [...]string{noPause: "", normalPause: "deviation", uniformPause: "plusOrMinus"}
	return firstOf(checkDuration(names[p.kind], p.mean), checkDuration(spreads[p.kind], p.spread))
}

// String is the pause in the notation that [ParsePause] reads.
func (p Pause) String() string {
	mean, spread := formatDuration(p.mean), formatDuration(p.spread)
	switch p.kind {
	case constantPause:
		return "constant(" + mean + ")"
	case exponentialPause:
		return "exponential(" + mean + ")"
	case normalPause:
		return "normal(" + mean + ").deviation(" + spread + ")"
	case uniformPause:
		return "uniform(" + mean + ").plusOrMinus(" + spread + ")"
	}
	return "none"
}

// Next draws the next pause from a source, which must not be nil unless the pause is constant or none.
func (p Pause) Next(source *rand.Rand) time.Duration {
	mean, spread := float64(p.mean), float64(p.spread)
	switch p.kind {
	case constantPause:
		return p.mean
	case exponentialPause:
		return nanoseconds(mean * source.ExpFloat64())
	case normalPause:
		return nanoseconds(mean + spread*source.NormFloat64())
	case uniformPause:
		return nanoseconds(mean + spread*(2*source.Float64()-1))
	}
	return 0
}

// nanoseconds rounds, and stays within what a duration can be and a pause may be.
func nanoseconds(f float64) time.Duration {
	if f >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(math.Round(max(0, f)))
}

// Pace is when the next iteration of a user starts: every after the start of the last one, or now if that has
// passed. All three are times since some start of the caller's.
func Pace(every, lastStart, now time.Duration) time.Duration { return max(lastStart+every, now) }
