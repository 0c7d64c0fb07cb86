package schedule

import (
	"slices"
	"strings"
)

// Steady returns the chooser that stays with a session for as long as it has a point, and then takes the first of the
// others: as few changes of session as can be.
func Steady() Chooser {
	last := ""
	return ChooserFunc(func(pending []Pending) (int, error) {
		i := max(0, slices.IndexFunc(pending, func(p Pending) bool { return p.Session == last }))
		last = pending[i].Session
		return i, nil
	})
}

// Obey returns the chooser that never releases a point before those that the constraints put before it. Among the others it
// leaves the choice to another chooser; nil means [Steady]. If all that is pending is to come after what has not come, it
// returns an [*UnmetError].
func Obey(constraints []Constraint, otherwise Chooser) Chooser {
	if otherwise == nil {
		otherwise = Steady()
	}
	return &obey{open: slices.Clone(constraints), otherwise: otherwise}
}

type obey struct {
	open      []Constraint // those whose First has not been released
	otherwise Chooser
	allowed   []Pending
	from      []int
}

func (o *obey) Choose(pending []Pending) (int, error) {
	o.allowed, o.from = o.allowed[:0], o.from[:0]
	for i := range pending {
		if !slices.ContainsFunc(o.open, func(c Constraint) bool { return c.Then == pending[i].Point }) {
			o.allowed, o.from = append(o.allowed, pending[i]), append(o.from, i)
		}
	}
	if len(o.allowed) == 0 {
		return 0, o.unmet(pending)
	}
	i, err := o.otherwise.Choose(o.allowed)
	if err != nil {
		return 0, err
	}
	if i < 0 || i >= len(o.allowed) {
		return 0, outOfRange(i, len(o.allowed))
	}
	released := o.allowed[i].Point
	o.open = slices.DeleteFunc(o.open, func(c Constraint) bool { return c.First == released })
	return o.from[i], nil
}

func (o *obey) unmet(pending []Pending) error {
	e := &UnmetError{}
	for _, c := range o.open {
		if indexOf(pending, &c.Then) >= 0 {
			e.Unmet = append(e.Unmet, c)
		}
	}
	return e
}

// UnmetError says that nothing can be released without violating a constraint.
type UnmetError struct {
	// Unmet are the constraints of which the second point is pending and the first has not come.
	Unmet []Constraint
}

func (e *UnmetError) Error() string {
	var text strings.Builder
	text.WriteString("schedule: the constraints cannot be obeyed: whatever is pending is to come after a point that has not come")
	for _, c := range e.Unmet {
		text.WriteString("\n  " + c.String())
	}
	return text.String()
}
