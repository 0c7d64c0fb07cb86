package data

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What is wrapped by errors of this package.
var (
	// ErrInvalidOption is wrapped where an option or an argument does not fit.
	ErrInvalidOption = errors.New("invalid option")
	// ErrNoRows is wrapped by the error for a source without a row.
	ErrNoRows = errors.New("there is no row")
	// ErrTooLarge is wrapped where a policy needs all rows in memory, and they are too many.
	ErrTooLarge = errors.New("too large")
	// ErrNotEnough is wrapped by every [*NotEnoughError].
	ErrNotEnough = errors.New("not enough rows")
	// ErrUserEnded is wrapped where a user draws who has ended, or draws between two iterations.
	ErrUserEnded = errors.New("the user is in no iteration")
	// ErrClosed is wrapped by what a feeder returns once it is closed.
	ErrClosed = errors.New("the feeder is closed")

	// ErrOutOfValues is wrapped by every [*OutOfValuesError].
	ErrOutOfValues = errors.New("out of values")
	// ErrFailRun and ErrStopUser say what an error is to lead to, by the rule of the feeder: the end of the run as a failure, or the
	// end of this user.
	ErrFailRun  = errors.New("the run fails")
	ErrStopUser = errors.New("this user stops")
	// ErrTimeout is the Reason of a WaitError where the limit passed.
	ErrTimeout = errors.New("timed out")
)

// PlaceError is something wrong in a file, with its place.
type PlaceError struct {
	File string
	// Line and Column count from 1, columns in bytes.
	Line, Column int
	// Problem is what is wrong, Hint what may help.
	Problem, Hint string
}

func (e *PlaceError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s\n  hint: %s", e.File, e.Line, e.Column, e.Problem, e.Hint)
}

// GomegaString is what a failed assertion of Gomega shows of the error: its text.
func (e *PlaceError) GomegaString() string { return e.Error() }

// OutOfValuesError says that a feeder has no value for a user. It wraps [ErrOutOfValues], what is to follow ([ErrFailRun] or
// [ErrStopUser]) and the Reason.
type OutOfValuesError struct {
	Feeder string
	Policy Policy
	User   string
	// Iteration of the user, from 1; 0: in none.
	Iteration int
	// Rows is how many rows the feeder has dealt from.
	Rows int
	// Detail says how they ran out.
	Detail string
	// Rule is the one that the feeder was given.
	Rule Rule
	// Reason is a *WaitError where it was waited for a lease; nil otherwise.
	Reason error
}

func (e *OutOfValuesError) Error() string {
	text := fmt.Sprintf("feeder %q (%v) has no value for %s: %s; %v", e.Feeder, e.Policy, who(e.User, e.Iteration), e.Detail, e.consequence())
	if e.Reason != nil {
		return text + "\n" + indented(e.Reason.Error())
	}
	return text + "\n  hint: " + e.hint()
}

func (e *OutOfValuesError) hint() string {
	if e.Rule == StartAgain || e.Rule == KeepLast {
		return "the rule " + e.Rule.String() + " needs a value to begin with"
	}
	return "more rows, another rule for when they run out, or fewer users or iterations; a check before the run (Enough) tells how many are needed"
}

func (e *OutOfValuesError) consequence() error {
	if e.Rule == StopUser {
		return ErrStopUser
	}
	return ErrFailRun
}

// Unwrap returns ErrOutOfValues, what is to follow, and the Reason if there is one.
func (e *OutOfValuesError) Unwrap() []error {
	all := []error{ErrOutOfValues, e.consequence()}
	if e.Reason != nil {
		all = append(all, e.Reason)
	}
	return all
}

// GomegaString is what a failed assertion of Gomega shows of the error: its text.
func (e *OutOfValuesError) GomegaString() string { return e.Error() }

// WaitError says that a user waited in vain for a value that others held. It wraps its Reason.
type WaitError struct {
	Feeder, User string
	Iteration    int
	// Waited is for how long.
	Waited time.Duration
	// Holders are those who held the values when it was given up, longest first.
	Holders []Holding
	// Reason is ErrTimeout, ErrUserEnded, ErrClosed, ErrOwnLeases, or says that the context ended and wraps its cause.
	Reason error

	now time.Time
}

// ErrOwnLeases is the Reason of a WaitError where the user who waits holds all values, and so waits for nobody but oneself.
var ErrOwnLeases = errors.New("it holds all the values itself")

func (e *WaitError) Error() string {
	const most = 5
	var lines []string
	for _, h := range e.Holders[:min(most, len(e.Holders))] {
		lines = append(lines, fmt.Sprintf("\n  %s is held by %s for %v", h.Row, who(h.User, h.Iteration), rounded(e.now.Sub(h.From))))
	}
	if more := len(e.Holders) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("\n  and %d more values are held", more))
	}
	return fmt.Sprintf("%s waited %v for a value of feeder %q: %v%s\n  hint: %s",
		who(e.User, e.Iteration), rounded(e.Waited), e.Feeder, e.Reason, strings.Join(lines, ""), e.hint())
}

func (e *WaitError) hint() string {
	switch {
	case errors.Is(e.Reason, ErrOwnLeases):
		return "it draws more values in one iteration than there are; more rows are needed, or fewer draws"
	case errors.Is(e.Reason, ErrTimeout):
		return "as many values are needed as users are present; or is a holder stuck? a longer Wait helps if they are only slow"
	}
	return "it was not the wait that failed, but what ended it"
}

// Unwrap returns the Reason.
func (e *WaitError) Unwrap() error { return e.Reason }

// GomegaString is what a failed assertion of Gomega shows of the error: its text.
func (e *WaitError) GomegaString() string { return e.Error() }

// NotEnoughError says before a run that its data would run out. It wraps [ErrNotEnough].
type NotEnoughError struct{ Sufficiency }

func (e *NotEnoughError) Error() string {
	return "the run is refused: " + e.String() + "\n  hint: " + e.hint()
}

func (e *NotEnoughError) hint() string {
	switch {
	case e.BlockTooSmall:
		return "larger blocks, fewer iterations, or startAgain, which is inside the block"
	case e.Policy == Lease:
		return "more rows, or fewer users at one time"
	case e.Policy == Queue || e.Policy == OncePerUser:
		return "more rows, fewer users or iterations, or the rule keepLast"
	}
	return "more rows, fewer users or iterations, or the rule startAgain or keepLast"
}

// Unwrap returns ErrNotEnough.
func (e *NotEnoughError) Unwrap() error { return ErrNotEnough }

// GomegaString is what a failed assertion of Gomega shows of the error: its text.
func (e *NotEnoughError) GomegaString() string { return e.Error() }

// tooLarge says that a policy cannot be had for so many rows.
func tooLarge(feeder string, o Options, source Source, has string) error {
	return fmt.Errorf("feeder %q: %w: %v needs all rows in memory, and %s has %s; Options.Memory allows %s\n"+
		"  hint: sequential, circular and queue read a source as they go, whatever its size; or allow more memory",
		feeder, ErrTooLarge, o.Policy, source, has, bytesText(o.Memory))
}

func who(user string, iteration int) string {
	if iteration == 0 {
		return fmt.Sprintf("%q", user)
	}
	return fmt.Sprintf("%q in iteration %d", user, iteration)
}

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}

// rounded keeps three or four digits: nobody reads the nanoseconds of a wait.
func rounded(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}
