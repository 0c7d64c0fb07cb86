package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Policy says who gets which value, and how often.
//
//	policy       holders of a value at one time  after use                 order
//	-----------  ------------------------------  ------------------------  ------------------------------------------
//	Sequential   any                             reusable                  of the source, for all users together
//	Circular     any                             reusable                  the same, and then from the first row again
//	Random       any                             reusable                  by the seed, for each user on its own
//	Shuffle      any                             reusable                  by the seed, each row once, for all together
//	Queue        one                             gone for all              of the source
//	Lease        one                             returned, reusable        whichever has been free for longest
//	OncePerUser  any                             gone for that user        of the source, for each user on its own
//	UniqueBlock  one                             reusable by its user      blocks as users come; in order inside
//
// A feeder that follows another one has no policy of its own: see [Options.Follow].
type Policy uint8

// The policies. The zero Policy is none.
const (
	Sequential Policy = iota + 1
	Circular
	Random
	Shuffle
	Queue
	Lease
	OncePerUser
	UniqueBlock
)

var policies = []string{"", "sequential", "circular", "random", "shuffle", "queue", "lease", "oncePerUser", "uniqueBlock"}

func (p Policy) String() string { return named(policies, uint8(p)) }

// ParsePolicy returns the policy of that name.
func ParsePolicy(name string) (Policy, error) {
	i, err := parsed("policy", policies[1:], name)
	return Policy(i + 1), err
}

// streams reports whether the policy takes the rows in the order of the source and never comes back to one, so that
// they need not be in memory.
func (p Policy) streams() bool { return p == Sequential || p == Circular || p == Queue }

// Update says when a user gets a new value.
type Update uint8

// The updates.
const (
	// EachIteration: the first Draw of an iteration gives a new value, and the others the same again.
	EachIteration Update = iota
	// EachOccurrence: every Draw gives a new value.
	EachOccurrence
	// Once: the first Draw gives the value that the user keeps to the end.
	Once
)

var updates = []string{"iteration", "occurrence", "once"}

func (u Update) String() string { return named(updates, uint8(u)) }

// ParseUpdate returns the update of that name: iteration, occurrence, once.
func ParseUpdate(name string) (Update, error) {
	i, err := parsed("update", updates, name)
	return Update(i), err
}

// Rule says what happens when there is no value left.
type Rule uint8

// The rules.
const (
	// FailRun: Draw returns an error that wraps ErrFailRun.
	FailRun Rule = iota
	// StopUser: Draw returns an error that wraps ErrStopUser.
	StopUser
	// StartAgain: from the first row again, for UniqueBlock from the first of the user's block. Not for the policies by which
	// a value is gone or is somebody's: Queue, OncePerUser, Lease.
	StartAgain
	// KeepLast: the user keeps its last value, and there is a warning. Not for Lease, whose last value is another's by then.
	KeepLast
)

var rules = []string{"failRun", "stopUser", "startAgain", "keepLast"}

func (r Rule) String() string { return named(rules, uint8(r)) }

// ParseRule returns the rule of that name.
func ParseRule(name string) (Rule, error) {
	i, err := parsed("rule", rules, name)
	return Rule(i), err
}

func named(names []string, i uint8) string {
	if int(i) < len(names) && names[i] != "" {
		return names[i]
	}
	return fmt.Sprintf("none(%d)", i)
}

func parsed(what string, names []string, name string) (int, error) {
	i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	if i < 0 {
		return 0, fmt.Errorf("%w: there is no %s %q; there are %s", ErrInvalidOption, what, name, strings.Join(names, ", "))
	}
	return i, nil
}

// What Options mean where they are zero.
const (
	DefaultWait    = 30 * time.Second
	DefaultMemory  = 256 << 20
	DefaultHistory = 100_000
)

