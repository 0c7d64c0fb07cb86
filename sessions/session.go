package sessions

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Kind tells what drives a session.
type Kind string

// The kinds of sessions.
const (
	KindBrowser Kind = "browser"
	KindHTTP    Kind = "http"
)

// Session is one independent user of the system under test.
type Session interface {
	// Name says who the user is; it is unique in a run and not empty.
	Name() string
	// Tenant is the organisation that the user belongs to; empty where there is none.
	Tenant() string
	Kind() Kind
	// Doing tells what the session is doing now and for how long, or did last.
	Doing() Activity
	// Done is closed when the session can no longer be used; Err tells why then, and is nil before.
	Done() <-chan struct{}
	Err() error
	// Evidence is what can be seen of the session now. It is never nil; what could not be had is named in
	// its Problems.
	Evidence(ctx context.Context) *Evidence
	// Close ends the session and leaves nothing of it behind. It may be called more than once.
	Close(ctx context.Context) error
}

// Identity names a session.
type Identity struct {
	Name   string
	Tenant string
}

// check looks at what all kinds of sessions are opened with, and puts the default of the timeout in.
func (id Identity) check(baseURL string, timeout *time.Duration) (base *url.URL, err error) {
	if id.Name == "" {
		return nil, fmt.Errorf("%w: a session needs a name", ErrInvalidOption)
	}
	if base, err = parseBase(baseURL); err != nil {
		return nil, &SessionError{Session: id.Name, Err: err}
	}
	if *timeout < 0 {
		return nil, &SessionError{Session: id.Name, Err: fmt.Errorf("%w: action timeout %v is negative", ErrInvalidOption, *timeout)}
	}
	if *timeout == 0 {
		*timeout = DefaultActionTimeout
	}
	return base, nil
}

// Activity is what a session does, as people read it in progress lines and errors.
type Activity struct {
	// What is a phrase such as `click "#edit"`; empty before the first verb.
	What string
	// Since is when it began.
	Since time.Time
	// Took is how long it took; zero while it goes on.
	Took time.Duration
	// Again is how many verbs in a row only looked at the page, and each for what one of them had looked for before: while
	// it grows, somebody polls.
	Again int
}

// String is the activity as a phrase: `click "#edit" for 1.2s`, `idle after click "#edit"`, or "idle".
func (a Activity) String() string {
	switch {
	case a.What == "":
		return "idle"
	case a.Took == 0:
		return fmt.Sprintf("%s for %v", a.What, round(time.Since(a.Since)))
	default:
		return "idle after " + a.What
	}
}

// activities keeps the current activity; its zero value is idle.
type activities struct {
	mu      sync.Mutex
	current Activity
	looked  map[string]bool // what the verbs since the last that did more have looked for
}

// begin notes what starts now; the returned func notes its end.
func (a *activities) begin(what string) (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = Activity{What: what, Since: time.Now(), Again: a.again(what)}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.current.What == what {
			a.current.Took = max(time.Since(a.current.Since), 1)
		}
	}
}

// looking are the verbs that change nothing, as far as anybody knows of a script.
var looking = map[string]bool{"read": true, "look": true, "evaluate": true}

// again counts how often in a row it was looked for something not new; the lock is held.
func (a *activities) again(what string) int {
	verb, _, _ := strings.Cut(what, " ")
	switch {
	case !looking[verb]:
		a.looked = nil
		return 0
	case a.looked[what]:
		return a.current.Again + 1
	case a.looked == nil:
		a.looked = map[string]bool{}
	}
	a.looked[what] = true
	return 0
}

// Doing implements Session.
func (a *activities) Doing() Activity {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current
}

// round makes a duration readable.
func round(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Second:
		return d.Round(time.Second)
	case d > time.Second:
		return d.Round(100 * time.Millisecond)
	default:
		return d.Round(time.Millisecond)
	}
}
