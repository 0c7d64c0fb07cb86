package schedule

import (
	"slices"
	"strings"
)

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

// Words tells constraints as a person would: "colleague POST /contacts before owner POST /rename, after owner GET /edit".
// What several constraints are about is named once. The occurrence is told where the constraints have more than one of a
// point.
func Words(constraints []Constraint) string {
	nth := make(map[[2]string]int)
	ambiguous := make(map[[2]string]bool)
	for _, c := range constraints {
		for _, p := range []Point{c.First, c.Then} {
			key := [2]string{p.Session, p.What}
			if known, ok := nth[key]; ok && known != p.Nth {
				ambiguous[key] = true
			}
			nth[key] = p.Nth
		}
	}
	name := func(p Point) string {
		if p.Nth > 1 || ambiguous[[2]string{p.Session, p.What}] {
			return p.String()
		}
		return strings.TrimSuffix(p.String(), "#1")
	}
	var sentences []string
	for left := slices.Clone(constraints); len(left) > 0; {
		about := mostNamed(left)
		var before, after []string
		left = slices.DeleteFunc(left, func(c Constraint) bool {
			switch about {
			case c.First:
				before = append(before, name(c.Then))
			case c.Then:
				after = append(after, name(c.First))
			default:
				return false
			}
			return true
		})
		sentences = append(sentences, sentence(name(about), before, after))
	}
	return strings.Join(sentences, "; ")
}

func sentence(about string, before, after []string) string {
	var parts []string
	if len(before) > 0 {
		parts = append(parts, "before "+strings.Join(before, " and "))
	}
	if len(after) > 0 {
		parts = append(parts, "after "+strings.Join(after, " and "))
	}
	return about + " " + strings.Join(parts, ", ")
}

// mostNamed returns the point that most of the constraints are about; of several, the one that is named first.
func mostNamed(constraints []Constraint) Point {
	count := make(map[Point]int)
	best := constraints[0].First
	for _, c := range constraints {
		count[c.First]++
		count[c.Then]++
	}
	for _, c := range constraints {
		for _, p := range []Point{c.First, c.Then} {
			if count[p] > count[best] {
				best = p
			}
		}
	}
	return best
}
