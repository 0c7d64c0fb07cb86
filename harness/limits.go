package harness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

const (
	// bodyGrace is how long a body may take to return when its context has ended, unless a test says otherwise.
	bodyGrace = 5 * time.Second
	// postconditionGrace limits postconditions once the run was stopped.
	postconditionGrace = 10 * time.Second
)

// Causes of the end of a body's context.
var (
	errStepTimeout = fmt.Errorf("its timeout passed: %w", context.DeadlineExceeded)
	errGraceOver   = fmt.Errorf("timed out %v after the run was stopped, which is what postconditions get: %w", postconditionGrace, errStepTimeout)
	errBodyEnded   = errors.New("the body has returned")
)

// limits are a body's context and what may end it.
type limits struct {
	context.Context
	// stopping is what stops the body from outside: the context of the run, or for a postcondition one that never ends.
	stopping context.Context
	timeout  time.Duration
	release  func()
}

// limits makes the body's context: it ends with the run, with the session and with the timeout. Postconditions
// run even when the run was stopped, for a while.
func (r *run) limits(ctx context.Context, item *Step, session sessions.Session) *limits {
	l := &limits{stopping: ctx, timeout: item.timeout}
	if l.timeout == 0 {
		l.timeout = r.harness.options.stepTimeout
	}
	if item.kind == KindPostcondition {
		l.stopping = context.WithoutCancel(ctx)
	}
	limited, end := context.WithCancelCause(context.WithValue(l.stopping, runningKey{}, &running{r, item}))
	timer := time.AfterFunc(l.timeout, func() { end(errStepTimeout) })
	release := []func(){func() { timer.Stop() }, watch(session, end)}
	if item.kind == KindPostcondition {
		release = append(release, hurry(ctx, end))
	}
	l.Context = limited
	l.release = func() {
		for _, stop := range release {
			stop()
		}
		end(errBodyEnded)
	}
	return l
}

// watch ends the body when its session does.
func watch(session sessions.Session, end context.CancelCauseFunc) (stop func()) {
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-session.Done():
			end(session.Err())
		case <-done:
		}
	}()
	return func() {
		close(done)
		<-watched
	}
}

// hurry ends a postcondition some time after the run was stopped.
func hurry(run context.Context, end context.CancelCauseFunc) (stop func()) {
	done, hurried := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(hurried)
		select {
		case <-run.Done():
		case <-done:
			return
		}
		timer := time.NewTimer(postconditionGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
			end(errGraceOver)
		case <-done:
		}
	}()
	return func() {
		close(done)
		<-hurried
	}
}

// awaitReturn waits a little longer for a body whose context has ended; false means that it was left behind.
func (r *run) awaitReturn(returned <-chan error) (bool, error) {
	grace := r.harness.options.bodyGrace
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err := <-returned:
		return true, err
	case <-timer.C:
		return false, fmt.Errorf("the body did not return within %v of the end of its context and was left behind: pass ctx to everything that waits", grace)
	}
}
