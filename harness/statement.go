package harness

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// stating is a statement on its way through the gate of the database. Its strand is a session's beside that of its request, which
// waits meanwhile:
//
//	what                                   its strand is then
//	-------------------------------------  ---------------------------------------------------------
//	the application has sent it            held
//	it is at the database                  moving
//	it waits there for a lock              waiting; the database is asked before each release
//	the answer of one that waited is here  held
//	its answer is about to go on           ended, when its request moves again
type stating struct {
	of      *statements
	request *passing
	what    string
	safe    bool
	strand  *schedule.Strand

	mu    sync.Mutex
	since time.Time // when it went to the database
	waits string    // for whom it did when last seen
	end   *pg.Outcome
}

var _ pg.Passing = (*stating)(nil)

// Pass implements pg.Passing.
func (st *stating) Pass(ctx context.Context) error {
	if err := goOn(st.strand.Arrive(ctx, st.what, st.safe)); err != nil {
		return err // it was not released: another one moves
	}
	st.mu.Lock()
	st.since = time.Now()
	st.mu.Unlock()
	st.of.moves(st.request)
	return nil
}

// Waits implements pg.Passing.
func (st *stating) Waits(by []pg.Backend, still func(context.Context) bool) {
	on := st.of.holders(by)
	st.mu.Lock()
	first := st.waits == ""
	st.waits = on
	st.mu.Unlock()
	if first {
		st.of.happened(st.request.user.session.Name(), "waits for "+on)
	}
	st.strand.Wait(on, still)
}

// Back implements pg.Passing. The strand resumes first, as only what moves comes to a point.
func (st *stating) Back(ctx context.Context) error {
	st.strand.Resume()
	if err := goOn(st.strand.Arrive(ctx, answerWord+st.what, st.of.stateless(st.request))); err != nil {
		return err
	}
	st.of.moves(st.request)
	return nil
}

// End implements pg.Passing. The request moves before its statement stops doing so.
func (st *stating) End(o pg.Outcome) {
	st.mu.Lock()
	st.end = &o
	st.mu.Unlock()
	st.request.stated()
	st.strand.End()
}

func (st *stating) doing() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.since.IsZero():
		return st.what
	case st.waits != "":
		return fmt.Sprintf("%s waits for %s", st.what, st.waits)
	}
	return fmt.Sprintf("%s is at the database for %v", st.what, readable(time.Since(st.since)))
}

func (st *stating) ended() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.end != nil
}

// outcome is what the database said: a SQLSTATE if it refused, or else the command tag, which has the number of rows.
func (st *stating) outcome() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.end == nil:
		return "no answer"
	case st.end.Err != nil:
		return "connection lost"
	case st.end.State != "":
		return st.end.State
	}
	return st.end.Tag
}

// states notes that the request cannot go on before a statement of it has.
func (x *passing) states() {
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	x.stating++
	x.strand.Wait("a statement of it", nil)
}

// responds notes that the response goes on. An application may begin it before its last statement.
func (x *passing) responds() {
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	if x.stating > 0 {
		x.strand.Wait("a statement of it", nil)
	}
}

// stated notes that a statement has its answer.
func (x *passing) stated() {
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	if x.stating--; x.stating == 0 {
		x.strand.Resume()
	}
}

// isOver tells whether nothing more is to come of the request. The gateway may not have come to its end when the body of an HTTP
// session is at what is not explored any more.
func (x *passing) isOver() bool {
	u := x.user
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.exchanges[x] || u.browser == nil && u.body && !u.counts
}

// unscheduled tells whether the session may have requests on their way that are no points.
func (u *user) unscheduled() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for x := range u.exchanges {
		if x.strand == nil {
			return true
		}
	}
	return u.body && !u.counts
}
