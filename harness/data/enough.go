package data

import (
	"fmt"
	"math"
)

// Need says how much a run will draw.
type Need struct {
	// Users is how many users the run has in all; at least 1.
	Users int
	// Iterations is how many each of them does. 0: unknown, such as in a run by duration; then one is counted.
	Iterations int
	// Present is the most users that are there at one time. 0: all.
	Present int
	// Draws is how often an iteration draws, which matters for EachOccurrence alone. 0: once.
	Draws int
}

// Sufficiency is whether a feeder has enough rows for a run.
type Sufficiency struct {
	Feeder string
	Policy Policy
	Update Update
	Rule   Rule
	// Needs is how many rows the run needs, and Why says where the number comes from.
	Needs int
	Why   string
	// Has is how many rows there are. AtLeast: there may be more, which were not counted.
	Has     int
	AtLeast bool
	// BlockTooSmall says that there are not enough whatever Has is: a user of UniqueBlock draws more than its block has.
	BlockTooSmall bool
	// Unknown says that the number of iterations is not known, so that values may run out although there are enough here.
	Unknown bool
}

// Enough reports whether there are as many rows as are needed.
func (s Sufficiency) Enough() bool { return s.Has >= s.Needs && !s.BlockTooSmall }

// String is such as `feeder "users" (queue) needs 50 rows (5 users × 10 iterations) and has 60`.
func (s Sufficiency) String() string {
	has := fmt.Sprint(s.Has)
	if s.AtLeast {
		has = "at least " + has
	}
	text := fmt.Sprintf("feeder %q (%v) needs %s (%s) and has %s", s.Feeder, s.Policy, plural(s.Needs, "row"), s.Why, has)
	if s.Unknown {
		text += "; how many iterations there will be is not known, so that they may run out"
	}
	return text
}

// Enough checks before the run whether the feeder has enough rows, and changes nothing. Without enough the error is a
// [*NotEnoughError]: the run is to be refused. Where the rule is to start again or to keep the last value, a user needs no
// more than one value to begin with. A source that is read as it is used is read here until there are enough, so that
// an error in those rows comes out too.
func (f *Feeder) Enough(n Need) (Sufficiency, error) {
	if n.Users < 1 || n.Iterations < 0 || n.Present < 0 || n.Draws < 0 || n.Present > n.Users {
		return Sufficiency{}, fmt.Errorf("feeder %q: %w: %+v: at least one user, no number negative, and not more present than there are",
			f.name, ErrInvalidOption, n)
	}
	s := f.needs(n)
	s.Feeder, s.Policy, s.Update, s.Rule, s.Has = f.name, f.options.Policy, f.options.Update, f.options.OutOfValues, len(f.rows)
	if f.stream != nil {
		has, err := count(f.source, s.Needs)
		if err != nil {
			return s, fmt.Errorf("feeder %q: %w", f.name, err)
		}
		s.Has, s.AtLeast = has, has == s.Needs
	}
	if !s.Enough() {
		return s, &NotEnoughError{s}
	}
	return s, nil
}

// needs has Needs, Why and Unknown.
func (f *Feeder) needs(n Need) Sufficiency {
	o := f.options
	n.Present = orDefault(n.Present, n.Users)
	draws, each := n.perUser(o.Update)
	unknown := n.Iterations == 0 && o.Update != Once
	forgiving := o.OutOfValues == StartAgain || o.OutOfValues == KeepLast
	users := plural(n.Users, "user")
	switch {
	case o.Follow != nil:
		return Sufficiency{Needs: max(1, len(o.Follow.rows)), Why: fmt.Sprintf("as many as feeder %q, which it follows", o.Follow.name)}
	case o.Policy == Circular || o.Policy == Random:
		return Sufficiency{Needs: 1, Why: "any number will do"}
	case o.Policy == Lease:
		held, why := 1, fmt.Sprintf("%s present at most", plural(n.Present, "user"))
		if o.Update == EachOccurrence {
			held = orDefault(n.Draws, 1)
			why += fmt.Sprintf(" × %s in an iteration", plural(held, "draw"))
		}
		return Sufficiency{Needs: times(n.Present, held), Why: why}
	case o.Policy == UniqueBlock && !forgiving && draws > o.Block:
		return Sufficiency{Needs: times(n.Users, draws), BlockTooSmall: true,
			Why: fmt.Sprintf("%s × %s, for which a block of %d is too small", users, each, o.Block)}
	case o.Policy == UniqueBlock:
		return Sufficiency{Needs: times(n.Users, o.Block), Why: fmt.Sprintf("%s × a block of %d", users, o.Block), Unknown: unknown && !forgiving}
	case o.Policy == OncePerUser && forgiving:
		return Sufficiency{Needs: 1, Why: "a first value; then the rule is " + o.OutOfValues.String()}
	case o.Policy == OncePerUser:
		return Sufficiency{Needs: draws, Why: each + " of each user", Unknown: unknown}
	case o.OutOfValues == StartAgain:
		return Sufficiency{Needs: 1, Why: "they start again"}
	case o.OutOfValues == KeepLast:
		return Sufficiency{Needs: n.Users, Why: users + ", who keep the last value; one who comes late may find none"}
	}
	return Sufficiency{Needs: times(n.Users, draws), Why: users + " × " + each, Unknown: unknown}
}

// perUser is how many values a user draws in the run, and in words.
func (n Need) perUser(update Update) (draws int, words string) {
	iterations := orDefault(n.Iterations, 1)
	switch {
	case update == Once:
		return 1, "1 value"
	case update == EachOccurrence && n.Draws > 1:
		return times(iterations, n.Draws), fmt.Sprintf("%s × %s", plural(iterations, "iteration"), plural(n.Draws, "draw"))
	}
	return iterations, plural(iterations, "iteration")
}

// times is the product, or the greatest int.
func times(a, b int) int {
	if a > 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
