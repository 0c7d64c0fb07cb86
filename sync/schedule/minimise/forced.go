package minimise

import (
	"context"
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// completions is how many orders are drawn at random, of those that obey the constraints, to confirm that these force the
// failure.
const completions = 6

// pass is an execution that did not fail.
type pass struct {
	order   schedule.Schedule
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
	for _, rest := range []schedule.Chooser{oppose(opposed), s.random()} {
		if _, trace, err := s.run(ctx, candidate{constraints, parts, rest}); err != nil || trace == nil {
			return false, err
		}
	}
	return s.fails(ctx, candidate{constraints: constraints, without: parts})
}

// confirm reports whether the result fails in each of several orders drawn at random.
func (s *search) confirm(ctx context.Context) (bool, error) {
	for range completions {
		if _, trace, err := s.run(ctx, candidate{s.best.Constraints, s.best.Dropped, s.random()}); err != nil || trace == nil {
			return false, err
		}
	}
	return true, nil
}

// random draws another order each time.
func (s *search) random() schedule.Chooser { return schedule.Uniform(0, uint64(s.best.Replays)) }

// goOnForcing goes through a phase that makes the result smaller or weaker. If that was known to force the failure, and
// cannot be confirmed to do so afterwards, it is again what it was before.
func (s *search) goOnForcing(ctx context.Context, phase func(context.Context) error) error {
	before := s.best
	err := phase(ctx)
	if !before.Forcing || err == nil && slices.Equal(before.Constraints, s.best.Constraints) && slices.Equal(before.Dropped, s.best.Dropped) {
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
		return slices.Equal(p.without, parts) && !slices.ContainsFunc(constraints, func(c schedule.Constraint) bool { return !c.Holds(p.order) })
	})
}

// stillFails reports whether a candidate fails. Of a result that was known to force the
// failure it asks that the constraints fail in an order drawn at random, too.
func (s *search) stillFails(ctx context.Context, c candidate) (bool, error) {
	if !s.best.Forcing {
		return s.fails(ctx, c)
	}
	if s.refuted(c.constraints, c.without) {
		return false, nil
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
