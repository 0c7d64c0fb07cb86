package minimise

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// candidate is what is tried.
type candidate struct {
	constraints []schedule.Constraint
	without     []Part
	rest        func() schedule.Chooser // chooses what the constraints leave open; nil: steadily
}

// chooser obeys the constraints.
func (c candidate) chooser() schedule.Chooser {
	if c.rest == nil {
		return schedule.Obey(c.constraints, nil)
	}
	return schedule.Obey(c.constraints, c.rest())
}

// fails runs a candidate, and keeps it if it fails.
func (s *search) fails(ctx context.Context, c candidate) (bool, error) {
	outcome, trace, err := s.run(ctx, c)
	if err != nil || trace == nil {
		return false, err
	}
	s.keep(c, outcome, trace)
	return true, nil
}

func (s *search) keep(c candidate, o schedule.Outcome, t schedule.Trace) {
	s.best.Constraints, s.best.Dropped, s.best.Reduced = slices.Clone(c.constraints), slices.Clone(c.without), o
	if len(c.without) == 0 {
		s.best.Trace, s.best.Outcome = t, o
	}
}

// run runs a candidate, unless what comes of it is known. The trace is nil if it does not fail as it should.
func (s *search) run(ctx context.Context, c candidate) (schedule.Outcome, schedule.Trace, error) {
	var order []schedule.Pending
	if s.known != nil && len(c.without) == 0 {
		foreseen, err := s.known.foresee(c.chooser())
		if e := s.known.find(foreseen, c.constraints); err == nil && e != nil {
			return e.result()
		}
		if err == nil { // else it cannot be obeyed, as far as is known: a replay will tell
			order = foreseen
			c.rest = func() schedule.Chooser { return prefer(foreseen) }
		}
	}
	switch {
	case ctx.Err() != nil:
		return schedule.Outcome{}, nil, fmt.Errorf("minimise: stopped after %d replays: %w", s.best.Replays, context.Cause(ctx))
	case s.best.Replays == s.options.Replays:
		return schedule.Outcome{}, nil, errSpent
	}
	s.best.Replays++
	recorder := schedule.Record(c.chooser())
	outcome, err := s.execute(ctx, recorder, c.without)
	if s.options.Progress != nil {
		s.options.Progress(s.best)
	}
	if _, unmet := errors.AsType[*schedule.UnmetError](recorder.Err()); unmet {
		return outcome, nil, nil
	}
	if _, stuck := errors.AsType[*schedule.StuckError](err); stuck {
		return outcome, nil, nil // somebody waits for a part that was left out
	}
	if err != nil {
		return outcome, nil, fmt.Errorf("minimise: replay %d: %w", s.best.Replays, err)
	}
	e := &executed{outcome, recorder.Trace(), s.options.Same(outcome)}
	if !e.failed {
		s.passed = append(s.passed, pass{e.trace, slices.Clone(c.without)})
	}
	if s.known != nil && order != nil {
		s.known.add(order, e)
	}
	return e.result()
}

// result is what run returns.
func (e *executed) result() (schedule.Outcome, schedule.Trace, error) {
	if !e.failed {
		return e.outcome, nil, nil
	}
	return e.outcome, e.trace, nil
}
