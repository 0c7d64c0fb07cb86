package vars

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What is wrapped by the errors of a [Store].
var (
	// ErrInvalid is wrapped where an argument does not fit: an empty name, a value that cannot be stored.
	ErrInvalid = errors.New("invalid argument")
	// ErrInvalidOption is wrapped by the errors of [New].
	ErrInvalidOption = errors.New("invalid option")
	// ErrEnded is wrapped where the run has ended, and its variables are final.
	ErrEnded = errors.New("the run has ended, and its variables are final")
	// ErrTimeout is the Reason of an AwaitError where the limit passed.
	ErrTimeout = errors.New("timed out")

	// ErrNoNumber is the Reason of a RefusedError of Delta and KeyDelta.
	ErrNoNumber = errors.New("no number")
	// ErrNoTable is the Reason of a RefusedError of KeySet, KeyGet and KeyDelta.
	ErrNoTable = errors.New("no table")
	// ErrNoList is the Reason of a RefusedError of Append, Push and Pop.
	ErrNoList = errors.New("no list")
	// ErrOverflow is the Reason of a RefusedError where a sum cannot be exact, or is infinite.
	ErrOverflow = errors.New("the sum cannot be held")
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// RefusedError says that an operation does not fit what the variable holds. Nothing was changed. It wraps its Reason.
type RefusedError struct {
	// Operation is what was asked, as in "delta 1".
	Operation string
	// Name and Key are of what; Key is empty unless the operation concerned what is under a key.
	Name, Key string
	// Holds is what is there.
	Holds Value
	// Reason is ErrNoNumber, ErrNoTable, ErrNoList or ErrOverflow.
	Reason error
}

func (e *RefusedError) Error() string {
	name := strconv.Quote(e.Name)
	if e.Key != "" {
		name += fmt.Sprintf(", key %q,", e.Key)
	}
	return fmt.Sprintf("run variable %s refuses %s: %v: it holds %s\n  hint: %s", name, e.Operation, e.Reason, brief(e.Holds), e.hint())
}

// GomegaString is what a failed assertion of Gomega shows of the error: its text.
func (e *RefusedError) GomegaString() string { return e.Error() }

func (e *RefusedError) hint() string {
	if errors.Is(e.Reason, ErrOverflow) {
		return "integers are exact from -2^63 to 2^63-1, and are added to a fraction up to 2^53; nothing was changed"
	}
	return "do two users mean different things by one name? nothing was changed; set replaces whatever is there"
}

// Unwrap returns the Reason.
func (e *RefusedError) Unwrap() error { return e.Reason }

// AwaitError says that a condition did not come to hold while somebody waited for it. It wraps its Reason.
type AwaitError struct {
	// Who waited for the variable Name, Until says for what.
	Who, Name, Until string
	// Waited is for how long, and Last the value when it was given up.
	Waited time.Duration
	Last   Value
	// Changes is how many values came meanwhile, and LastChange how long before the end the last of them came.
	Changes    int
	LastChange time.Duration
	// Reason is ErrTimeout, ErrEnded, or says that the context ended and wraps its cause.
	Reason error
}

func (e *AwaitError) Error() string {
	changes := "never changed meanwhile"
	switch {
	case e.Changes == 1:
		changes = fmt.Sprintf("changed once, %v before", rounded(e.LastChange))
	case e.Changes > 1:
		changes = fmt.Sprintf("changed %d times, last %v before", e.Changes, rounded(e.LastChange))
	}
	return fmt.Sprintf("%q waited %v for run variable %q to be %s: %v\n  last value: %s; it %s\n  hint: %s",
		e.Who, rounded(e.Waited), e.Name, e.Until, e.Reason, brief(e.Last), changes, e.hint())
}

// GomegaString is what a failed assertion of Gomega shows of the error: its text.
func (e *AwaitError) GomegaString() string { return e.Error() }

func (e *AwaitError) hint() string {
	switch {
	case errors.Is(e.Reason, ErrEnded):
		return "whoever was to set it had not done so when the run ended"
	case e.Last.IsAbsent() && e.Changes == 0:
		return "nobody set it; is the name the one that is set elsewhere, and did that step run?"
	case e.Changes == 0:
		return "it was set before and not again; look at what those who should set it did meanwhile"
	}
	return "it was set, and never to what was awaited; look at the last value and at who sets it"
}

// Unwrap returns the Reason.
func (e *AwaitError) Unwrap() error { return e.Reason }

// ended says that nothing was done because ctx has ended, or nil.
func ended(operation string, name string, err error) error {
	return fmt.Errorf("run variable %q: %s: the context ended: %w", name, operation, err)
}

// asked is an operation with its argument, for messages.
func asked(operation string, argument Value) string {
	return strings.TrimSpace(operation + " " + argument.String())
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
