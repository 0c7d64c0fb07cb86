package load

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errSurplus is the cause with which a surplus user is interrupted.
var errSurplus = errors.New("fewer users are wanted")

// crowd is the users of a closed model. Each has a seat, which it hands to its successor; there are as many seats as
// users are wanted, and those that are too many are given up at the end of an iteration, or at once if users
// may be interrupted.
type crowd struct {
	mu     sync.Mutex
	wanted int
	seats  []*seat // that are kept
}

// seat is the place of a user and of those who replace it.
type seat struct {
	given  bool // up
	cancel context.CancelCauseFunc
}

// want changes the number of users, and returns the seats to be filled.
func (c *crowd) want(n int, interrupt bool) (empty []*seat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted = n
	for len(c.seats) < n {
		s := &seat{}
		c.seats = append(c.seats, s)
		empty = append(empty, s)
	}
	for interrupt && len(c.seats) > n {
		last := c.seats[len(c.seats)-1]
		c.drop(last)
		if last.cancel != nil {
			last.cancel(errSurplus)
		}
	}
	return empty
}

// keeps tells whether the user of a seat, or its successor, is wanted still. If not, the seat is given up.
func (c *crowd) keeps(s *seat) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !s.given && len(c.seats) > c.wanted {
		c.drop(s)
	}
	return !s.given
}

func (c *crowd) drop(s *seat) {
	s.given = true
	for i, other := range c.seats {
		if other == s {
			c.seats = append(c.seats[:i], c.seats[i+1:]...)
			return
		}
	}
}

// enter notes how the user of a seat is interrupted; a seat that was given up meanwhile interrupts it at once.
func (c *crowd) enter(s *seat, cancel context.CancelCauseFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.cancel = cancel
	if s.given {
		cancel(errSurplus)
	}
}

// hold is the closed model: as many users are present as the plan wants.
func (r *running) hold() {
	r.crowd = &crowd{}
	end := r.plan.Duration()
	for target := range r.plan.Targets() {
		if target.At >= end || !waitUntil(r.arriving, r.began.Add(target.At)) {
			break
		}
		for _, s := range r.crowd.want(target.Users, r.InterruptSurplus) {
			r.fill(s, r.began.Add(target.At))
		}
	}
	waitUntil(r.arriving, r.began.Add(end))
	r.crowd.want(0, false)
}

// fill starts the next user of a seat. Its goroutine may end by runtime.Goexit, so it is the user's alone.
func (r *running) fill(s *seat, due time.Time) {
	number, ok := r.admit()
	if !ok {
		return
	}
	r.users.Go(func() {
		defer func() {
			if r.crowd.keeps(s) {
				r.fill(s, time.Now())
			}
		}()
		ctx := r.life
		if r.InterruptSurplus {
			own, cancel := context.WithCancelCause(ctx)
			defer cancel(nil)
			r.crowd.enter(s, cancel)
			ctx = own
		}
		r.serve(ctx, arrival{number: number, due: due, seat: s})
	})
}
