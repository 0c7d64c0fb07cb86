package profile

import (
	"errors"
	"fmt"
	"iter"
	"time"
)

// Start is a plain number of executions under limits, as on the command line: --total, --backlog, --cps, --ramp.
// [Start.Check] tells whether it makes sense; the other methods are for what does.
type Start struct {
	Total   int           // executions; at least 1
	Backlog int           // at most so many in progress; 0 means any number
	CPS     float64       // at most so many started per second; 0 means any number
	Ramp    time.Duration // the time in which CPS is reached from 0, in a straight line; 0 means at once
}

// Check gives all that is wrong with the values, joined.
func (s Start) Check() error {
	var errs []error
	if s.Total < 1 || s.Total > MaxUsers {
		errs = append(errs, fmt.Errorf("total %d: want 1 to %d executions", s.Total, MaxUsers))
	}
	if s.Backlog < 0 {
		errs = append(errs, fmt.Errorf("backlog %d: want how many may be in progress, or 0 for any number", s.Backlog))
	}
	for _, f := range []*fault{checkRate("cps", s.CPS), checkDuration("ramp", s.Ramp)} {
		if f != nil {
			errs = append(errs, fmt.Errorf("%s: %s", f.call, withHint(f.problem, f.hint)))
		}
	}
	if s.Total > 0 && s.Backlog == 0 && s.CPS == 0 {
		errs = append(errs, fmt.Errorf("total %d: needs a limit beside it; give backlog (how many may be in progress), "+
			"cps (how many may start per second), or both", s.Total))
	}
	if s.Ramp > 0 && s.CPS == 0 {
		errs = append(errs, fmt.Errorf("ramp %s: there is no rate to reach; give cps", s.Ramp))
	}
	return errors.Join(errs...)
}

// Times gives for each execution the earliest time at which it may start, in order: when the area below the rate
// reaches the number of those before it. Without CPS all are 0. Backlog is for the engine to keep: an execution
// that it holds back starts when another ends, and those after it are no earlier than it.
func (s Start) Times() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		var c curve
		if s.Ramp == 0 {
			c.jump(exactRate(s.CPS))
		}
		c.move(exactRate(s.CPS), s.Ramp)
		for k := range s.Total {
			at, _ := c.reaches(k) // without a rate never, which is 0
			if !yield(at) {
				return
			}
		}
	}
}
