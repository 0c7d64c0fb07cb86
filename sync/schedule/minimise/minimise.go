package minimise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// Execute is a [schedule.Execute] that leaves parts out.
type Execute func(ctx context.Context, c schedule.Chooser, without []Part) (schedule.Outcome, error)

// Part is what can be left out of an execution.
type Part struct {
	// Session is a session, with all that it does unless a step is named.
	Session string
	// Step is one of its steps; empty means the whole session.
	Step string
}

func (p Part) String() string {
	if p.Step == "" {
		return p.Session
	}
	return p.Session + " " + p.Step
}

// Options say how far to go. The zero value is ready for use.
type Options struct {
	// Independent says which points commute; nil means [schedule.BothSafe].
	Independent schedule.Independence
	// Replays is how many executions are run at most; 0 means 60.
	Replays int
	// Same says whether the outcome of a candidate is the failure that is being minimised; nil: any failure is.
	Same func(schedule.Outcome) bool
	// Parts are those that can be dropped, in the order in which that is tried: whole sessions first, then steps. A part of
	// which another is needed must not be among them, unless it comes before that.
	Parts []Part
	// Progress is called after each replay; nil means that nobody is told.
	Progress func(Result)
}

const defaultReplays = 60

// ErrNotReproduced says that the schedule did not fail when it was run again.
var ErrNotReproduced = errors.New("minimise: the failure does not come back when the order of all points that depend on each other is kept")

// Result is what is left. It has been run, and has failed.
type Result struct {
	// Constraints are all that is needed for the failure, obeyed by [schedule.Obey] with a nil chooser. There is none if the
	// sessions fail even one after another.
	Constraints []schedule.Constraint
	// Dropped are the parts that are not needed.
	Dropped []Part
	// Trace and Outcome are of the execution that confirmed it.
	Trace   schedule.Trace
	Outcome schedule.Outcome
	// From is how many constraints there were in the beginning.
	From int
	// Replays is how many executions it took.
	Replays int
	// Minimal says that it fails no more without any one of the constraints. It is false if the replays were used up before that was known.
	Minimal bool
}

// Trace minimises a failing trace. The error wraps [ErrNotReproduced], [schedule.ErrInvalidOption], the error of an execution, or the
// cause of ctx; the result is what was reached before.
func Trace(ctx context.Context, failing schedule.Trace, execute Execute, o Options) (Result, error) {
	if o.Replays < 0 {
		return Result{}, fmt.Errorf("minimise: %w: Replays is %d; it must not be negative (0 means %d)", schedule.ErrInvalidOption, o.Replays, defaultReplays)
	}
	o.Replays = cmp.Or(o.Replays, defaultReplays)
	if o.Independent == nil {
		o.Independent = schedule.BothSafe
	}
	if o.Same == nil {
		o.Same = func(o schedule.Outcome) bool { return o.Failure != nil }
	}
	s := &search{options: o, execute: execute}
	all := corners(failing, o.Independent)
	s.best.From = len(all)
	err := s.minimise(ctx, all)
	if errors.Is(err, errSpent) {
		err = nil
	}
	return s.best, err
}

// search is one minimisation.
type search struct {
	options Options
	execute Execute
	best    Result // the smallest that failed
}

// errSpent ends the search when the replays are used up.
var errSpent = errors.New("minimise: the replays are used up")

func (s *search) minimise(ctx context.Context, all []schedule.Constraint) error {
	switch failed, err := s.fails(ctx, all, nil); {
	case err != nil:
		return err
	case !failed:
		return ErrNotReproduced
	}
	for _, phase := range []func(context.Context) error{s.dropSessions, s.halve, s.dropEach, s.dropParts, s.weaken} {
		if err := phase(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fails runs a candidate, and keeps it if it fails.
func (s *search) fails(ctx context.Context, constraints []schedule.Constraint, without []Part) (bool, error) {
	switch {
	case ctx.Err() != nil:
		return false, fmt.Errorf("minimise: stopped after %d replays: %w", s.best.Replays, context.Cause(ctx))
	case s.best.Replays == s.options.Replays:
		return false, errSpent
	}
	s.best.Replays++
	recorder := schedule.Record(schedule.Obey(constraints, nil))
	outcome, err := s.execute(ctx, recorder, without)
	if s.options.Progress != nil {
		defer func() { s.options.Progress(s.best) }()
	}
	if _, unmet := errors.AsType[*schedule.UnmetError](recorder.Err()); unmet {
		return false, nil
	}
	if _, stuck := errors.AsType[*schedule.StuckError](err); stuck {
		return false, nil // somebody waits for a part that was left out
	}
	if err != nil {
		return false, fmt.Errorf("minimise: replay %d: %w", s.best.Replays, err)
	}
	if !s.options.Same(outcome) {
		return false, nil
	}
	s.best.Constraints, s.best.Dropped = slices.Clone(constraints), slices.Clone(without)
	s.best.Trace, s.best.Outcome = recorder.Trace(), outcome
	return true, nil
}

// dropSessions tries to let each session come whenever it likes. Where there are more than two, most constraints are about those that have
// nothing to do with the defect.
func (s *search) dropSessions(ctx context.Context) error {
	var names []string
	for _, c := range s.best.Constraints {
		names = append(names, c.First.Session, c.Then.Session)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) <= 2 {
		return nil
	}
	for _, name := range names {
		left := slices.DeleteFunc(slices.Clone(s.best.Constraints), func(c schedule.Constraint) bool {
			return c.First.Session == name || c.Then.Session == name
		})
		if _, err := s.fails(ctx, left, nil); err != nil {
			return err
		}
	}
	return nil
}

// halve finds constraints that are needed, from the last to the first.
func (s *search) halve(ctx context.Context) error {
	var needed []schedule.Constraint
	rest := s.best.Constraints
	with := func(n int) []schedule.Constraint { return slices.Concat(rest[:n], needed) }
	for len(rest) > 0 {
		if failed, err := s.fails(ctx, needed, nil); err != nil || failed {
			return err
		}
		low, high := 0, len(rest) // without rest it passes, with all of it it fails
		for high-low > 1 {
			middle := (low + high) / 2
			failed, err := s.fails(ctx, with(middle), nil)
			if err != nil {
				return err
			}
			if failed {
				high = middle
			} else {
				low = middle
			}
		}
		needed = slices.Insert(needed, 0, rest[high-1])
		rest = rest[:high-1]
	}
	return nil
}

// dropEach tries each constraint that is left once, and again after one could be dropped: the result is 1-minimal.
func (s *search) dropEach(ctx context.Context) error {
	for i := 0; i < len(s.best.Constraints); {
		failed, err := s.fails(ctx, slices.Delete(slices.Clone(s.best.Constraints), i, i+1), nil)
		if err != nil {
			return err
		}
		if i++; failed {
			i = 0
		}
	}
	s.best.Minimal = true
	return nil
}

// dropParts tries to leave out one part after the other.
func (s *search) dropParts(ctx context.Context) error {
	for _, part := range s.options.Parts {
		if part.Step != "" && slices.Contains(s.best.Dropped, Part{Session: part.Session}) {
			continue
		}
		about := func(c schedule.Constraint) bool {
			return part.Step == "" && (c.First.Session == part.Session || c.Then.Session == part.Session)
		}
		left := slices.DeleteFunc(slices.Clone(s.best.Constraints), about)
		if _, err := s.fails(ctx, left, append(slices.Clone(s.best.Dropped), part)); err != nil {
			return err
		}
	}
	return nil
}
