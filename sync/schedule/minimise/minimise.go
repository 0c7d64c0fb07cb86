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
	// Constraints are all that is needed for the failure. There is none if it needs none.
	Constraints []schedule.Constraint
	// Forcing says that the failure also came when the opposite of the other constraints was tried, and in each of several
	// orders that obey the constraints and are otherwise drawn at random. That is a test and no proof. If it is false, the way
	// in which [schedule.Steady] chooses the rest may have a part in it, or the replays were used up before that was known.
	Forcing bool
	// EveryOrder says of one that is Forcing that there are so few orders which obey the constraints, but for points that commute, that
	// each was run, as far as it could be foreseen from what the sessions did.
	EveryOrder bool
	// Trace and Outcome are of an execution that confirmed it, of the whole. The trace is what replays.
	Trace   schedule.Trace
	Outcome schedule.Outcome
	// Dropped are the parts that are not needed: it fails with the same constraints without them. Reduced is the outcome of an execution that
	// left them out.
	Dropped []Part
	Reduced schedule.Outcome
	// From is how many constraints there were in the beginning.
	From int
	// Replays is how many executions it took.
	Replays int
	// Minimal says that it fails no more without any one of the constraints. It is false if the replays were used up before
	// that was known.
	Minimal bool
}

// Trace minimises a failing trace. The error wraps [ErrNotReproduced], [schedule.ErrInvalidOption], the error of an
// execution, or the cause of ctx; the result is what was reached before.
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
	s := &search{options: o, execute: execute, draws: new(uint64)}
	err := s.minimise(ctx, failing)
	if errors.Is(err, errSpent) {
		err = nil
	}
	return s.best, err
}

// search is one minimisation.
type search struct {
	options Options
	execute Execute
	best    Result                // the smallest that failed
	weaker  []schedule.Constraint // those that were made weaker, as they were one step before
	passed  []pass                // what did not fail
	known   *known
	draws   *uint64 // how many orders were drawn at random
	reserve int     // replays that a phase leaves for those after it
}

// errSpent ends the search when the replays are used up, errEnough a phase when those are left that others are to have.
var (
	errSpent  = errors.New("minimise: the replays are used up")
	errEnough = errors.New("minimise: the other replays are for later phases")
)

func (s *search) minimise(ctx context.Context, failing schedule.Trace) error {
	all := corners(failing, s.options.Independent)
	s.best.From = len(all)
	switch failed, err := s.fails(ctx, candidate{constraints: all}); {
	case err != nil:
		return err
	case !failed:
		return ErrNotReproduced
	}
	s.known = newKnown(s.best.Trace, s.options.Independent)
	for _, phase := range []func(context.Context) error{s.letSessionsGo, s.halve, s.dropEach, s.force} {
		if err := phase(ctx); err != nil {
			return err
		}
	}
	s.reserve = completions + 1 + 2*min(len(s.droppable()), mostReserved)
	if err := s.goOnForcing(ctx, s.weaken); err != nil {
		return err
	}
	s.reserve = 0
	if err := s.calm(ctx); err != nil {
		return err
	}
	return s.dropParts(ctx)
}

// calm runs the result once more with as few changes of session as can be: what was known to fail may have had more, and people are to read it.
func (s *search) calm(ctx context.Context) error {
	known := s.known
	s.known = nil // now it is to be run
	defer func() { s.known = known }()
	_, err := s.fails(ctx, candidate{constraints: s.best.Constraints})
	return err
}

// letSessionsGo tries to let each session come whenever it likes. Where there are more than two, most constraints are about
// those that have nothing to do with the defect.
func (s *search) letSessionsGo(ctx context.Context) error {
	sessions := sessionsOf(s.best.Constraints)
	if len(sessions) <= 2 {
		return nil
	}
	for _, session := range sessions {
		left, _ := without(s.best.Constraints, session)
		if _, err := s.fails(ctx, candidate{constraints: left}); err != nil {
			return err
		}
	}
	return nil
}

// halve finds constraints that are needed, from the last to the first.
func (s *search) halve(ctx context.Context) error {
	var needed []schedule.Constraint
	rest := s.best.Constraints
	for len(rest) > 0 {
		if failed, err := s.fails(ctx, candidate{constraints: needed}); err != nil || failed {
			return err
		}
		low, high := 0, len(rest) // without rest it passes, with all of it it fails
		for high-low > 1 {
			middle := (low + high) / 2
			failed, err := s.fails(ctx, candidate{constraints: slices.Concat(rest[:middle], needed)})
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
		failed, err := s.fails(ctx, candidate{constraints: slices.Delete(slices.Clone(s.best.Constraints), i, i+1)})
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

// mostReserved is for how many parts replays are left at most.
const mostReserved = 6

// droppable are the parts that can be dropped: what the constraints are about is needed.
func (s *search) droppable() []Part {
	needed := sessionsOf(s.best.Constraints)
	return slices.DeleteFunc(slices.Clone(s.options.Parts), func(p Part) bool { return p.Step == "" && slices.Contains(needed, p.Session) })
}

// dropParts tries to leave out one part after the other. The constraints stay as they are, so that they hold for the whole, too.
func (s *search) dropParts(ctx context.Context) error {
	for _, part := range s.droppable() {
		if part.Step != "" && slices.Contains(s.best.Dropped, Part{Session: part.Session}) {
			continue
		}
		c := candidate{constraints: s.best.Constraints, without: append(slices.Clone(s.best.Dropped), part)}
		if _, err := s.stillFails(ctx, c); err != nil {
			if errors.Is(err, errEnough) {
				return nil
			}
			return err
		}
	}
	return nil
}

// sessionsOf lists the sessions that the constraints are about.
func sessionsOf(constraints []schedule.Constraint) []string {
	var names []string
	for _, c := range constraints {
		names = append(names, c.First.Session, c.Then.Session)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// without divides constraints into those that are not about the session, and those that are.
func without(constraints []schedule.Constraint, session string) (left, about []schedule.Constraint) {
	for _, c := range constraints {
		if c.First.Session == session || c.Then.Session == session {
			about = append(about, c)
		} else {
			left = append(left, c)
		}
	}
	return left, about
}
