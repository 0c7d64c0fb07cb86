package minimise

import (
	"context"
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// weaken puts the first point of each constraint as early, and the second as late, as the failure lets it.
func (s *search) weaken(ctx context.Context) error {
	for i := range s.best.Constraints {
		c := s.best.Constraints[i]
		err := s.shift(ctx, i, s.between(c.First, c.Then, true), func(p schedule.Point) schedule.Constraint {
			return schedule.Constraint{First: p, Then: c.Then}
		})
		if err != nil {
			return err
		}
		c = s.best.Constraints[i]
		err = s.shift(ctx, i, s.between(c.Then, c.First, false), func(p schedule.Point) schedule.Constraint {
			return schedule.Constraint{First: c.First, Then: p}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// between lists the points in whose favour that of a constraint can step back: those of the same session, before or after it,
// that depend on the other point of the constraint; the weakest first.
func (s *search) between(from, other schedule.Point, before bool) []schedule.Point {
	t := s.best.Trace
	at := func(p schedule.Point) int {
		return slices.IndexFunc(t, func(c schedule.Choice) bool { return c.Point == p })
	}
	here, there := at(from), at(other)
	if here < 0 || there < 0 {
		return nil
	}
	var points []schedule.Point
	for i := range t {
		if (i < here) == before && i != here && t[i].Session == from.Session && !s.options.Independent(t[i].Pending, t[there].Pending) {
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
		candidate := slices.Clone(s.best.Constraints)
		candidate[i] = with(points[middle])
		failed, err := s.fails(ctx, candidate, s.best.Dropped)
		switch {
		case err != nil:
			return err
		case failed:
			high = middle
		default:
			low = middle
		}
	}
	return nil
}
