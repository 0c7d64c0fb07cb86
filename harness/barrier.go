package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
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

// PartyCount says how many sessions meet, of all those whose steps declare the barrier: whichever come first.
// Zero means all of them.
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
	if !ok || running.run.scenario != b.scenario {
		return fmt.Errorf("barrier %q: the context is not that of a body of scenario %q: pass on the ctx that the body was handed", b.name, b.scenario.name)
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
