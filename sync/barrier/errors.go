package barrier

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What is wrapped by the errors of [Barrier.Wait].
var (
	// ErrBroken is wrapped by every [*BrokenError].
	ErrBroken = errors.New("the barrier is broken")
	// ErrTimeout is the Reason of a BrokenError where the timeout passed.
	ErrTimeout = errors.New("timed out")
	// ErrLeft is wrapped by every [*LeftError], and is the Reason of a RefusedError for a party that has left.
	ErrLeft = errors.New("the party has left")

	// ErrUnknownParty is the Reason of a RefusedError for a party that is not one of the Parties.
	ErrUnknownParty = errors.New("unknown party")
	// ErrAlreadyWaiting is the Reason of a RefusedError for a party that arrives twice in one generation.
	ErrAlreadyWaiting = errors.New("the party is waiting already")
	// ErrOpened is the Reason of a RefusedError from a barrier that opened and is not cyclic.
	ErrOpened = errors.New("the barrier has opened already")
)

// BrokenError says that a generation of a barrier can no longer be completed, and why. Everyone who waited or comes
// later gets the same one: it must not be changed. It wraps [ErrBroken] and its Reason.
type BrokenError struct {
	// Barrier is the name of the barrier, Generation how often it had opened before.
	Barrier    string
	Generation int
	// Count is how many parties had to come.
	Count int
	// Arrived are those who waited when it broke, in the order of their arrivals. Ago counts back from the break.
	Arrived []Present
	// Missing are those who did not, as in [State]. A party that arrived and then left is among these.
	Missing []Absent
	// Reason is ErrTimeout, or the *LeftError of the party without which the barrier could not open.
	Reason error
	// Waited is the time from the first arrival until the barrier broke, 0 if nobody had arrived.
	Waited time.Duration
}

// Error is of several lines: what was awaited, for how long, and why it was in vain; who arrived, and when; who is missing,
// and why; a hint.
func (e *BrokenError) Error() string {
	reason := e.Reason
	left, isLeft := errors.AsType[*LeftError](e.Reason)
	if isLeft {
		reason = fmt.Errorf("%q left", left.Party) // why it left is in the list of those missing
	}
	name := strconv.Quote(e.Barrier)
	if e.Generation > 0 {
		name += fmt.Sprintf(", generation %d,", e.Generation)
	}
	return fmt.Sprintf("barrier %s broke after %v with %d of %d parties: %v\n  arrived: %s\n  missing: %s\n  hint: %s",
		name, rounded(e.Waited), len(e.Arrived), e.Count, reason,
		listPresent(e.Arrived), listMissing(e.Missing, e.Count-len(e.Arrived)), e.hint())
}

// GomegaString is what a failed assertion of Gomega shows of the error: its text, which says everything, in place
// of all its fields.
func (e *BrokenError) GomegaString() string { return e.Error() }

func (e *BrokenError) hint() string {
	left, isLeft := errors.AsType[*LeftError](e.Reason)
	switch {
	case isLeft && left.Reason == nil:
		return fmt.Sprintf("%q ended before the barrier opened; should it be one of its parties?", left.Party)
	case isLeft:
		return fmt.Sprintf("what made %q leave is the cause; the others only waited for it", left.Party)
	case errors.Is(e.Reason, ErrTimeout):
		return "look at what those missing did meanwhile; a longer Timeout helps only if they are on their way"
	}
	return "a barrier that is broken stays broken; make a new one for the next attempt"
}

// Unwrap returns ErrBroken and the Reason.
func (e *BrokenError) Unwrap() []error { return []error{ErrBroken, e.Reason} }

// LeftError says that a party left before the barrier opened. It wraps [ErrLeft], but not the Reason: whoever asks whether
// an error is context.Canceled wants to know that of the context of one's own, and not of another party's.
type LeftError struct {
	Party string
	// Reason is what was given to Leave, or says that the party's context ended, and wraps its cause. Nil: the party
	// ended and nothing was wrong.
	Reason error
}

func (e *LeftError) Error() string {
	if e.Reason == nil {
		return strconv.Quote(e.Party) + " left"
	}
	return fmt.Sprintf("%q left: %v", e.Party, e.Reason)
}

// Unwrap returns ErrLeft.
func (e *LeftError) Unwrap() error { return ErrLeft }

// RefusedError says that a party may not wait, at this barrier or not now. The barrier and all others who wait are as before.
type RefusedError struct {
	Barrier string
	Party   string
	// Reason is ErrUnknownParty, ErrAlreadyWaiting, ErrOpened or ErrLeft.
	Reason error
	// Detail says more, for people.
	Detail string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("barrier %q refuses %q: %v: %s", e.Barrier, e.Party, e.Reason, e.Detail)
}

// Unwrap returns the Reason.
func (e *RefusedError) Unwrap() error { return e.Reason }

func listPresent(present []Present) string {
	if len(present) == 0 {
		return "nobody"
	}
	var items []string
	for _, p := range present {
		items = append(items, fmt.Sprintf("%q (%v before)", p.Party, rounded(p.Ago)))
	}
	return strings.Join(items, ", ")
}

// listMissing says how many of the missing are needed, unless all of them are. Those who may come are not always known.
func listMissing(missing []Absent, needed int) string {
	var items []string
	for _, m := range missing {
		items = append(items, m.String())
	}
	list := strings.Join(items, ", ")
	switch {
	case len(missing) == needed:
		return list
	case len(missing) > needed:
		return fmt.Sprintf("%d of %s", needed, list)
	case list == "":
		return fmt.Sprintf("%d more, whoever comes", needed)
	}
	return fmt.Sprintf("%d more, whoever comes; %s", needed, list)
}

func quoted(parties []string) string {
	var items []string
	for _, p := range parties {
		items = append(items, strconv.Quote(p))
	}
	return strings.Join(items, ", ")
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
