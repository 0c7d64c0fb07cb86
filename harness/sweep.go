package harness

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// SweepOptions say how a race is swept.
type SweepOptions struct {
	// From and To are the first and the last offset, and Step is how far one is from the next. An offset is how long after
	// the request of the second racer that of the first is released; a negative one lets the first go earlier. If From
	// and To are both zero, they are −5 ms and +5 ms; if Step is zero, it is 0.5 ms.
	From, To, Step time.Duration
	// Rounds is how many there are at each offset; zero means 10.
	Rounds int
	// Limit is as in Rounds.
	Limit time.Duration
}

const (
	defaultSweepReach  = 5 * time.Millisecond
	defaultSweepStep   = 500 * time.Microsecond
	defaultSweepRounds = 10
	maxSweepOffsets    = 1000
)

func (o SweepOptions) complete() SweepOptions {
	if o.From == 0 && o.To == 0 {
		o.From, o.To = -defaultSweepReach, defaultSweepReach
	}
	o.Step = cmp.Or(o.Step, defaultSweepStep)
	o.Rounds = cmp.Or(o.Rounds, defaultSweepRounds)
	return o
}

// offsets is how many there are.
func (o SweepOptions) offsets() int { return int((o.To-o.From)/o.Step) + 1 }

// Sweep finds how wide the window of a race of two steps is, and on which side: it releases the request of the first a known
// time before or after that of the second, and counts at each offset how often an invariant is violated. The offsets
// take turns, so that the noise of the machine is spread over all of them.
func (race *Race) Sweep(ctx context.Context, o SweepOptions) *SweepResult {
	h := race.scenario.harness
	h.t.Helper()
	o = o.complete()
	result := &SweepResult{RaceInfo: race.info(SweepSchema)}
	if err := race.check(race.sweepMistakes(o, caller())); err != nil {
		result.stop(err)
	} else {
		result.stop(race.sweep(ctx, o, result))
	}
	result.finish()
	return result
}

func (race *Race) sweepMistakes(o SweepOptions, at place) (wrong []Mistake) {
	add := func(at place, what, hint string) { wrong = append(wrong, Mistake{at.String(), what, hint}) }
	if n := len(race.steps); n > 2 {
		add(race.place, fmt.Sprintf("a race of %d steps is swept", n), "one request is moved against one other: declare a race of two")
	}
	if len(race.invariants) == 0 {
		add(race.place, "a race without an invariant is swept", "declare one with Invariant: a sweep counts how often it is violated")
	}
	switch {
	case o.From > o.To:
		add(at, fmt.Sprintf("a sweep from %v to %v", o.From, o.To), "the first offset is not after the last")
	case o.Step < 0:
		add(at, fmt.Sprintf("a sweep in steps of %v", o.Step), fmt.Sprintf("a step is positive; zero means %v", defaultSweepStep))
	case o.offsets() > maxSweepOffsets, o.offsets() < 1: // so many that they cannot be counted
		add(at, fmt.Sprintf("a sweep from %v to %v in steps of %v", o.From, o.To, o.Step), fmt.Sprintf("%d offsets are the most: take a longer step", maxSweepOffsets))
	}
	if o.Rounds < 0 {
		add(at, fmt.Sprintf("a sweep of %d rounds at each offset", o.Rounds), fmt.Sprintf("zero means %d", defaultSweepRounds))
	}
	return append(wrong, limitMistakes(at, o.Limit)...)
}

func (race *Race) sweep(ctx context.Context, o SweepOptions, result *SweepResult) error {
	for i := range o.offsets() {
		result.Offsets = append(result.Offsets, Offset{Asked: o.From + time.Duration(i)*o.Step})
	}
	result.Step = o.Step
	rounds := race.begin(&result.RaceInfo, o.Rounds*len(result.Offsets))
	defer rounds.end()
	for range o.Rounds {
		for i := range result.Offsets {
			at := &result.Offsets[i]
			rounds.shows(result.progress(at.Asked))
			round, err := rounds.next(ctx, meetingPlan{offsets: apart(at.Asked), limit: o.Limit})
			if err != nil {
				return err
			}
			at.add(round)
		}
	}
	return nil
}

// apart are the times after the moment at which two requests are released, so that the first is so long after the second.
func apart(offset time.Duration) []time.Duration {
	return []time.Duration{max(offset, 0), max(-offset, 0)}
}
