package virtual

import "time"

// Sample is one request as statistics see it, redirects and a repetition included: one for each Do.
type Sample struct {
	// User is who sent it.
	User string
	// Name is the request's, or method and path; Group is the path of groups that it was sent in, empty for none.
	Name, Group string
	// Intended is when it was to start, as told by User.Intend; zero if nobody said. Start is when it did, End when
	// the answer was read.
	Intended, Start, End time.Time
	// HeldUntil is how long it was held back on purpose, as told by User.HeldUntil; zero if it was not. What is later
	// than both this and Intended is the lateness of who generates the load.
	HeldUntil time.Time
	// Sent and Received are bytes on the wire, headers and TLS included.
	Sent, Received int64
	// Status is that of the last answer, zero where there was none.
	Status int
	// Redirects is how many were followed.
	Redirects int
	// Class says what went wrong, OK if nothing did; Message says it in words that are the same for the same
	// mistake: without addresses of connections, and without secrets.
	Class   Class
	Message string
}

// Recorder takes samples. It is called on the user's goroutine after each request, and must not keep the sample,
// which is the user's and is written over by the next.
type Recorder interface {
	Record(*Sample)
}

// Class is the kind of a failure. The zero value is OK.
type Class uint8

// The kinds of failures of a request.
const (
	// OK is no failure.
	OK Class = iota
	// Interrupted is no failure of the target: the context ended, or the user was closed.
	Interrupted
	// Invalid was never sent: the request cannot be made.
	Invalid
	// Foreign was never sent: it, or a redirect, led to a host that is not the target.
	Foreign
	// Connect is that no connection could be made, TLS included.
	Connect
	// ConnectTimeout is that none was made in time.
	ConnectTimeout
	// Timeout is that the answer was not there in time.
	Timeout
	// TotalTimeout is that the request with all its redirects was not done in time.
	TotalTimeout
	// Reset is that the connection was reset, or closed before any byte of the answer.
	Reset
	// Stale is that a kept connection turned out to be closed, and the request may not be repeated.
	Stale
	// Truncated is that the connection ended within the answer.
	Truncated
	// Malformed is an answer that is not HTTP, or not in the encoding that it says.
	Malformed
	// TooLarge is that the header or the body was larger than allowed.
	TooLarge
	// Circle is that redirects led back to where they had been.
	Circle
	// TooManyRedirects is that there were more redirects than allowed.
	TooManyRedirects
	// Unexpected is that the answer came and its check refused it.
	Unexpected
)

var classes = [...]string{
	"ok", "interrupted", "invalid", "foreign host", "connect", "connect timeout", "request timeout", "total timeout", "reset",
	"stale connection", "truncated", "malformed", "too large", "redirect circle", "too many redirects", "check",
}

// String is the class in words, such as "request timeout".
func (c Class) String() string {
	if int(c) < len(classes) {
		return classes[c]
	}
	return "unknown"
}
