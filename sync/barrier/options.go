package barrier

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// DefaultTimeout is the timeout of a barrier whose Options do not give one.
const DefaultTimeout = 30 * time.Second

// ErrInvalidOption is wrapped by the errors of [New].
var ErrInvalidOption = errors.New("invalid option")

// Options says who meets at a barrier, and how. The zero value is not valid: it has nobody to wait for.
type Options struct {
	// Parties are the names of those who may come, each different and none empty. Nil or empty: anybody may come, and
	// Count says how many must.
	Parties []string

	// Count is how many different parties open the barrier. 0: all Parties. Negative, or more than there are Parties:
	// an error.
	Count int

	// Timeout is how long a generation may take, from its first arrival. 0: DefaultTimeout. Negative: an error. A barrier
	// without a timeout cannot be had.
	Timeout time.Duration

	// Cyclic barriers begin anew, with the next generation, each time they open. One that is not cyclic opens once, and
	// refuses whoever comes later.
	Cyclic bool
}

// withDefaults returns a copy of o in which nothing is left to a default, or all that is wrong with it.
func (o Options) withDefaults(name string) (Options, error) {
	var errs []error
	invalid := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("barrier %q: %w: %s", name, ErrInvalidOption, fmt.Sprintf(format, args...)))
	}
	if name == "" {
		invalid("the name is empty; messages need it")
	}
	for i, party := range o.Parties {
		if party == "" {
			invalid("Parties[%d] is empty", i)
		} else if first := slices.Index(o.Parties, party); first < i {
			invalid("Parties[%d] is %q, and so is Parties[%d]", i, party, first)
		}
	}
	switch {
	case o.Count < 0:
		invalid("Count is %d; it must not be negative (0 means all Parties)", o.Count)
	case len(o.Parties) == 0 && o.Count == 0:
		invalid("neither Parties nor Count is given, so there is nobody to wait for")
	case len(o.Parties) > 0 && o.Count > len(o.Parties):
		invalid("Count is %d, but there are only %d Parties, so it could never open", o.Count, len(o.Parties))
	}
	if o.Timeout < 0 {
		invalid("Timeout is %v; it must not be negative (0 means %v)", o.Timeout, DefaultTimeout)
	}
	if errs != nil {
		return Options{}, errors.Join(errs...)
	}
	o.Parties = slices.Clone(o.Parties)
	if o.Count == 0 {
		o.Count = len(o.Parties)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	return o, nil
}
