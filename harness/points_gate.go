package harness

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// passing is one request of a user, on its way through the gate.
type passing struct {
	user   *user
	sort   traffic
	what   string
	key    requestKey
	safe   bool
	strand *schedule.Strand // nil if it is no point
	since  atomic.Int64     // when it went to its server; 0: it has not

	path, trace string // as it was sent, for statements that name their request

	// Guarded by the user's mutex.
	out     bool // it went to its server
	stating int  // statements of it under way
}

// requestKey tells which request of a page an exchange is.
type requestKey struct{ method, host, target string }

// Begin implements gateway.Gate.
func (u *user) Begin(p gateway.Passage) gateway.Passing {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over {
		return nil
	}
	u.passed++
	x := &passing{
		user: u, sort: u.names.sort(p), what: u.names.name(p.Method, p.URL), safe: isSafe(p.Method),
		key: requestKey{p.Method, p.URL.Host, p.URL.RequestURI()}, path: p.URL.Path, trace: traceIn(p.Header),
	}
	if x.sort == scheduled && (!u.counts || !u.at(Requests|Responses)) {
		x.sort = shown
	}
	if x.sort != scheduled && u.browser == nil {
		return nil // the body moves until it has the response
	}
	u.exchanges[x] = true
	if x.sort == scheduled {
		u.numbers[x.what] = append(u.numbers[x.what], p.Number)
		x.strand = u.lane.Start(x.doing)
		if u.browser == nil {
			u.strand.Wait("the response to "+x.what, nil)
			u.awaits = true
		}
	}
	return x
}

func (x *passing) doing() string {
	since := x.since.Load()
	if since == 0 {
		return x.what
	}
	return fmt.Sprintf("%s waits for its server for %v", x.what, readable(time.Since(time.Unix(0, since))))
}

// Pass implements gateway.Passing.
func (x *passing) Pass(ctx context.Context, stage gateway.Stage) error {
	defer x.user.passes()
	switch {
	case x.strand == nil:
		return nil
	case stage == gateway.RequestOut && x.user.at(Requests):
		if err := goOn(x.strand.Arrive(ctx, x.what, x.safe)); err != nil {
			return err
		}
		x.user.statements.moves(x)
	case stage == gateway.ResponseIn && x.user.at(Responses):
		err := goOn(x.strand.Arrive(ctx, responseWord+x.what, true))
		x.responds()
		return err
	}
	return nil
}

// Sent implements gateway.Passing.
func (x *passing) Sent() { x.since.Store(time.Now().UnixNano()) }

// End implements gateway.Passing. The body of an HTTP session moves before its request stops doing so.
func (x *passing) End() {
	u := x.user
	u.mu.Lock()
	u.passed++
	delete(u.exchanges, x)
	if u.awaits && len(u.exchanges) == 0 {
		u.awaits = false
		u.strand.Resume()
	}
	if !u.over {
		close(u.change)
		u.change = make(chan struct{})
	}
	u.mu.Unlock()
	if x.strand != nil {
		x.strand.End()
	}
}

// passes notes that an exchange goes on, to which its page may react.
func (u *user) passes() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.passed++
}
