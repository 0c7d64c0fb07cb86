package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed49090845/lockstep/sync/barrier"
)

// Barrier declares a named rendezvous of several sessions. Steps declare with Meets or StartsAt that they
// come to it.
type Barrier struct {
	scenario *Scenario
	name     string
	place    place
	parties  []*Session
	count    int
	timeout  time.Duration
	cyclic   bool
}

// Name is the name of the barrier.
func (b *Barrier) Name() string { return b.name }

// BarrierOption changes a barrier.
type BarrierOption func(*Barrier)

// Parties names the sessions that meet. Without it and without PartyCount, the sessions whose steps declare
// the barrier meet.
func Parties(sessions ...*Session) BarrierOption {
	return func(b *Barrier) { b.parties = append(b.parties, sessions...) }
}

// PartyCount says how many sessions meet, of all those whose steps declare the barrier.
func PartyCount(n int) BarrierOption { return func(b *Barrier) { b.count = n } }

// BarrierTimeout limits the time from the first arrival until all are there; zero means 30 s.
func BarrierTimeout(d time.Duration) BarrierOption { return func(b *Barrier) { b.timeout = d } }

// Cyclic lets the parties meet again and again.
func Cyclic() BarrierOption { return func(b *Barrier) { b.cyclic = true } }

// Barrier declares a barrier.
func (sc *Scenario) Barrier(name string, options ...BarrierOption) *Barrier {
	b := &Barrier{scenario: sc, name: name, place: caller()}
	for _, option := range options {
		if option == nil {
			sc.mistake(b.place, fmt.Sprintf("barrier %q has a nil option", name), "remove it")
			continue
		}
		option(b)
	}
	sc.barriers = append(sc.barriers, b)
	return b
}

// ErrNotDeclared says that a body waits at a barrier that its step does not declare.
var ErrNotDeclared = errors.New("the step does not declare this barrier")

// Wait blocks the body until all parties are there. The context is the one that the body was handed, or comes
// from it. The error is a *barrier.BrokenError when not all came, and says who is missing and why.
func (b *Barrier) Wait(ctx context.Context) error {
	running, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		return fmt.Errorf("barrier %q: the context is not that of a body: pass on the ctx that the body was handed", b.name)
	}
	if !slices.Contains(running.item.meets, b) && running.item.startsAt != b {
		return fmt.Errorf("barrier %q: %w: add harness.Meets to %s", b.name, ErrNotDeclared, running.item.label())
	}
	return running.run.meet(ctx, running.item, b)
}

// runningKey finds in a body's context who is running.
type runningKey struct{}

type running struct {
	run  *run
	item *Step
}

// rendezvous is a barrier in one run.
type rendezvous struct {
	*barrier.Barrier
	declared *Barrier
	users    []*Step
}

// usersOf lists the items that come to the barrier.
func (sc *Scenario) usersOf(b *Barrier) []*Step {
	var users []*Step
	for _, item := range sc.items {
		if item.startsAt == b || slices.Contains(item.meets, b) {
			users = append(users, item)
		}
	}
	return users
}

// candidates are the names of the sessions that may come, in order of declaration.
func candidates(users []*Step) []string {
	var names []string
	for _, user := range users {
		if name := user.session.Name(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (sc *Scenario) rendezvous(b *Barrier) (*rendezvous, error) {
	users := sc.usersOf(b)
	options := barrier.Options{Parties: candidates(users), Count: b.count, Timeout: b.timeout, Cyclic: b.cyclic}
	made, err := barrier.New(b.name, options)
	if err != nil {
		return nil, err
	}
	return &rendezvous{Barrier: made, declared: b, users: users}, nil
}

// meet waits at the barrier for an item's session, and shows it in what the session is doing.
func (r *run) meet(ctx context.Context, item *Step, b *Barrier) error {
	r.note(item, fmt.Sprintf("waiting at barrier %q", b.name))
	defer r.note(item, "")
	_, err := r.barriers[b].Wait(ctx, item.session.Name())
	return err
}

// leave tells the barriers that an item, which has ended, can no longer come.
func (r *run) leave(item *Step, outcome Outcome) {
	for _, b := range r.scenario.barriers {
		if item.startsAt != b && !slices.Contains(item.meets, b) {
			continue
		}
		meeting := r.barriers[b]
		if r.mayStillCome(meeting, item.session) {
			continue
		}
		meeting.Leave(item.session.Name(), fmt.Errorf("its %s %s", item.label(), outcome))
	}
}

// mayStillCome tells whether another item of the session that comes to the barrier has not ended.
func (r *run) mayStillCome(meeting *rendezvous, session *Session) bool {
	return slices.ContainsFunc(meeting.users, func(user *Step) bool {
		return user.session == session && !r.states[user.index].ended
	})
}
