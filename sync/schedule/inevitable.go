package schedule

import (
	"context"
	"fmt"
	"strings"
)

// Fate tells how the probability of a failure grows along a schedule.
type Fate struct {
	// Schedule is the failing schedule.
	Schedule Schedule
	// Failed says for each number of points, from none to all of them, how many of Runs executions failed that began with
	// these points and went on at random.
	Failed []int
	// Runs is how many executions there were for each prefix.
	Runs int
	// Inevitable is after how many points all executions failed; 0 means that all fail in any case, -1 that not even those that
	// followed the whole schedule did. Where n of n executions failed, the probability of passing is below 3/n with a
	// confidence of 95 % (the rule of three).
	Inevitable int
}

// Inevitable runs a failing schedule from each of its prefixes on: the points of the prefix, and then whatever is pending,
// chosen uniformly. Runs must be positive. The error is that of an execution that could not be run, or did not follow the
// prefix.
func Inevitable(ctx context.Context, s Schedule, runs int, seed uint64, execute Execute) (Fate, error) {
	if runs < 1 {
		return Fate{}, fmt.Errorf("schedule: %w: %d runs for each prefix; want at least 1", ErrInvalidOption, runs)
	}
	f := Fate{Schedule: s, Runs: runs, Inevitable: -1}
	for length := range len(s) + 1 {
		failed := 0
		for run := range runs {
			if ctx.Err() != nil {
				return f, fmt.Errorf("schedule: stopped at the prefix of %s: %w", plural(length, "point"), context.Cause(ctx))
			}
			random := Uniform(seed, uint64(length*runs+run))
			p, err := perform(ctx, FollowThen(s[:length], random), execute)
			if err == nil && len(p.trace) < length {
				err = diverged(len(p.trace), s[len(p.trace)], nil)
			}
			if err != nil {
				return f, fmt.Errorf("schedule: after the first %s of the schedule: %w", plural(length, "point"), err)
			}
			if p.outcome.Failure != nil {
				failed++
			}
		}
		f.add(failed)
	}
	return f, nil
}

func (f *Fate) add(failed int) {
	f.Failed = append(f.Failed, failed)
	switch {
	case failed < f.Runs:
		f.Inevitable = -1
	case f.Inevitable < 0:
		f.Inevitable = len(f.Failed) - 1
	}
}

// String has a line for each point with the rate of failures once it was released, and says after which the failure was
// inevitable.
func (f Fate) String() string {
	var text strings.Builder
	for length, failed := range f.Failed {
		what := "before the first point"
		if length > 0 {
			what = f.Schedule[length-1].String()
		}
		mark := ""
		if length == f.Inevitable {
			mark = "  <- inevitable"
		}
		fmt.Fprintf(&text, "%4d %%  %s%s\n", 100*failed/f.Runs, what, mark)
	}
	fmt.Fprintf(&text, "%s for each", plural(f.Runs, "run"))
	return text.String()
}
