package minimise

import (
	"context"
	"errors"
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// pass is an execution that did not fail.
type pass struct {
	trace   schedule.Trace
	without []Part
}

// forced reports whether the constraints fail when those named are opposed, in one order drawn at random, and when the rest
// is chosen steadily; if so, it keeps the last of these.
//
// To oppose is not enough: where some of what is opposed contradicts the rest of it, the opposition gives way, and that may
// be to the very order that the defect needs.
func (s *search) forced(ctx context.Context, constraints []schedule.Constraint, parts []Part, opposed []schedule.Constraint) (bool, error) {
	if s.refuted(constraints, parts) {
		return false, nil
	}
	for _, rest := range []func() schedule.Chooser{oppose(opposed), s.random()} {
		if _, trace, err := s.run(ctx, candidate{constraints, parts, rest}); err != nil || trace == nil {
			return false, err
		}
	}
	return s.fails(ctx, candidate{constraints: constraints, without: parts})
}

// random draws another order each time.
func (s *search) random() func() schedule.Chooser {
	*s.draws++
	draw := *s.draws
	return func() schedule.Chooser { return schedule.Uniform(0, draw) }
}

// goOnForcing goes through a phase that makes the result weaker. If that was known to force the failure, and cannot be confirmed to do
// so afterwards, it is again what it was before. A phase that ends with errEnough has left replays for that.
func (s *search) goOnForcing(ctx context.Context, phase func(context.Context) error) error {
	before := s.best
	err := phase(ctx)
	enough := errors.Is(err, errEnough)
	if enough {
		err = nil
	}
	if !before.Forcing || err == nil && slices.Equal(before.Constraints, s.best.Constraints) {
		return err
	}
	confirmed := false
	if err == nil {
		confirmed, err = s.confirm(ctx)
	}
	if !confirmed {
		before.Replays = s.best.Replays
		s.best = before
	}
	return err
}

// refuted reports whether an execution that passed obeyed the constraints.
func (s *search) refuted(constraints []schedule.Constraint, parts []Part) bool {
	return slices.ContainsFunc(s.passed, func(p pass) bool {
		return slices.Equal(p.without, parts) && obeyed(p.trace, constraints)
	})
}

// stillFails reports whether a candidate fails. Of a result that was known to force the
// failure it asks that the constraints fail in an order drawn at random, too.
func (s *search) stillFails(ctx context.Context, c candidate) (bool, error) {
	if !s.best.Forcing {
		return s.fails(ctx, c)
	}
	switch {
	case s.refuted(c.constraints, c.without):
		return false, nil
	case s.options.Replays-s.best.Replays < s.reserve+2:
		return false, errEnough
	}
	outcome, trace, err := s.run(ctx, c)
	if err != nil || trace == nil {
		return false, err
	}
	if _, random, err := s.run(ctx, candidate{c.constraints, c.without, s.random()}); err != nil || random == nil {
		return false, err
	}
	s.keep(c, outcome, trace)
	return true, nil
}
