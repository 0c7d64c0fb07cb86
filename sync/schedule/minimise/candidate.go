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
	rest        schedule.Chooser // chooses what the constraints leave open; nil: steadily
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
	s.best.Constraints, s.best.Dropped = slices.Clone(c.constraints), slices.Clone(c.without)
	s.best.Trace, s.best.Outcome = t, o
}

// run runs a candidate. The trace is nil if it does not fail as it should.
func (s *search) run(ctx context.Context, c candidate) (schedule.Outcome, schedule.Trace, error) {
	switch {
	case ctx.Err() != nil:
		return schedule.Outcome{}, nil, fmt.Errorf("minimise: stopped after %d replays: %w", s.best.Replays, context.Cause(ctx))
	case s.best.Replays == s.options.Replays:
		return schedule.Outcome{}, nil, errSpent
	}
	s.best.Replays++
	recorder := schedule.Record(schedule.Obey(c.constraints, c.rest))
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
	if !s.options.Same(outcome) {
		s.passed = append(s.passed, pass{recorder.Trace().Schedule(), slices.Clone(c.without)})
		return outcome, nil, nil
	}
	return outcome, recorder.Trace(), nil
}
