package sessions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// ErrInvalidOption is wrapped by every error about an option or an argument that does not fit.
var ErrInvalidOption = browser.ErrInvalidOption

// SessionError says whose error it is.
type SessionError struct {
	Session string
	// Step is the step that the session was in; empty outside of a scenario.
	Step string
	Err  error
}

func (e *SessionError) Error() string {
	if e.Step == "" {
		return e.Session + ": " + e.Err.Error()
	}
	return e.Session + ", in " + e.Step + ": " + e.Err.Error()
}

func (e *SessionError) Unwrap() error { return e.Err }

// GomegaString is what a failed assertion of Gomega shows of the error: its text, which says everything, in place
// of all its fields.
func (e *SessionError) GomegaString() string { return e.Error() }

// ActionError says what a session tried in vain.
type ActionError struct {
	// Action is a phrase such as `click "#edit"`.
	Action string
	// Waited is how long it was tried.
	Waited time.Duration
	// State is what was seen last; empty where nothing was.
	State string
	// Hint is what to look at; empty where nothing is known.
	Hint string
	Err  error
}

func (e *ActionError) Error() string {
	var b strings.Builder
	b.WriteString(e.Action)
	if errors.Is(e.Err, context.DeadlineExceeded) || errors.Is(e.Err, context.Canceled) { // else it was refused at once
		fmt.Fprintf(&b, ": gave up after %v", round(e.Waited))
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if e.State != "" {
		fmt.Fprintf(&b, "\n  last seen: %s", e.State)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "\n  hint: %s", e.Hint)
	}
	return b.String()
}

func (e *ActionError) Unwrap() error { return e.Err }

// GomegaString is as that of SessionError.
func (e *ActionError) GomegaString() string { return e.Error() }
