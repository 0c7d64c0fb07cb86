package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// StuckError says that no point could be released: somebody did not come to a point within the limit, or all wait for
// each other.
type StuckError struct {
	// After is the point that was released last; the zero Point if none was.
	After Point
	// Waited is the time since then.
	Waited time.Duration
	// Late are the sessions that were moving: those that the scheduler waited for. If it is empty, all wait for
	// each other.
	Late []string
	// Doing tells what each session was doing, in the order of Options.Sessions.
	Doing []Doing
}

// Doing is what one session was doing.
type Doing struct {
	Session string
	// What has an entry for each of its strands; it is empty if it has none.
	What []string
	// Finished says that the session had nothing more to begin.
	Finished bool
}

func (d Doing) String() string {
	switch {
	case len(d.What) > 0:
		return fmt.Sprintf("%q %s", d.Session, strings.Join(d.What, "; "))
	case d.Finished:
		return fmt.Sprintf("%q has finished", d.Session)
	}
	return fmt.Sprintf("%q has begun nothing, and has not finished", d.Session)
}

func (e *StuckError) Error() string {
	var text strings.Builder
	since := "since the beginning"
	if e.After != (Point{}) {
		since = "after " + e.After.String()
	}
	waited := e.Waited.Round(time.Millisecond)
	if len(e.Late) > 0 {
		fmt.Fprintf(&text, "schedule: %s did not come to a point within %v %s", quoted(e.Late), waited, since)
	} else {
		fmt.Fprintf(&text, "schedule: all sessions wait for each other, for %v %s", waited, since)
	}
	for _, d := range e.Doing {
		// What a session does may be of several lines; they stay under the session that they belong to.
		text.WriteString("\n  " + strings.ReplaceAll(d.String(), "\n", "\n    "))
	}
	if len(e.Late) > 0 {
		text.WriteString("\n  hint: a session comes to a point, waits for another, or finishes; if it takes longer, give Options.Limit more")
	} else {
		text.WriteString("\n  hint: this order of points ends in a deadlock, which may be the defect")
	}
	return text.String()
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(list, " and ")
}

// stuck is the error for the end of a wait.
func (s *Scheduler) stuck(ctx context.Context, began time.Time) error {
	if ctx.Err() != nil {
		return fmt.Errorf("schedule: the execution was stopped: %w", context.Cause(ctx))
	}
	s.mu.Lock()
	after, strands := s.last, make([][]*Strand, len(s.sessions))
	e := &StuckError{After: after, Waited: time.Since(began)}
	for i, session := range s.sessions {
		strands[i] = slices.Clone(session.strands)
		e.Doing = append(e.Doing, Doing{Session: session.name, Finished: session.finished})
		if session.moves() {
			e.Late = append(e.Late, session.name)
		}
	}
	s.mu.Unlock()
	for i := range e.Doing {
		for _, strand := range strands[i] {
			e.Doing[i].What = append(e.Doing[i].What, strand.tell())
		}
	}
	return e
}

func (s *Session) moves() bool {
	if len(s.strands) == 0 {
		return !s.finished
	}
	return slices.ContainsFunc(s.strands, func(strand *Strand) bool {
		return strand.state == Moving || strand.state == Waiting && strand.doubted
	})
}

// tell says what the strand is doing. It asks the source without the lock.
func (s *Strand) tell() string {
	sc := s.session.scheduler
	sc.mu.Lock()
	state, on, doubted, point := s.state, s.on, s.doubted, Point{}
	for _, h := range sc.held {
		if h.strand == s {
			point = h.pending.Point
		}
	}
	sc.mu.Unlock()
	switch {
	case state == Held:
		return "is held at " + point.String()
	case state == Waiting && doubted:
		return "does not wait for " + on + ", and has not gone on"
	case state == Waiting:
		return "waits for " + on
	case state == Moving && s.doing != nil:
		return "is moving: " + s.doing()
	}
	return "is " + state.String()
}

// ErrFinished is the reason of an [EndedError] where the schedule came to its end.
var ErrFinished = errors.New("all sessions have finished")

// EndedError is what a session gets that arrives at a point, or is held there, when [Scheduler.Run] has ended.
type EndedError struct {
	// Reason is why it ended.
	Reason error
}

func (e *EndedError) Error() string { return "the schedule has ended: " + e.Reason.Error() }

func (e *EndedError) Unwrap() error { return e.Reason }
