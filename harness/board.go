package harness

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/barrier"
)

// board has what each session is doing or waiting for, for whoever wants to see it while the run goes on.
type board struct {
	name     string
	total    int
	sessions []*Session

	mu      sync.Mutex
	ended   int
	at      map[*Session]situation
	waiting map[*Session]*Step // what a session without a situation waits for
}

// situation is what a session is at.
type situation struct {
	item    *Step            // nil while the session is opened
	session sessions.Session // nil while it is opened
	meeting *meeting         // at which it waits; nil elsewhere
	since   time.Time
}

func newBoard(sc *Scenario) *board {
	return &board{name: sc.name, total: len(sc.items), sessions: sc.used(), at: map[*Session]situation{}}
}

func (b *board) opens(s *Session) { b.put(s, situation{since: time.Now()}) }

func (b *board) begins(item *Step, session sessions.Session) {
	b.put(item.session, situation{item: item, session: session, since: time.Now()})
}

func (b *board) put(s *Session, at situation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at[s] = at
}

func (b *board) opened(s *Session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.at, s)
}

// ends notes the end of an item, whether it ran or not.
func (b *board) ends(item *Step) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended++
	if b.at[item.session].item == item {
		delete(b.at, item.session)
	}
}

func (b *board) waitsAt(item *Step, m *meeting) { b.meets(item, m) }
func (b *board) goesOn(item *Step)              { b.meets(item, nil) }

// meets changes nothing for an item that has ended: a body that was left behind is not shown.
func (b *board) meets(item *Step, m *meeting) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := b.at[item.session]; at.item == item {
		at.meeting = m
		b.at[item.session] = at
	}
}

func (b *board) waitFor(waiting map[*Session]*Step) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = waiting
}

// String is one line: the scenario, how far it is, and what every session is at.
func (b *board) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	parts := []string{fmt.Sprintf("%s: %d of %d done", b.name, b.ended, b.total)}
	for _, s := range b.sessions {
		if at, ok := b.at[s]; ok {
			parts = append(parts, s.Name()+" "+at.String())
		} else if on := b.waiting[s]; on != nil {
			parts = append(parts, fmt.Sprintf("%s waits for %s of %s", s.Name(), on.label(), on.session.Name()))
		}
	}
	return strings.Join(parts, " · ")
}

func (at situation) String() string {
	switch {
	case at.item == nil:
		return fmt.Sprintf("is being opened (%v)", readable(time.Since(at.since)))
	case at.meeting != nil:
		return fmt.Sprintf("in %q waits at barrier %s", at.item.name, who(at.meeting.State()))
	}
	return fmt.Sprintf("in %q (%v): %s%s", at.item.name, readable(time.Since(at.since)), at.session.Doing(), held(at.session))
}

// held is what waits at the gateway of a session, in addition to what it does.
func held(s sessions.Session) string {
	g := gatewayOf(s)
	if g == nil {
		return ""
	}
	holding := g.Holding()
	if len(holding) == 0 {
		return ""
	}
	return ", at its gateway " + strings.Join(holding, ", ")
}

// who is a barrier's name and those who are missing there.
func who(s barrier.State) string {
	if s.Phase != barrier.Waiting {
		return fmt.Sprintf("%q", s.Name)
	}
	var missing []string
	for _, m := range s.Missing {
		missing = append(missing, m.Party)
	}
	return fmt.Sprintf("%q for %s (%v, %v left)", s.Name, strings.Join(missing, ", "), readable(s.Waited), readable(s.Remaining))
}

// readable leaves out what nobody reads.
func readable(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}
