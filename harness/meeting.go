package harness

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/barrier"
	"github.com/seed49090845/lockstep/sync/order"
)

// meeting is a barrier in one run.
type meeting struct {
	*barrier.Barrier
	declared *Barrier
	users    []*Step
}

// usersOf lists the items that come to the barrier.
func (sc *Scenario) usersOf(b *Barrier) []*Step {
	var users []*Step
	for _, item := range sc.items {
		if item.comesTo(b) {
			users = append(users, item)
		}
	}
	return users
}

func (s *Step) comesTo(b *Barrier) bool { return s.startsAt == b || slices.Contains(s.meets, b) }

// sessionsOf are the sessions of the items, in order of declaration; an item without one is left out.
func sessionsOf(users []*Step) []*Session {
	var all []*Session
	for _, user := range users {
		if user.session != nil && !slices.Contains(all, user.session) {
			all = append(all, user.session)
		}
	}
	return all
}

func namesOf(all []*Session) []string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Name()
	}
	return names
}

func (sc *Scenario) meeting(b *Barrier) (*meeting, error) {
	users := sc.usersOf(b)
	options := barrier.Options{Parties: namesOf(sessionsOf(users)), Count: b.count, Timeout: b.timeout, Cyclic: b.cyclic}
	made, err := barrier.New(b.name, options)
	if err != nil {
		return nil, err
	}
	return &meeting{Barrier: made, declared: b, users: users}, nil
}

// meet waits at the barrier for an item's session, and shows it in what the session is doing. It is called by bodies.
func (r *run) meet(ctx context.Context, item *Step, b *Barrier) error {
	r.board.waitsAt(item, r.meetings[b])
	defer r.board.goesOn(item)
	met, err := r.schedule.meets(ctx, item, r.meetings[b])
	if err != nil {
		return err
	}
	defer met()
	_, err = r.meetings[b].Wait(ctx, item.session.Name())
	return err
}

// holds tells whether the barrier is closed and the party waits at it.
func (m *meeting) holds(party string) bool {
	s := m.State()
	return s.Phase == barrier.Waiting && slices.ContainsFunc(s.Arrived, func(p barrier.Present) bool { return p.Party == party })
}

// updateMeetings tells the barriers who can no longer come, and why. Telling them again changes nothing.
func (r *run) updateMeetings() {
	for _, b := range r.scenario.barriers {
		m := r.meetings[b]
		for _, session := range sessionsOf(m.users) {
			if reason := r.gone(m, session); reason != nil {
				m.Leave(session.Name(), reason)
			}
		}
	}
}

// gone tells why no item of the session will come to the meeting any more; nil means that one may.
func (r *run) gone(m *meeting, session *Session) error {
	if err := r.live[session].Err(); err != nil {
		return withoutSession(err, session.Name())
	}
	var reason error
	for _, user := range m.users {
		if user.session != session {
			continue
		}
		why := r.absence(user)
		if why == nil {
			return nil
		}
		if reason == nil || r.states[user.index].record.Outcome != Passed {
			reason = why
		}
	}
	return reason
}

// absence tells why the item will not come to any barrier from now on; nil means that it may.
func (r *run) absence(item *Step) error {
	s := &r.states[item.index]
	switch {
	case s.ended && s.record.Outcome == Passed:
		return fmt.Errorf("its %s has ended and passed; Meets declares that its body waits there", item.label())
	case s.ended && s.blame != nil:
		return fmt.Errorf("its %s %s: %s", item.label(), s.record.Outcome, r.root(s.blame))
	case s.ended && len(s.record.Cause) > 0:
		return fmt.Errorf("its %s %s: %s", item.label(), s.record.Outcome, firstLine(s.record.Cause[0]))
	case s.ended:
		return fmt.Errorf("its %s %s", item.label(), s.record.Outcome)
	}
	if blame := r.obstacle(item, map[*Step]*Step{}); blame != nil {
		return fmt.Errorf("its %s will not run: %s", item.label(), r.root(blame))
	}
	return nil
}

// root says what became of the item that is at the beginning of the chain of those to blame.
func (r *run) root(item *Step) string {
	for r.states[item.index].blame != nil {
		item = r.states[item.index].blame
	}
	return fmt.Sprintf("%s of %s %s", item.label(), item.session.Name(), r.states[item.index].record.Outcome)
}

// obstacle finds an item that has not passed and without which this one, which has not started, cannot run: its
// fate is known before its turn. Known remembers what was found for others.
func (r *run) obstacle(item *Step, known map[*Step]*Step) *Step {
	if blame, ok := known[item]; ok {
		return blame
	}
	known[item] = nil
	if s := &r.states[item.index]; s.started || s.ended {
		if s.ended && s.record.Outcome != Passed {
			known[item] = item
		}
		return known[item]
	}
	for _, needed := range r.needs(item) {
		if blame := r.obstacle(needed, known); blame != nil {
			known[item] = blame
			break
		}
	}
	return known[item]
}

// needs are the items that must pass for this one to run.
func (r *run) needs(item *Step) []*Step {
	if item.kind == KindPostcondition {
		return item.requires
	}
	needed := r.preconditions(item)
	if !item.alwaysRun {
		needed = append(needed, item.requires...)
	}
	if item.of != nil && !item.of.alwaysRun {
		needed = append(needed, item.of.requires...)
	}
	return needed
}

// watchSessions reports each session that ends while the run goes on.
func (r *run) watchSessions() (ended <-chan *Session, stop func()) {
	deaths := make(chan *Session, len(r.live))
	quit := make(chan struct{})
	watching := make(chan struct{}, len(r.live))
	for declared, session := range r.live {
		go func() {
			defer func() { watching <- struct{}{} }()
			select {
			case <-session.Done():
				deaths <- declared
			case <-quit:
			}
		}()
	}
	return deaths, func() {
		close(quit)
		for range r.live {
			<-watching
		}
	}
}

// waitsFor is the first item that this one still waits for; nil if there is none in another session.
func (r *run) waitsFor(item *Step) *Step {
	for _, edge := range r.plan.Dependencies(order.Node(item.index)) {
		on := r.scenario.items[edge.On]
		if !r.states[edge.On].ended && on.session != item.session {
			return on
		}
	}
	return nil
}

func firstLine(text string) string {
	const enough, limit = 24, 120
	first, rest, _ := strings.Cut(text, "\n")
	if len(first) >= enough || rest == "" {
		return first
	}
	// Gomega's first line is but "Expected".
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > limit {
		return string(line[:limit]) + "…"
	}
	return string(line)
}
