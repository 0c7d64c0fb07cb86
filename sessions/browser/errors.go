package browser

import "errors"

// The conditions that callers tell apart with errors.Is.
var (
	ErrNotFound = errors.New("no browser found")
	ErrLaunch   = errors.New("the browser did not start")
	ErrAttach   = errors.New("cannot attach to the browser")
	ErrDied     = errors.New("the browser died")
	ErrCrashed  = errors.New("the page crashed")
	ErrClosed   = errors.New("closed")
	// ErrNoAnswer says that the page's gateway answered in the place of a server that it could not ask.
	ErrNoAnswer = errors.New("no answer from the server")

	// ErrInvalidOption is wrapped by every error about an option that does not fit.
	ErrInvalidOption = errors.New("invalid option")
)

var errNotOurs = errors.New("not a folder of ours")

// ScriptError is an exception that ended a script given to Evaluate. It reads alike on all drivers.
type ScriptError struct {
	// Text is the exception as a console shows it.
	Text string
	// Err is the driver's own error.
	Err error
}

func (e *ScriptError) Error() string { return e.Text }

func (e *ScriptError) Unwrap() error { return e.Err }
