package schedule

import (
	"context"
	"errors"
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