// Options are those of [New]. One of Policy and Follow is needed; the rest may be zero.
type Options struct {
	// Policy says who gets which value.
	Policy Policy
	// Follow links this feeder to another: a user gets the row with the same number as the one that the user has
	// of that feeder, which is drawn there if need be. Policy, Update, OutOfValues are those of the other, and zero here.
	Follow *Feeder
	// Update says when a user gets a new value. Zero: each iteration.
	Update Update
	// OutOfValues says what happens when there is none. Zero: the run fails.
	OutOfValues Rule

	// Seed is the run's. All random choices follow from it, the name of the feeder, and for Random the name of the user.
	Seed uint64
	// Block is how many rows a user of UniqueBlock gets. Needed there, and zero elsewhere.
	Block int
	// Wait is how long a user waits for a Lease. Zero: DefaultWait. Negative: an error.
	Wait time.Duration

	// Columns are those that the run will ask for: New refuses a source that has not all of them. Nil: none is checked.
	Columns []string
	// Memory is about how many bytes the rows may take. A source with more is read as it is used, where the policy
	// allows that, and is refused where not. Zero: DefaultMemory. Negative: an error.
	Memory int64
	// History is how many holdings that have ended are kept for [Feeder.Holdings]; of more, the oldest are forgotten.
	// Zero: DefaultHistory. Negative: none.
	History int
}

func (o Options) withDefaults(feeder string) (Options, error) {
	var errs []error
	invalid := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("feeder %q: %w: %s", feeder, ErrInvalidOption, fmt.Sprintf(format, args...)))
	}
	if feeder == "" {
		invalid("the name is empty; messages need it")
	}
	if o.Follow != nil {
		if o.Policy != 0 || o.Update != 0 || o.OutOfValues != 0 {
			invalid("a feeder that follows %q has its policy, update and rule; Policy is %v, Update %v, OutOfValues %v",
				o.Follow.name, o.Policy, o.Update, o.OutOfValues)
		}
		lead := o.Follow.options
		o.Policy, o.Update, o.OutOfValues = lead.Policy, lead.Update, lead.OutOfValues
		o.Block = lead.Block
	}
	o.checkNames(invalid)
	o.checkRule(invalid)
	switch {
	case o.Policy == UniqueBlock && o.Block < 1:
		invalid("Block is %d; uniqueBlock needs at least one row for each user", o.Block)
	case o.Policy != UniqueBlock && o.Block != 0:
		invalid("Block is %d, and only uniqueBlock has blocks; the policy is %v", o.Block, o.Policy)
	}
	if o.Wait < 0 || o.Memory < 0 {
		invalid("Wait is %v and Memory %d; neither may be negative", o.Wait, o.Memory)
	}
	if errs != nil {
		return Options{}, errors.Join(errs...)
	}
	o.Columns = slices.Clone(o.Columns)
	o.Wait = orDefault(o.Wait, DefaultWait)
	o.Memory = orDefault(o.Memory, DefaultMemory)
	o.History = orDefault(o.History, DefaultHistory)
	return o, nil
}

func (o Options) checkNames(invalid func(format string, args ...any)) {
	if o.Policy == 0 || int(o.Policy) >= len(policies) {
		invalid("Policy is %d; it must be one of %s", o.Policy, strings.Join(policies[1:], ", "))
	}
	if int(o.Update) >= len(updates) {
		invalid("Update is %d; it must be one of %s", o.Update, strings.Join(updates, ", "))
	}
	if int(o.OutOfValues) >= len(rules) {
		invalid("OutOfValues is %d; it must be one of %s", o.OutOfValues, strings.Join(rules, ", "))
	}
}

func (o Options) checkRule(invalid func(format string, args ...any)) {
	switch {
	case o.OutOfValues == StartAgain && (o.Policy == Queue || o.Policy == OncePerUser):
		invalid("%v and startAgain contradict each other: a value that was used is gone", o.Policy)
	case o.Policy == Lease && (o.OutOfValues == StartAgain || o.OutOfValues == KeepLast):
		invalid("lease and %v contradict each other: a value would have two holders", o.OutOfValues)
	}
}

func orDefault[T int | int64 | time.Duration](value, def T) T {
	if value == 0 {
		return def
	}
	return value
}
