package virtual

import (
	"context"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// remembered is how many requests are kept for evidence: a user is to cost little, and its last requests tell most.
const remembered = 8

// seen is what others may look at while the user is at work.
type seen struct {
	mu       sync.Mutex
	busy     bool
	current  exchange
	requests [remembered]exchange
	count    int // of all requests
}

// exchange is a request as it is remembered; no text is made of it until somebody asks.
type exchange struct {
	at           time.Time
	took         time.Duration
	method, path string
	status       int
	failure      *Error
}

func (u *User) begin(method, path string, at time.Time) {
	u.seen.mu.Lock()
	u.seen.busy = true
	u.seen.current = exchange{at: at, method: method, path: path}
	u.seen.mu.Unlock()
}

func (u *User) finish(failure *Error, end time.Time) {
	s := &u.seen
	s.mu.Lock()
	s.busy = false
	s.current.took, s.current.status, s.current.failure = max(end.Sub(s.current.at), 1), u.response.Status, failure
	s.requests[s.count%remembered] = s.current
	s.count++
	s.mu.Unlock()
}

// Doing implements sessions.Session.
func (u *User) Doing() sessions.Activity {
	u.seen.mu.Lock()
	current := u.seen.current
	u.seen.mu.Unlock()
	if current.method == "" {
		return sessions.Activity{}
	}
	return sessions.Activity{What: u.phrase(current.method, current.path), Since: current.at, Took: current.took}
}

// phrase says what a request is, without secrets.
func (u *User) phrase(method, path string) string {
	return method + " " + u.target.options.Redactor.URL(path)
}

// Evidence implements sessions.Session: the last requests, and the last answer if none is in progress.
func (u *User) Evidence(context.Context) *sessions.Evidence {
	e := &sessions.Evidence{Session: u.Name(), Tenant: u.Tenant(), Kind: u.Kind(), At: time.Now(), Doing: u.Doing().String()}
	redactor := u.target.options.Redactor
	s := &u.seen
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Dropped = max(0, s.count-remembered)
	for i := e.Dropped; i < s.count; i++ {
		e.Requests = append(e.Requests, s.requests[i%remembered].record(u))
	}
	switch {
	case s.busy:
		e.Requests = append(e.Requests, s.current.record(u))
		e.Problems = append(e.Problems, "a request is in progress: its answer is not there yet")
	case u.response.Status != 0:
		e.URL, e.Source = redactor.URL(u.response.URL()), redactor.HTML(string(u.response.Body))
	}
	if err := u.Err(); err != nil {
		e.Problems = append(e.Problems, redactor.Text(err.Error()))
	}
	return e
}

func (x *exchange) record(u *User) sessions.RequestRecord {
	r := sessions.RequestRecord{At: x.at, Took: x.took, Method: x.method, URL: u.target.options.Redactor.URL(x.path), Status: x.status}
	if x.failure != nil {
		r.Error = x.failure.Message
	}
	return r
}
