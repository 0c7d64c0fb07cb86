package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// settle waits until nobody moves, and appends to list what can be released then: nothing if all have finished.
func (s *Scheduler) settle(ctx context.Context, list []Pending) ([]Pending, error) {
	limit, cancel := context.WithTimeoutCause(ctx, s.options.Limit, errLimit)
	defer cancel()
	began := time.Now()
	pause := shortestPause
	for {
		if limit.Err() != nil {
			return nil, s.stuck(ctx, began)
		}
		var again <-chan time.Time // nil: only when something has moved
		switch s.look(limit, &list) {
		case ready:
			return list, nil
		case changed:
			continue
		case doubtful:
			again = time.After(pause)
			pause = min(2*pause, longestPause)
		case notYet:
		}
		select {
		case <-s.quiet:
		case <-again:
		case <-limit.Done():
		}
	}
}

var errLimit = errors.New("schedule: the limit has passed")

// How long the scheduler pauses before it asks again whether a strand waits. What is proved does not depend on it: nobody is
// released before all answers are yes.
const (
	shortestPause = 20 * time.Microsecond
	longestPause  = 5 * time.Millisecond
)

// sight is what the scheduler sees of the sessions at one moment.
type sight uint8

const (
	notYet   sight = iota // somebody moves, or all wait for each other
	doubtful              // a strand does not wait any more, or does not wait yet
	changed               // somebody moved while the scheduler looked
	ready                 // nobody moves, and there is something to release, or all is over
)

// look asks all that wait whether they do. They are asked without the lock, as an answer may take a while; the answers
// count only if nobody has moved meanwhile.
func (s *Scheduler) look(ctx context.Context, list *[]Pending) sight {
	waits, moves := s.waits()
	if moves {
		return notYet
	}
	for _, w := range waits {
		if w.still != nil && !w.still(ctx) {
			s.doubt(w.strand)
			return doubtful
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.moving > 0 || ctx.Err() != nil {
		return changed
	}
	for _, w := range waits {
		if w.strand.waits != w.number {
			return changed
		}
		w.strand.doubted = false
	}
	if len(s.held) > 0 {
		*list = s.appendPending(*list)
		return ready
	}
	for _, session := range s.sessions {
		if len(session.strands) > 0 {
			return notYet
		}
	}
	return ready
}

// wait is one wait of a strand.
type wait struct {
	strand *Strand
	number int
	still  func(context.Context) bool
}

// waits lists those that wait, unless somebody moves.
func (s *Scheduler) waits() (list []wait, moves bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.moving > 0 {
		return nil, true
	}
	for _, session := range s.sessions {
		for _, strand := range session.strands {
			if strand.state == Waiting {
				list = append(list, wait{strand, strand.waits, strand.still})
			}
		}
	}
	return list, false
}

func (s *Scheduler) doubt(strand *Strand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	strand.doubted = true
}

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

// EndedError is what a session gets that arrives at a point, or is held there, when [Scheduler.Run] has ended.
type EndedError struct {
	// Reason is why it ended.
	Reason error
}

func (e *EndedError) Error() string { return "the schedule has ended: " + e.Reason.Error() }

func (e *EndedError) Unwrap() error { return e.Reason }
