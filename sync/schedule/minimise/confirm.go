package minimise

import (
	"context"

	"github.com/seed49090845/lockstep/sync/schedule"
)

const (
	// completions is how many orders are drawn at random, of those that obey the constraints, to confirm that these force the
	// failure.
	completions = 6
	// mostOrders is how many orders are run to confirm it where there are no more that have not been run.
	mostOrders = 24
	// mostForeseen is how many are foreseen at most to know that.
	mostForeseen = 100
)

// confirm reports whether the result fails in each order that obeys it, or in several that are drawn at random where there are many. Those that have
// been run already are not run again.
func (s *search) confirm(ctx context.Context) (bool, error) {
	s.best.EveryOrder = false
	for {
		unknown, all, err := s.unknown(ctx)
		switch {
		case err != nil:
			return false, err
		case all && len(unknown) == 0:
			s.best.EveryOrder = true
			return true, nil
		case !all || len(unknown) > min(mostOrders, s.options.Replays-s.best.Replays):
			return s.confirmSome(ctx)
		}
		// A session may come to points that nobody has foreseen: then there are more orders.
		if failed, err := s.confirmEach(ctx, unknown); err != nil || !failed {
			return false, err
		}
	}
}

// confirmSome runs orders that are drawn at random.
func (s *search) confirmSome(ctx context.Context) (bool, error) {
	for runs := s.best.Replays; s.best.Replays < runs+completions; {
		if _, trace, err := s.run(ctx, candidate{constraints: s.best.Constraints, rest: s.random()}); err != nil || trace == nil {
			return false, err
		}
	}
	return true, nil
}

func (s *search) confirmEach(ctx context.Context, orders [][]schedule.Pending) (bool, error) {
	for _, order := range orders {
		rest := func() schedule.Chooser { return prefer(order) }
		if _, trace, err := s.run(ctx, candidate{constraints: s.best.Constraints, rest: rest}); err != nil || trace == nil {
			return false, err
		}
	}
	return true, nil
}

// unknown are the orders that obey the constraints and are not known to fail, one of those that differ only in points that commute; all says that these
// are all, as far as can be foreseen.
func (s *search) unknown(ctx context.Context) (unknown [][]schedule.Pending, all bool, err error) {
	constraints := s.best.Constraints
	bound := func(a, b schedule.Pending) bool { // what a constraint is about does not commute
		for _, c := range constraints {
			if c.First == a.Point && c.Then == b.Point || c.First == b.Point && c.Then == a.Point {
				return false
			}
		}
		return s.options.Independent(a, b)
	}
	foresee := func(_ context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		order, err := s.known.foresee(schedule.Obey(constraints, c))
		if err == nil {
			if e := s.known.find(order, constraints); e == nil || !e.failed {
				unknown = append(unknown, order)
			}
		}
		return schedule.Outcome{}, err
	}
	report, err := schedule.Explore(ctx, schedule.Exhaustive(bound), schedule.Budget{Schedules: mostForeseen, Failures: -1}, foresee)
	if ctx.Err() != nil {
		return nil, false, err
	}
	return unknown, err == nil && report.Complete, nil
}
