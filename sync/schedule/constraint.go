package schedule

import "slices"

// between is what stands between the two points of a constraint.
const between = " before "

// Constraint says that one point comes before another.
type Constraint struct {
	First, Then Point
}

// String is such as "owner GET /edit#1 before colleague POST /contacts#1". [ParseConstraints] reads it back.
func (c Constraint) String() string { return c.First.String() + between + c.Then.String() }

// Holds reports whether the schedule has both points, in this order.
func (c Constraint) Holds(s Schedule) bool {
	first := slices.Index(s, c.First)
	return first >= 0 && slices.Index(s[first+1:], c.Then) >= 0
}

// ParseConstraints reads constraints, one in a line; what is said of layout and errors at [Parse] holds here too.
func ParseConstraints(text string) ([]Constraint, error) {
	var all []Constraint
	for r := range lines(text) {
		c, err := r.constraint()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (r *reader) constraint() (c Constraint, err error) {
	if c.First, err = r.point(); err != nil {
		return c, err
	}
	if len(r.rest()) < len(between) || r.rest()[:len(between)] != between {
		return c, r.wrong("want %q and another point", between)
	}
	r.at += len(between)
	if c.Then, err = r.point(); err != nil {
		return c, err
	}
	return c, r.end()
}
