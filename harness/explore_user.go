package harness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// user is a session under a schedule.
type user struct {
	*scheduling
	session *Session
	live    sessions.Session
	browser *sessions.Browser // nil for an HTTP session
	gateway *gateway.Gateway  // nil where there is none
	lane    *schedule.Session
	strand  *schedule.Strand

	// The coordinator's own.
	item    *Step // that runs
	retired bool

	mu        sync.Mutex
	body      bool // one runs
	awaits    bool // the body of an HTTP session is in a request, as far as its gateway knows
	counts    bool // its points do
	over      bool // nothing is held any more
	exchanges map[*passing]bool
	numbers   map[string][]int // in the gateway's record, of the requests that are points, by name
	change    chan struct{}    // closed when an exchange ends
	passed    uint64           // how often an exchange began, went on or ended
	polled    polling          // of the scheduler's goroutine

	proved proof
}

func (s *scheduling) newUser(session *Session) *user {
	u := &user{scheduling: s, session: session, live: s.run.live[session], exchanges: map[*passing]bool{}, numbers: map[string][]int{}, change: make(chan struct{})}
	u.browser, _ = u.live.(*sessions.Browser)
	u.gateway = gatewayOf(u.live)
	return u
}

// enter makes the user one of the scheduler's.
func (u *user) enter() {
	u.lane = u.scheduler.Session(u.session.Name())
	u.strand = u.lane.Start(func() string { return u.live.Doing().String() })
}

// leave ends all that the user has to do with the schedule.
func (u *user) leave() {
	if u.gateway != nil {
		u.gateway.Guard(nil)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.over = true
	close(u.change)
}

// starts notes that an item begins.
func (u *user) starts(counts bool) {
	u.mu.Lock()
	u.counts = counts
	u.mu.Unlock()
	u.strand.Resume()
}

// begin is called by the goroutine of a body that is about to start.
func (s *scheduling) begin(ctx context.Context, item *Step) error {
	u := s.userOf(item)
	if u == nil {
		return nil
	}
	if s.at(StepStarts) && s.counts[item.index] == explored {
		if err := goOn(u.strand.Arrive(ctx, fmt.Sprintf("%s%q", startsWord, item.name), false)); err != nil {
			return err
		}
	}
	u.mu.Lock()
	u.body = true
	u.mu.Unlock()
	if u.browser != nil {
		u.strand.Wait("its page, or another session that changes it", u.idle)
	}
	return nil
}

// goOn lets whoever was held go on where the schedule has come to its end, or all are let go because they wait for each other. Where it was
// broken off, the error stays: a request that nobody let go must not reach the server, where the data of the next schedule may be by then.
func goOn(err error) error {
	ended, ok := errors.AsType[*schedule.EndedError](err)
	if ok && (errors.Is(ended, schedule.ErrFinished) || deadlock(ended)) {
		return nil
	}
	return err
}

// left notes that the body of an item has returned: the session moves until the coordinator knows.
func (s *scheduling) left(item *Step) {
	u := s.userOf(item)
	if u == nil {
		return
	}
	u.mu.Lock()
	u.body = false
	u.mu.Unlock()
	u.moves()
}

// moves notes that the body goes on. The gateway may not have come to the end of its last request, whose response it has passed
// on already: that end means nothing any more.
func (u *user) moves() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.awaits = false
	u.strand.Resume()
}

// waits lets the strand wait until the coordinator starts an item.
func (u *user) waits(next *Step) {
	on := "the turn of its " + next.label()
	if other := u.run.waitsFor(next); other != nil {
		on = fmt.Sprintf("%s of %s", other.label(), other.session.Name())
	}
	u.strand.Wait(on, u.resting())
}

// resting is the proof that nothing comes of the session without a body; nil where none is needed.
func (u *user) resting() func(context.Context) bool {
	if u.browser == nil {
		return nil
	}
	return u.idle
}

// meets is called by a body that waits at a barrier, before and after.
func (s *scheduling) meets(ctx context.Context, item *Step, m *meeting) (met func(), err error) {
	u := s.userOf(item)
	if u == nil {
		return func() {}, nil
	}
	u.moves()
	if s.at(Barriers) && s.counts[item.index] == explored {
		if err := goOn(u.strand.Arrive(ctx, fmt.Sprintf("%s%q", meetsWord, m.declared.name), false)); err != nil {
			return nil, err
		}
	}
	u.strand.Wait(fmt.Sprintf("barrier %q", m.declared.name), func(ctx context.Context) bool {
		return m.holds(u.session.Name()) && (u.browser == nil || u.atRest(ctx))
	})
	return u.resumes, nil
}

// awaits is called by a body that waits for others to write a run variable.
func (s *scheduling) awaits(item *Step, on string, still func(context.Context) bool) (goesOn func()) {
	u := s.userOf(item)
	if u == nil {
		return func() {}
	}
	u.moves()
	u.strand.Wait(on, func(ctx context.Context) bool { return still(ctx) && (u.browser == nil || u.atRest(ctx)) })
	return u.resumes
}

// resumes notes that a body that waited for others goes on.
func (u *user) resumes() {
	u.strand.Resume()
	if u.browser != nil {
		u.strand.Wait("its page, or another session that changes it", u.idle)
	}
}

// retire ends the strand of a session of which no item is left. A page can still do something: its last requests may be held,
// and it reacts to their responses.
func (u *user) retire(ctx context.Context) {
	u.lane.Finish()
	if u.browser == nil {
		u.strand.End()
		return
	}
	u.retiring.Go(func() {
		defer u.strand.End()
		for {
			before, _ := u.held()
			if u.comeToRest(ctx, u.pointLimit()) != nil {
				return // the session is gone, or the run; or its page never rests, and nobody waits for it any more
			}
			change, waits := u.held()
			switch {
			case !waits && change == before:
				return
			case change != before: // a response has come meanwhile, and the page may react to it
				continue
			}
			u.strand.Wait("the responses to its last requests", u.idle)
			select {
			case <-change:
			case <-ctx.Done():
				return
			}
			u.strand.Resume()
		}
	})
}

// held tells whether requests of the session are on their way, and when that changes.
func (u *user) held() (change <-chan struct{}, waits bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for x := range u.exchanges {
		waits = waits || x.sort != background
	}
	return u.change, waits && !u.over
}

// comeToRest waits until the page of a browser rests.
func (u *user) comeToRest(ctx context.Context, limit time.Duration) error {
	if u.browser == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !u.atRest(ctx) {
		switch {
		case u.live.Err() != nil:
			return u.live.Err()
		case ctx.Err() != nil:
			return &sessions.SessionError{Session: u.session.Name(), Err: fmt.Errorf("its page did not come to rest within %v: %s", limit, u.unrest())}
		}
	}
	return nil
}

// pointLimit is PointLimit.
func (e *exploration) pointLimit() time.Duration {
	if e.limit == 0 {
		return defaultPointLimit
	}
	return e.limit
}
