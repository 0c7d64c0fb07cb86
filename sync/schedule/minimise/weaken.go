package minimise

import (
	"context"
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// weaken puts the first point of each constraint as early, and the second as late, as the failure lets it. Each time the
// constraint as it was one step before is opposed.
func (s *search) weaken(ctx context.Context) error {
	for i := range s.best.Constraints {
		c := s.best.Constraints[i]
		err := s.shift(ctx, i, s.instead(c.First, true), func(p schedule.Point) schedule.Constraint {
			return schedule.Constraint{First: p, Then: c.Then}
		})
		if err != nil {
			return err
		}
		c = s.best.Constraints[i]
		err = s.shift(ctx, i, s.instead(c.Then, false), func(p schedule.Point) schedule.Constraint {
			return schedule.Constraint{First: c.First, Then: p}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// instead lists the points in whose favour that of a constraint can step back: those of the same session, before or after it;
// the weakest first. Whether they depend on the other point does not matter: the way to one that does may lead over others.
func (s *search) instead(from schedule.Point, before bool) []schedule.Point {
	t := s.best.Trace
	here := at(t, from)
	var points []schedule.Point
	for i := range t {
		if (i < here) == before && i != here && t[i].Session == from.Session {
			points = append(points, t[i].Point)
		}
	}
	if !before {
		slices.Reverse(points)
	}
	return points
}

// shift finds, by halving, the first of the points with which the constraint numbered i still fails.
func (s *search) shift(ctx context.Context, i int, points []schedule.Point, with func(schedule.Point) schedule.Constraint) error {
	low, high := -1, len(points) // with the point at low it passes; what is kept is at high
	for high-low > 1 {
		// Most often it cannot be shifted at all, so the nearest is asked first.
		middle := (low + high) / 2
		if high == len(points) && low < 0 {
			middle = high - 1
		}
		next := slices.Clone(s.best.Constraints)
		stronger := next[i]
		if middle+1 < len(points) {
			stronger = with(points[middle+1])
		}
		next[i] = with(points[middle])
		failed, err := s.stillFails(ctx, candidate{next, s.best.Dropped, oppose(append(slices.Clone(s.weaker), stronger))})
		switch {
		case err != nil:
			return err
		case failed:
			high = middle
			s.weaker = append(s.weaker, stronger)
		default:
			low = middle
		}
	}
	return nil
}

// at returns the place of a point in a trace, or -1.
func at(t schedule.Trace, p schedule.Point) int {
	return slices.IndexFunc(t, func(c schedule.Choice) bool { return c.Point == p })
}
