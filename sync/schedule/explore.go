package schedule

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"time"
)

// Strategy says which schedules an exploration runs. A strategy is for one exploration and one goroutine.
type Strategy interface {
	// Begin returns the chooser of the next execution, or false if there is nothing left to run. After the last one it may be
	// called without an End: the budget was used up.
	Begin() (Chooser, bool)
	// End tells what was released in the execution that Begin began, whether or not it came to its end. An error says
	// that the strategy cannot go on, and ends the exploration.
	End(trace Trace) error
	// Shown says in words what the executions so far have shown, such as "all 20 orders".
	Shown() string
	// String names the strategy with what is needed to repeat it, its seed above all.
	String() string
}

// Outcome is what came of one execution.
type Outcome struct {
	// Failure is what is wrong with it; nil: nothing.
	Failure error
	// Events are what happened, in order, free of what differs from run to run (times, generated identifiers). They may
	// be empty: they are for diagrams, and for [Repeat].
	Events []Event
	// State is what is left in the end, normalised likewise, for [Repeat]. It may be empty.
	State string
}

// Event is one thing that happened in an execution.
type Event struct {
	// Session is whose it is.
	Session string
	// Point is what the session was about to do; the zero Point if it is not about one.
	Point Point
	// Note is what became of it, or whatever is to be told.
	Note string
}

// Execute runs one execution, in which the chooser says what comes next: it makes a [Scheduler] and runs it, or is a model.
// Its error says that the execution could not be run, and not that it failed; an error of the chooser is returned as it is,
// or wrapped.
type Execute func(ctx context.Context, c Chooser) (Outcome, error)

// Budget says when an exploration stops before its strategy does. The zero value does so at the first failure.
type Budget struct {
	// Schedules is how many executions are run at most; 0 means as many as there are.
	Schedules int
	// Time is how long; 0 means as long as it takes. An execution that is running is not cut short.
	Time time.Duration
	// Failures is how many failures are collected before it stops; 0 means 1, a negative number all.
	Failures int
	// Progress is called after each execution; nil means that nobody is told.
	Progress func(Report)
}

// Failure is an execution that failed.
type Failure struct {
	// Number is which execution it was, counted from 1.
	Number int
	// Trace is what was released.
	Trace Trace
	// Outcome is what came of it.
	Outcome Outcome
}

// Report is what an exploration has done.
type Report struct {
	// Strategy is its name, with the seed.
	Strategy string
	// Schedules is how many executions came to their end, Redundant how many others were broken off with [ErrRedundant].
	Schedules, Redundant int
	// Different is how many of the schedules differ.
	Different int
	// Points is how many points were released in all.
	Points int
	// Failures are those that failed, as many as the budget asks for. Failed counts them.
	Failures []Failure
	// Complete says that the strategy has nothing left to run.
	Complete bool
	// Shown says in words what the executions have shown.
	Shown string
	// Elapsed is how long it took.
	Elapsed time.Duration
}

// runs is how many executions there were.
func (r *Report) runs() int { return r.Schedules + r.Redundant }

// String is such as "all 20 orders: no failure (exhaustive, 20 schedules in 1.2s)".
func (r Report) String() string {
	verdict := "no failure"
	if n := len(r.Failures); n > 0 {
		verdict = plural(n, "failure")
	}
	return fmt.Sprintf("%s: %s (%s, %s in %v)", r.Shown, verdict, r.Strategy, plural(r.Schedules, "schedule"), r.Elapsed.Round(time.Millisecond))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// PanicError is what an execution that panicked ends an exploration with.
type PanicError struct {
	// Value is what it panicked with, Stack where.
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("schedule: the execution panicked: %v\n%s", e.Value, e.Stack)
}

// Explore runs one execution after another, as the strategy says, until the strategy has nothing left, the budget is used
// up, or ctx ends. The report is valid in any case. The error says that an execution or the strategy could not go on; it
// names the schedule so far. That executions failed is in the report, and no error.
func Explore(ctx context.Context, s Strategy, b Budget, execute Execute) (Report, error) {
	e := exploration{strategy: s, budget: b, began: time.Now(), schedules: make(map[uint64]struct{}), seed: maphash.MakeSeed()}
	err := e.run(ctx, execute)
	return e.progress(), err
}

type exploration struct {
	strategy  Strategy
	budget    Budget
	began     time.Time
	report    Report
	schedules map[uint64]struct{} // by hash
	seed      maphash.Seed
}

func (e *exploration) run(ctx context.Context, execute Execute) error {
	for {
		chooser, more := e.strategy.Begin()
		e.report.Complete = !more
		if !more || e.spent() {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("schedule: the exploration was stopped after %s: %w", plural(e.report.Schedules, "schedule"), context.Cause(ctx))
		}
		r := Record(chooser)
		outcome, err := guarded(ctx, r, execute)
		if r.err != nil {
			err = r.err // whatever the execution has made of it
		}
		redundant := errors.Is(err, ErrRedundant)
		if redundant {
			err = nil
		}
		if ended := e.strategy.End(r.trace); err == nil {
			err = ended
		}
		if err != nil {
			return fmt.Errorf("schedule: execution %d (%s): %w\n%s", e.report.runs()+1, e.strategy, err, r.trace.after())
		}
		e.add(r.trace, outcome, redundant)
		if e.budget.Progress != nil {
			e.budget.Progress(e.progress())
		}
	}
}

func (e *exploration) add(t Trace, o Outcome, redundant bool) {
	r := &e.report
	r.Points += len(t)
	if redundant {
		r.Redundant++
		return
	}
	r.Schedules++
	e.schedules[t.hash(e.seed)] = struct{}{}
	if o.Failure != nil {
		r.Failures = append(r.Failures, Failure{r.runs(), t, o})
	}
}

func (e *exploration) spent() bool {
	b, r := &e.budget, &e.report
	return b.Schedules > 0 && r.runs() >= b.Schedules ||
		b.Failures >= 0 && len(r.Failures) >= max(b.Failures, 1) ||
		b.Time > 0 && time.Since(e.began) >= b.Time
}

func (e *exploration) progress() Report {
	r := e.report
	r.Strategy, r.Shown = e.strategy.String(), e.strategy.Shown()
	r.Different = len(e.schedules)
	r.Elapsed = time.Since(e.began)
	return r
}

func guarded(ctx context.Context, c Chooser, execute Execute) (o Outcome, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{value, debug.Stack()}
		}
	}()
	return execute(ctx, c)
}

// after tells where an execution was when something went wrong.
func (t Trace) after() string {
	if len(t) == 0 {
		return "before the first point"
	}
	return "after these points:\n" + t.Schedule().String()
}

func (t Trace) hash(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for i := range t {
		h.WriteString(t[i].Session)
		h.WriteByte(0)
		h.WriteString(t[i].What)
		h.WriteByte(byte(t[i].Nth))
		h.WriteByte(0)
	}
	return h.Sum64()
}
