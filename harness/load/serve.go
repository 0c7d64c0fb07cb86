package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions"
)

// arrival is a user who is to start.
type arrival struct {
	number int
	due    time.Time
	held   time.Time // until when limits held it back; zero if they did not
	seat   *seat     // of a closed model; else nil
}

// serve is the whole life of a user.
func (r *running) serve(ctx context.Context, a arrival) {
	how := stats.Failed // unless its function returns: it may also end the goroutine
	r.stats.Started()
	defer func() {
		r.stats.Ended(how)
		r.depart()
	}()
	plain, err := r.Target.User(sessions.Identity{Name: r.UserName(a.number), Tenant: r.Tenant}, r.stats.Recorder())
	if err != nil {
		r.note(r.UserName(a.number), err)
		return
	}
	u := &User{User: plain, in: r, number: a.number}
	defer u.end(context.WithoutCancel(ctx))
	u.HeldUntil(a.held)
	how = r.iterate(ctx, u, a)
}

// iterate lets a user do what it does as often as it is to.
func (r *running) iterate(ctx context.Context, u *User, a arrival) stats.Departure {
	how := stats.Passed
	for due := a.due; ; {
		if ctx.Err() != nil {
			return stats.Interrupted
		}
		u.begin(ctx, due)
		err := r.call(ctx, u)
		switch {
		case err == nil:
		case ctx.Err() != nil && !isOwn(err):
			return stats.Interrupted
		case errors.Is(err, data.ErrStopUser):
			return how
		default:
			how = stats.Failed
			r.fail(u, err)
		}
		if !r.again(u, a.seat) {
			return how
		}
		if due = r.nextIteration(ctx, u); !r.again(u, a.seat) || !r.repeat() {
			return how
		}
	}
}

// fail counts what a user function returned; test data may have run out for the whole run.
func (r *running) fail(u *User, err error) {
	r.note(u.Name(), err)
	if errors.Is(err, data.ErrFailRun) {
		r.engine.stop(fmt.Errorf("user %q: %w", u.Name(), err))
	}
}

// note counts an error of a user, and tells who wants to know.
func (r *running) note(user string, err error) {
	r.errors.count(err)
	if failed := r.engine.options.Failed; failed != nil {
		failed(user, time.Since(r.engine.began), err)
	}
}

// again tells whether a user has another iteration to do.
func (r *running) again(u *User, s *seat) bool {
	switch {
	case r.Iterations == 0, r.Iterations == u.iteration, r.starting.Err() != nil:
		return false
	case s != nil:
		return r.crowd.keeps(s)
	case r.Iterations == Endless:
		return !r.isOver()
	}
	return true
}

// nextIteration waits for the pace, or until the user is not wanted any more, and tells when the iteration was to
// start.
func (r *running) nextIteration(ctx context.Context, u *User) time.Time {
	now := time.Now()
	if r.Pace == 0 {
		return now
	}
	last := u.started
	due := last.Add(profile.Pace(r.Pace, 0, now.Sub(last)))
	over := r.over
	if r.crowd == nil && r.Iterations != Endless {
		over = nil // it finishes its iterations
	}
	timer := time.NewTimer(due.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-r.starting.Done():
	case <-over:
	}
	u.HeldUntil(due)
	return last.Add(r.Pace)
}

// call runs the user function once. A panic is its error; so is the end of its goroutine, whose error is counted
// here since nobody returns to take it.
func (r *running) call(ctx context.Context, u *User) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if value := recover(); value != nil {
			err = newPanic(value)
		} else {
			r.note(u.Name(), errGoexit)
		}
	}()
	err = r.User(ctx, u)
	returned = true
	return err
}
