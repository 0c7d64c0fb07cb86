package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Session is a session as the scheduler sees it. Its methods may be called from any goroutine.
//
// A session without a strand counts as moving until it has finished: it may still begin anything.
type Session struct {
	scheduler *Scheduler
	name      string
	place     int

	// Guarded by the scheduler's mutex.
	strands  []*Strand
	arrived  map[string]int // by What, how often
	finished bool
}

// Name returns the name of the session.
func (s *Session) Name() string { return s.name }

// Held returns how many points of the session wait to be released.
func (s *Session) Held() int {
	s.scheduler.mu.Lock()
	defer s.scheduler.mu.Unlock()
	n := 0
	for _, strand := range s.strands {
		if strand.state == Held {
			n++
		}
	}
	return n
}

// Start begins a strand of the session, which moves. Doing says what it is doing, for the message of a strand that does not
// come to its next point; it is called from other goroutines, at any time, and may be nil.
//
// Whoever makes something move starts its strand before its own ends or stops, so that there is no moment at which nobody is
// counted.
func (s *Session) Start(doing func() string) *Strand {
	s.scheduler.mu.Lock()
	defer s.scheduler.mu.Unlock()
	strand := &Strand{session: s, doing: doing}
	if len(s.strands) > 0 || s.finished {
		s.scheduler.count(1) // the first one takes over the count of the session itself
	}
	s.strands = append(s.strands, strand)
	return strand
}

// Finish says that nothing comes of the session but from the strands that it has. Finishing twice changes nothing.
func (s *Session) Finish() {
	s.scheduler.mu.Lock()
	defer s.scheduler.mu.Unlock()
	if !s.finished && len(s.strands) == 0 {
		s.scheduler.count(-1)
	}
	s.finished = true
}

// StrandState is what a strand is at.
type StrandState uint8

const (
	// Moving means: it may change something, or come to a point.
	Moving StrandState = iota
	// Held means: it is at a point.
	Held
	// Waiting means: it cannot go on unless something else moves.
	Waiting
	// Ended means: nothing comes of it any more.
	Ended
)

func (s StrandState) String() string {
	switch s {
	case Moving:
		return "moving"
	case Held:
		return "held"
	case Waiting:
		return "waiting"
	case Ended:
		return "ended"
	}
	return fmt.Sprintf("StrandState(%d)", uint8(s))
}

// Strand is one of the things that a session does at the same time: the bodies of its steps are one, and each request of
// a browser is one. Start one with [Session.Start].
//
//	state    event                                    next state
//	-------  ---------------------------------------  --------------------------------------
//	Moving   Arrive                                   Held
//	Waiting  Arrive                                   Held
//	Moving   Wait                                     Waiting
//	Held     the scheduler releases it                Moving; Arrive returns nil
//	Held     ctx ends, or Run has ended               Moving; Arrive returns the reason
//	Waiting  Resume                                   Moving
//	Waiting  still says no                            Waiting, but nobody is released before it says yes, or Resume
//	any      End                                      Ended
//
// Everything else changes nothing.
type Strand struct {
	session *Session
	doing   func() string

	// Guarded by the scheduler's mutex.
	state StrandState
	on    string // what it waits for
	still func(context.Context) bool
	waits int // how often it has begun to wait, or ceased to

	doubted bool // still said no the last time
}

// become changes the state and the count. The scheduler must be locked.
func (s *Strand) become(state StrandState) {
	before := s.state
	s.state = state
	if before == Waiting || state == Waiting {
		s.waits++
	}
	if before != Moving && state == Moving {
		s.session.scheduler.count(1)
	}
	if before == Moving && state != Moving {
		s.session.scheduler.count(-1)
	}
}

// Arrive holds the caller at a point until the scheduler releases it, and then returns nil. Safe is that of [Pending].
//
// It returns the cause of ctx if that ends first, and an [*EndedError] as soon as Run has ended.
func (s *Strand) Arrive(ctx context.Context, what string, safe bool) error {
	h, err := s.arrive(what, safe)
	if err != nil {
		return err
	}
	select {
	case err := <-h.free:
		return err
	case <-ctx.Done():
		return s.goAway(ctx, h)
	}
}

func (s *Strand) arrive(what string, safe bool) (*held, error) {
	sc := s.session.scheduler
	sc.mu.Lock()
	defer sc.mu.Unlock()
	switch {
	case sc.ended != nil:
		return nil, sc.ended
	case s.state == Held || s.state == Ended:
		return nil, fmt.Errorf("schedule: session %q: a strand that is %v arrives at %q", s.session.name, s.state, what)
	}
	s.session.arrived[what]++
	point := Point{s.session.name, what, s.session.arrived[what]}
	h := &held{strand: s, pending: Pending{Point: point, Safe: safe}, free: make(chan error, 1)}
	sc.held = append(sc.held, h)
	s.become(Held)
	return h, nil
}

// goAway takes the strand from its point, unless that was let go in the same instant.
func (s *Strand) goAway(ctx context.Context, h *held) error {
	sc := s.session.scheduler
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if len(h.free) == 0 {
		sc.letGo(h, fmt.Errorf("schedule: %s was not released: %w", h.pending.Point, context.Cause(ctx)))
	}
	return <-h.free
}

// Wait says that the strand cannot go on before something else has moved: it is at a barrier, its statement waits for the
// lock of another session, its page waits for a response that is held. On says for what, in words that go after "waits
// for".
//
// Nothing is taken on trust: before each release the scheduler asks still, which must be quick and must not start anything.
// While it says no, nobody is released, and it is asked again. So a strand that has not yet come to where it waits is not
// overtaken, and a barrier that opens, or a lock that is let go, counts at once, even where the strand has not noticed. A
// nil still means yes: then whoever ends the wait calls Resume for the strand, before it comes to a point itself.
func (s *Strand) Wait(on string, still func(context.Context) bool) {
	sc := s.session.scheduler
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if s.state != Moving {
		return
	}
	s.on, s.still, s.doubted = on, still, false
	s.become(Waiting)
}

// Resume says that the strand waits no more. Anybody may call it.
func (s *Strand) Resume() {
	sc := s.session.scheduler
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if s.state == Waiting {
		s.become(Moving)
	}
}

var errEnded = errors.New("schedule: the strand was ended while it was held")

// End says that nothing comes of the strand any more. If it was the last of a session that has not finished, the session
// counts as moving.
func (s *Strand) End() {
	sc := s.session.scheduler
	sc.mu.Lock()
	defer sc.mu.Unlock()
	switch s.state {
	case Ended:
		return
	case Held:
		i := slices.IndexFunc(sc.held, func(h *held) bool { return h.strand == s })
		sc.letGo(sc.held[i], errEnded)
	case Moving, Waiting:
	}
	s.session.strands = slices.DeleteFunc(s.session.strands, func(other *Strand) bool { return other == s })
	if len(s.session.strands) == 0 && !s.session.finished {
		sc.count(1)
	}
	s.become(Ended)
}
