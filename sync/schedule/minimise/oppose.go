package minimise

import (
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// oppose returns the chooser that does the opposite of what constraints say, as far as it is let: it holds the first point
// of each until the second was released, unless nothing else is left.
//
// A constraint that was taken away would otherwise often go on to be satisfied, by the way in which the rest is chosen, and
// the failure would be put down to constraints that have nothing to do with it.
func oppose(constraints []schedule.Constraint) func() schedule.Chooser {
	open := slices.Clone(constraints)
	return func() schedule.Chooser {
		return &opposition{open: slices.Clone(open), otherwise: schedule.Steady()}
	}
}

type opposition struct {
	open      []schedule.Constraint // those whose Then has not been released
	otherwise schedule.Chooser
	free      []schedule.Pending
	from      []int
}

func (o *opposition) Choose(pending []schedule.Pending) (int, error) {
	o.free, o.from = o.free[:0], o.from[:0]
	for i := range pending {
		if !slices.ContainsFunc(o.open, func(c schedule.Constraint) bool { return c.First == pending[i].Point }) {
			o.free, o.from = append(o.free, pending[i]), append(o.from, i)
		}
	}
	if len(o.free) == 0 {
		for i := range pending {
			o.free, o.from = append(o.free, pending[i]), append(o.from, i)
		}
	}
	i, err := o.otherwise.Choose(o.free)
	if err != nil {
		return 0, err
	}
	chosen := o.from[i]
	released := pending[chosen].Point
	o.open = slices.DeleteFunc(o.open, func(c schedule.Constraint) bool { return c.Then == released || c.First == released })
	return chosen, nil
}
