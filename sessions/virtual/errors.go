package virtual

import (
	"errors"
	"net"
	"os"
	"strings"

	"github.com/seed49090845/lockstep/sessions"
)

// ErrNotSent is wrapped by errors of requests of which nothing was sent.
var ErrNotSent = errors.New("nothing was sent")

// Error is why a request failed. Do wraps it in a *sessions.SessionError.
type Error struct {
	Class Class
	// Message says what was expected and what was seen. It is the same for the same mistake, so that failures can
	// be counted by it: no addresses of connections, no secrets.
	Message string
	// Err is the cause; nil where the message is all there is.
	Err error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// fail makes an error of what is known.
func fail(class Class, message string, err error) *Error {
	return &Error{Class: class, Message: message, Err: err}
}

// reason is the text of a network error without the addresses of the connection, which are different each time.
func reason(err error) string {
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		return "look up " + lookup.Name + ": " + lookup.Err
	}
	if system, ok := errors.AsType[*os.SyscallError](err); ok {
		return system.Err.Error()
	}
	if operation, ok := errors.AsType[*net.OpError](err); ok {
		return operation.Err.Error()
	}
	return err.Error()
}

// short is the beginning of a text that a server sent, in one line, without secrets.
func short(text string, redactor sessions.Redactor) string {
	const limit = 160
	text = redactor.Text(strings.Join(strings.Fields(strings.ToValidUTF8(text[:min(len(text), 4*limit)], "?")), " "))
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

// hint says what to look at.
func (e *Error) hint() string {
	switch e.Class {
	case Foreign:
		return "only the target gets requests; hosts that belong to it are named in Options.Hosts"
	case Timeout, TotalTimeout, ConnectTimeout:
		return "is the server slow, or the limit in Options.Timeouts too short?"
	case Stale:
		return "the server closes idle connections sooner than the user pauses"
	case Circle:
		return "is a cookie missing that the server waits for?"
	case TooLarge:
		return "raise Options.MaxHeader or Options.MaxBody if that is expected"
	}
	return ""
}
