package minimise

import (
	"context"
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// force replaces the constraints by such as bring the failure about by themselves. Those found so far may be about points
// that have nothing to do with the defect, but at which a steady chooser happens to change sessions. The trace that it made
// has few changes of session, so there are few constraints in it, and they are strong: they are what is taken away from now
// on, one by one, and each that was taken away is opposed.
//
// What was found before stays the result until that is done.
func (s *search) force(ctx context.Context) error {
	f := &search{options: s.options, execute: s.execute, best: s.best}
	f.best.Constraints = corners(s.best.Trace, s.options.Independent)
	err := f.forceEach(ctx)
	if s.best.Replays = f.best.Replays; err == nil {
		s.best = f.best
		s.best.Forcing = true
	}
	return err
}

func (s *search) forceEach(ctx context.Context) error {
	if sessions := sessionsOf(s.best.Constraints); len(sessions) > 2 {
		for _, session := range sessions {
			left, about := without(s.best.Constraints, session)
			if _, err := s.forced(ctx, left, about); err != nil {
				return err
			}
		}
	}
	var dropped []schedule.Constraint
	for i := 0; i < len(s.best.Constraints); {
		c := s.best.Constraints[i]
		left := slices.Delete(slices.Clone(s.best.Constraints), i, i+1)
		failed, err := s.forced(ctx, left, append(dropped, c))
		if err != nil {
			return err
		}
		if i++; failed {
			dropped, i = append(dropped, c), 0
		}
	}
	return nil
}

// forced reports whether the constraints fail both when the rest is chosen steadily and when those named are opposed.
func (s *search) forced(ctx context.Context, constraints, opposed []schedule.Constraint) (bool, error) {
	for _, against := range [][]schedule.Constraint{s.whole(opposed), nil} {
		c := candidate{constraints: constraints, without: s.best.Dropped, opposed: against}
		outcome, trace, err := s.run(ctx, c)
		if err != nil || trace == nil {
			return false, err
		}
		if against == nil {
			s.keep(c, outcome, trace)
		}
	}
	return true, nil
}

// whole adds to each constraint those of the points that its session came to just before the first one: to oppose that the
// last point of a turn comes before another session goes on is to oppose the turn.
func (s *search) whole(constraints []schedule.Constraint) []schedule.Constraint {
	t := s.best.Trace
	var all []schedule.Constraint
	for _, c := range constraints {
		all = append(all, c)
		for i := at(t, c.Then) - 1; i >= 0 && t[i].Session != c.Then.Session; i-- {
			if t[i].Session == c.First.Session && t[i].Point != c.First {
				all = append(all, schedule.Constraint{First: t[i].Point, Then: c.Then})
			}
		}
	}
	return all
}
