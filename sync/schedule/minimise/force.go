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
// What is left is confirmed by orders drawn at random. If one of them passes, all is done again: that order now refutes what
// it obeys, without a replay. What was found before stays the result until there is something confirmed.
func (s *search) force(ctx context.Context) error {
	all := corners(s.best.Trace, s.options.Independent)
	for {
		f := &search{options: s.options, execute: s.execute, best: s.best, passed: s.passed, known: s.known, draws: s.draws}
		f.best.Constraints = all
		err := f.forceEach(ctx)
		confirmed := false
		if err == nil {
			confirmed, err = f.confirm(ctx)
		}
		s.best.Replays, s.passed = f.best.Replays, f.passed
		switch {
		case err != nil:
			return err
		case confirmed:
			s.best = f.best
			s.best.Forcing = true
			return nil
		case f.refuted(all, f.best.Dropped):
			return nil // what is said to be independent is not, or the execution is not the same every time
		}
	}
}

func (s *search) forceEach(ctx context.Context) error {
	if sessions := sessionsOf(s.best.Constraints); len(sessions) > 2 {
		for _, session := range sessions {
			left, about := without(s.best.Constraints, session)
			if _, err := s.forced(ctx, left, s.best.Dropped, s.whole(about)); err != nil {
				return err
			}
		}
	}
	var dropped []schedule.Constraint
	for i := 0; i < len(s.best.Constraints); {
		c := s.best.Constraints[i]
		left := slices.Delete(slices.Clone(s.best.Constraints), i, i+1)
		failed, err := s.forced(ctx, left, s.best.Dropped, s.whole(append(dropped, c)))
		if err != nil {
			return err
		}
		if i++; failed {
			dropped, i = append(dropped, c), 0
		}
	}
	return nil
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
