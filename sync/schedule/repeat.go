package schedule

import (
	"context"
	"errors"
	"fmt"
)

// Difference is the first thing in which two executions of the same schedule differ.
type Difference struct {
	// Run is which repetition it was, counted from 1.
	Run int
	// Where is such as "point 3", "event 7", "the outcome" or "the state".
	Where string
	// First is what was there in the first execution, Again what was there in the repetition.
	First, Again string
}

func (d *Difference) String() string {
	return fmt.Sprintf("not deterministic: repetition %d differs at %s\n  first: %s\n  again: %s", d.Run, d.Where, d.First, d.Again)
}

// Repeat runs an execution in which c chooses, nil meaning [Steady], and then times more that follow the same schedule. It
// returns the first difference in points, events, state, or in whether they failed; nil if there is none. The texts of
// failures are not compared, as they may tell times. What is compared must have been normalised by the execution; see
// [Outcome].
//
// The error is that of an execution that could not be run.
func Repeat(ctx context.Context, c Chooser, times int, execute Execute) (*Difference, error) {
	if c == nil {
		c = Steady()
	}
	first, err := perform(ctx, c, execute)
	if err != nil {
		return nil, fmt.Errorf("schedule: the execution to be repeated: %w", err)
	}
	for run := range times {
		again, err := perform(ctx, Follow(first.trace.Schedule()), execute)
		d := first.compare(again)
		if diverged, ok := errors.AsType[*DivergedError](err); ok {
			d = &Difference{Where: fmt.Sprintf("point %d", diverged.Number), First: name(diverged.Want), Again: names(diverged.Pending)}
		} else if err != nil {
			return nil, fmt.Errorf("schedule: repetition %d: %w", run+1, err)
		}
		if d != nil {
			d.Run = run + 1
			return d, nil
		}
	}
	return nil, nil
}

// performance is an execution that was run.
type performance struct {
	trace   Trace
	outcome Outcome
}

func perform(ctx context.Context, c Chooser, execute Execute) (performance, error) {
	r := Record(c)
	o, err := guarded(ctx, r, execute)
	if r.err != nil {
		err = r.err
	}
	return performance{r.trace, o}, err
}

func (p performance) compare(other performance) *Difference {
	for i := range max(len(p.trace), len(other.trace)) {
		if a, b := p.trace.at(i), other.trace.at(i); a != b {
			return &Difference{Where: fmt.Sprintf("point %d", i+1), First: name(a), Again: name(b)}
		}
	}
	for i := range max(len(p.outcome.Events), len(other.outcome.Events)) {
		if a, b := p.outcome.event(i), other.outcome.event(i); a != b {
			return &Difference{Where: fmt.Sprintf("event %d", i+1), First: a, Again: b}
		}
	}
	if a, b := p.outcome, other.outcome; (a.Failure == nil) != (b.Failure == nil) {
		return &Difference{Where: "the outcome", First: a.verdict(), Again: b.verdict()}
	}
	if a, b := p.outcome.State, other.outcome.State; a != b {
		return &Difference{Where: "the state", First: a, Again: b}
	}
	return nil
}

const nothing = "nothing"

func (t Trace) at(i int) Point {
	if i < len(t) {
		return t[i].Point
	}
	return Point{}
}

func name(p Point) string {
	if p == (Point{}) {
		return nothing
	}
	return p.String()
}

func names(points []Point) string {
	if len(points) == 0 {
		return nothing
	}
	return fmt.Sprint("one of ", points)
}

func (o Outcome) event(i int) string {
	if i >= len(o.Events) {
		return nothing
	}
	e := o.Events[i]
	if e.Point == (Point{}) {
		return e.Session + ": " + e.Note
	}
	return e.Point.String() + ": " + e.Note
}

func (o Outcome) verdict() string {
	if o.Failure != nil {
		return "failed: " + o.Failure.Error()
	}
	return "passed"
}
