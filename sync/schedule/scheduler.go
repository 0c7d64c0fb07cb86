package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Options say whom a scheduler schedules.
type Options struct {
	// Sessions are the names of all sessions, at least one, all different. Their order is that in which a [Chooser] sees
	// their points.
	Sessions []string
	// Limit is how long a session may take from one point to the next, and how long all may wait for each other; 0
	// means 2 seconds.
	Limit time.Duration
	// Points is how many points one execution may have; 0 means 10,000. A session that polls would never end.
	Points int
	// Released is called with each point when it is released, before its session moves; nil means that nobody is told. It must
	// not wait for a session.
	Released func(Pending)
}

const (
	defaultLimit  = 2 * time.Second
	defaultPoints = 10_000
)

// ErrInvalidOption is wrapped by the errors of [New] and of other functions whose options do not fit.
var ErrInvalidOption = errors.New("invalid option")

func (o Options) withDefaults() (Options, error) {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("schedule: %w: %s", ErrInvalidOption, fmt.Sprintf(format, args...)))
	}
	if len(o.Sessions) == 0 {
		refuse("Sessions is empty; name those that are to be scheduled")
	}
	for i, name := range o.Sessions {
		if slices.Contains(o.Sessions[:i], name) {
			refuse("Sessions names %q twice", name)
		}
	}
	if o.Limit < 0 {
		refuse("Limit is %v; it must not be negative (0 means %v)", o.Limit, defaultLimit)
	}
	if o.Points < 0 {
		refuse("Points is %d; it must not be negative (0 means %d)", o.Points, defaultPoints)
	}
	o.Sessions = slices.Clone(o.Sessions)
	o.Limit = cmp.Or(o.Limit, defaultLimit)
	o.Points = cmp.Or(o.Points, defaultPoints)
	return o, errors.Join(errs...)
}

// Scheduler lets one session move at a time. Make one with [New] for each execution, hand its sessions to the point
// sources, and call [Scheduler.Run].
//
// What moves are strands (see [Strand]). The scheduler counts them:
//
//	moving = the strands that are Moving + the sessions that have no strand and have not finished
//
// and a point is released only when that is zero, so that nobody moves, and when every strand that is Waiting has been
// asked whether it still waits. Invariants, whenever mu is free:
//
//  1. moving is that number. What ends one strand's moving because another one moves on counts the other first.
//  2. Each strand that is Held has one entry in held, and no other strand has.
//  3. Between two releases, moving comes to zero, or the limit passes.
//  4. Once ended is set, nobody is held: whoever arrives goes away with the reason.
type Scheduler struct {
	options Options

	mu       sync.Mutex
	sessions []*Session // as Options.Sessions
	moving   int
	held     []*held
	quiet    chan struct{} // has an element after moving came to zero
	ended    error         // nil until Run has ended
	last     Point         // released last
	released int
}

// held is a point that waits for its release.
type held struct {
	strand  *Strand
	pending Pending
	free    chan error // nil: released
}

// New returns a scheduler for one execution. Its errors wrap [ErrInvalidOption].
func New(o Options) (*Scheduler, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Scheduler{options: o, quiet: make(chan struct{}, 1)}
	for i, name := range o.Sessions {
		s.sessions = append(s.sessions, &Session{scheduler: s, name: name, place: i, arrived: make(map[string]int)})
	}
	s.moving = len(s.sessions)
	return s, nil
}

// Session returns the session of this name. It panics if Options.Sessions has none such, which is a mistake of the caller.
func (s *Scheduler) Session(name string) *Session {
	for _, session := range s.sessions {
		if session.name == name {
			return session
		}
	}
	panic(fmt.Sprintf("schedule: there is no session %q; Options.Sessions has %q", name, s.options.Sessions))
}

// Run releases points, one at a time, as the chooser says, until all sessions have finished. It has no goroutine of its own.
//
// It returns nil if they have; a [*StuckError] if a session did not come to a point within the limit, or if all wait
// for each other; the error of the chooser; or the cause of ctx. After an error, whoever is held is let go with it, and so is
// whoever arrives later, so that sessions can be ended. Run is called once.
func (s *Scheduler) Run(ctx context.Context, chooser Chooser) error {
	err := s.run(ctx, chooser)
	s.end(err)
	return err
}

func (s *Scheduler) run(ctx context.Context, chooser Chooser) error {
	var pending []Pending
	for {
		var err error
		if pending, err = s.settle(ctx, pending[:0]); err != nil || len(pending) == 0 {
			return err
		}
		if s.released == s.options.Points {
			return fmt.Errorf("schedule: %d points were released and the sessions have not finished; does one of them poll? Options.Points allows more", s.released)
		}
		next, err := chooser.Choose(pending)
		if err != nil {
			return err
		}
		if next < 0 || next >= len(pending) {
			return outOfRange(next, len(pending))
		}
		if s.options.Released != nil {
			s.options.Released(pending[next])
		}
		if err := s.release(pending[next].Point); err != nil {
			return err
		}
	}
}

// appendPending appends what is held to list, by session and name. The scheduler must be locked.
func (s *Scheduler) appendPending(list []Pending) []Pending {
	slices.SortFunc(s.held, func(a, b *held) int {
		return cmp.Or(
			cmp.Compare(a.strand.session.place, b.strand.session.place),
			cmp.Compare(a.pending.What, b.pending.What),
			cmp.Compare(a.pending.Nth, b.pending.Nth))
	})
	for _, h := range s.held {
		list = append(list, h.pending)
	}
	return list
}

// release lets the point go. Its strand counts as moving from now on, and not only from when its goroutine has noticed.
func (s *Scheduler) release(p Point) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.held, func(h *held) bool { return h.pending.Point == p })
	if i < 0 {
		return fmt.Errorf("schedule: %s went away while it was being chosen", p)
	}
	s.last, s.released = p, s.released+1
	s.letGo(s.held[i], nil)
	return nil
}

func (s *Scheduler) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		err = ErrFinished
	}
	s.ended = &EndedError{Reason: err}
	for len(s.held) > 0 {
		s.letGo(s.held[0], s.ended)
	}
}

// letGo ends the hold at a point. The scheduler must be locked.
func (s *Scheduler) letGo(h *held, reason error) {
	s.held = slices.DeleteFunc(s.held, func(other *held) bool { return other == h })
	h.strand.become(Moving)
	h.free <- reason
}

// count changes how many move. The scheduler must be locked.
func (s *Scheduler) count(by int) {
	s.moving += by
	if s.moving == 0 {
		select {
		case s.quiet <- struct{}{}:
		default:
		}
	}
}
