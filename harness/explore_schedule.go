package harness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// scheduling is a schedule within one run: it stands between the coordinator, the bodies and the gateways on one side, and
// the scheduler on the other. A nil one does nothing.
//
//	what                                    its user's strand is then
//	--------------------------------------  ---------------------------------------------------------
//	an item is started                      moving
//	its body is at a point                  held
//	it sends a request (HTTP session)       waiting, from when its gateway sees it until its response has gone by
//	the body drives a page                  waiting; whether it really does is asked before each release (user.idle)
//	it waits at a barrier                   waiting, while that is closed
//	the body has returned                   moving, until the coordinator has started what comes after it
//	nothing of the session can start yet    waiting
//	nothing of it is left                   ended, when its page has come to rest
//
// Each request that is a point has a strand of its own.
type scheduling struct {
	*exploration
	chooser schedule.Chooser
	stop    context.CancelCauseFunc // of the run
	run     *run

	// The coordinator's own.
	entered bool // points count
	failed  bool // they cannot, as a page did not come to rest before

	scheduler  *schedule.Scheduler
	users      []*user
	statements *statements // nil without a database gateway
	retiring   sync.WaitGroup
	done       chan struct{} // closed when the scheduler has ended
	err        error         // how, and where it was; read them after done
	where      string

	mu     sync.Mutex
	events []schedule.Event
}

func (e *exploration) newScheduling(c schedule.Chooser, stop context.CancelCauseFunc) *scheduling {
	return &scheduling{exploration: e, chooser: c, stop: stop, done: make(chan struct{})}
}

// open tells whether the item may start already.
func (s *scheduling) open(item *Step) bool {
	return s == nil || s.entered || s.counts[item.index] == prelude
}

// more tells whether there are items that only wait for points to count.
func (s *scheduling) more() bool { return s != nil && !s.entered }

// proceed lets points count as soon as everything before has ended.
func (s *scheduling) proceed(ctx context.Context) {
	if s == nil || s.entered {
		return
	}
	for i, state := range s.run.states {
		if s.counts[i] == prelude && !state.ended {
			return
		}
	}
	s.entered = true
	if err := s.enter(ctx); err != nil {
		s.err, s.failed = err, true
		s.stop(err)
		close(s.done)
	}
}

// enter starts the scheduler, and stands at the gateways.
func (s *scheduling) enter(ctx context.Context) (err error) {
	s.scheduler, err = schedule.New(schedule.Options{Sessions: namesOf(s.sessions()), Limit: s.limit, Released: s.released})
	if err != nil {
		return err
	}
	for _, u := range s.users {
		if err := u.comeToRest(ctx, s.pointLimit()); err != nil {
			return fmt.Errorf("before the first point: %w", err)
		}
	}
	for _, u := range s.users {
		u.enter()
	}
	s.statements.count()
	go func() {
		defer close(s.done)
		s.err = s.scheduler.Run(ctx, s.chooser)
		if s.err != nil {
			s.where = s.situation()
		}
		if s.err != nil && !deadlock(s.err) {
			s.stop(s.err)
		}
	}()
	return nil
}

// deadlock tells whether all sessions wait for each other. Then they are let go, and the bodies say what is wrong.
func deadlock(err error) bool {
	stuck, ok := errors.AsType[*schedule.StuckError](err)
	return ok && len(stuck.Late) == 0
}

// situation is what each session is at, with what its gateway has.
func (s *scheduling) situation() string {
	lines := []string{"then: " + s.run.board.String()}
	for _, u := range s.users {
		if u.gateway == nil {
			continue
		}
		for _, pending := range u.gateway.Pending() {
			lines = append(lines, "  at the gateway of "+u.session.Name()+": "+pending)
		}
		for _, starved := range u.gateway.Starved() {
			lines = append(lines, "  "+starved)
		}
	}
	return strings.Join(append(lines, s.statements.situation()...), "\n")
}

// bind makes it that of a run whose sessions are open, and stands at their gateways: it must know what a page has sent before
// points count.
func (s *scheduling) bind(r *run) {
	if s == nil {
		return
	}
	s.run = r
	for _, session := range s.sessions() {
		u := s.newUser(session)
		s.users = append(s.users, u)
		if u.gateway != nil {
			u.gateway.Guard(u)
		}
	}
	s.guard()
}

// userOf finds that of an item; nil before points count.
func (s *scheduling) userOf(item *Step) *user {
	if s == nil || s.counts[item.index] == prelude || s.failed {
		return nil
	}
	for _, u := range s.users {
		if u.session == item.session {
			return u
		}
	}
	return nil
}

// goes notes that the coordinator starts an item.
func (s *scheduling) goes(item *Step) {
	if u := s.userOf(item); u != nil {
		u.item = item
		u.starts(s.counts[item.index] == explored)
	}
}

// taken notes that the coordinator knows of the end of an item.
func (s *scheduling) taken(item *Step) {
	if u := s.userOf(item); u != nil {
		u.item = nil
	}
}

// rest lets the strands of those wait of whom nothing can start, and ends those of whom nothing is left.
func (s *scheduling) rest(ctx context.Context) {
	if s == nil || !s.entered || s.failed {
		return
	}
	for _, u := range s.users {
		if u.item != nil || u.retired {
			continue
		}
		if next := s.next(u); next != nil {
			u.waits(next)
			continue
		}
		u.retired = true
		u.retire(ctx)
	}
}

// next is the first item of the user that has not ended.
func (s *scheduling) next(u *user) *Step {
	for _, item := range s.scenario.items {
		if item.session == u.session && !s.run.states[item.index].ended {
			return item
		}
	}
	return nil
}

// finish waits for the scheduler, and leaves the gateways.
func (s *scheduling) finish() {
	if s == nil {
		return
	}
	if s.entered {
		<-s.done
	}
	s.statements.leave()
	for _, u := range s.users {
		u.leave()
	}
	s.retiring.Wait()
}

// released notes a point that is released.
func (s *scheduling) released(p schedule.Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, schedule.Event{Session: p.Session, Point: p.Point})
}
