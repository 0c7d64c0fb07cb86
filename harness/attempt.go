package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

const (
	// bodyGrace is how long a body may take to return when its context has ended.
	bodyGrace = 5 * time.Second
	// postconditionGrace limits postconditions when the run was stopped.
	postconditionGrace = 10 * time.Second

	eventuallyTimeout  = 5 * time.Second
	eventuallyInterval = 10 * time.Millisecond
)

// Causes of the end of a body's context.
var (
	errStepTimeout = fmt.Errorf("the step's timeout passed: %w", context.DeadlineExceeded)
	errBodyEnded   = errors.New("the body has returned")
)

// AssertionError is a failed assertion of a body's Gomega.
type AssertionError struct {
	Message string
	Place   string
}

func (e *AssertionError) Error() string { return e.Message + "\n  at " + e.Place }

// PanicError is a panic of a body.
type PanicError struct {
	Value any
	Stack string
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// errGoexit says that a body ended its goroutine.
var errGoexit = errors.New("the body ended its goroutine (runtime.Goexit, t.FailNow): use the g that the body is handed, or return an error")

// attempt runs the item's body as often as asked, and fills in the record.
func (r *run) attempt(ctx context.Context, item *Step, record Record) Record {
	for n := 1; ; n++ {
		record.Started = r.journal.stamp()
		outcome, err, doing := r.once(ctx, item)
		record.Ended = r.journal.stamp()
		record.Outcome, record.err, record.Doing = outcome, nil, ""
		record.Cause = nil
		if outcome != Passed {
			record.err = &sessions.SessionError{Session: record.Session, Step: item.label(), Err: stripSession(err, record.Session)}
			record.Cause = []string{stripSession(err, record.Session).Error()}
			record.Doing = doing
		}
		if item.attempts > 1 {
			record.Attempts = append(record.Attempts, Attempt{outcome, record.Took(), strings.Join(record.Cause, "; ")})
		}
		if outcome != Failed && outcome != TimedOut || n >= item.attempts || ctx.Err() != nil {
			return record
		}
	}
}

// stripSession takes the session's name from an error that will be wrapped with it again.
func stripSession(err error, name string) error {
	var named *sessions.SessionError
	if errors.As(err, &named) && named == err && named.Session == name && named.Step == "" { //nolint:errorlint // the outermost only
		return named.Err
	}
	return err
}

// once runs the body one time, within the limits of its item.
func (r *run) once(ctx context.Context, item *Step) (Outcome, error, string) {
	session := r.session(item.session)
	limited, cancel := r.limits(ctx, item, session)
	defer cancel()
	limited = context.WithValue(limited, runningKey{}, &running{r, item})
	r.note(item, "")

	returned := make(chan error, 1)
	go func() { returned <- r.call(limited, item, session) }()
	var err error
	select {
	case err = <-returned:
	case <-limited.Done():
		doing := session.Doing()
		err = r.awaitReturn(returned)
		if err != nil && doing.Took == 0 && doing.What != "" {
			err = withDoing(err, doing)
		}
	}
	if err == nil {
		return Passed, nil, ""
	}
	return classify(ctx, limited, session, err), err, session.Doing().String()
}

// limits is the body's context: it ends with the run, with the session and with the timeout. Postconditions
// run even when the run was stopped, for a while.
func (r *run) limits(ctx context.Context, item *Step, session sessions.Session) (context.Context, context.CancelFunc) {
	timeout := item.timeout
	if timeout == 0 {
		timeout = r.harness.options.stepTimeout
	}
	if item.kind == KindPostcondition {
		if ctx.Err() != nil {
			timeout = min(timeout, postconditionGrace)
		}
		ctx = context.WithoutCancel(ctx)
	}
	timed, cancelTimer := context.WithTimeoutCause(ctx, timeout, errStepTimeout)
	limited, end := context.WithCancelCause(timed)
	finished := make(chan struct{})
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		select {
		case <-session.Done():
			end(session.Err())
		case <-finished:
		}
	}()
	return limited, func() {
		close(finished)
		<-watching
		end(errBodyEnded)
		cancelTimer()
	}
}

// awaitReturn waits a little longer for a body whose context has ended.
func (r *run) awaitReturn(returned <-chan error) error {
	timer := time.NewTimer(bodyGrace)
	defer timer.Stop()
	select {
	case err := <-returned:
		return err
	case <-timer.C:
		return errIgnoredEnd
	}
}

// call runs the body and turns whatever it does into an error.
func (r *run) call(ctx context.Context, item *Step, session sessions.Session) (err error) {
	returned := false
	defer func() {
		switch value := recover(); {
		case returned:
		case value == nil:
			err = errGoexit
		default:
			if failed, ok := value.(*AssertionError); ok {
				err = failed
				return
			}
			err = &PanicError{Value: value, Stack: string(debug.Stack())}
		}
	}()
	if item.startsAt != nil {
		if err := r.meet(ctx, item, item.startsAt); err != nil {
			returned = true
			return err
		}
	}
	err = item.body(ctx, newGomega(), session)
	returned = true
	return err
}

// newGomega is a Gomega whose failed assertions end the body that it is handed to and nothing else.
func newGomega() gomega.Gomega {
	g := gomega.NewGomega(func(message string, skip ...int) {
		panic(&AssertionError{Message: message, Place: caller().String()})
	})
	g.SetDefaultEventuallyTimeout(eventuallyTimeout)
	g.SetDefaultEventuallyPollingInterval(eventuallyInterval)
	// With a context alone, Eventually would wait as long as the step.
	g.EnforceDefaultTimeoutsWhenUsingContexts()
	return g
}

// classify finds the outcome of a body that returned an error.
func classify(run, limited context.Context, session sessions.Session, err error) Outcome {
	cause := context.Cause(limited)
	switch {
	case run.Err() != nil && errors.Is(cause, context.Cause(run)):
		return Aborted
	case errors.Is(cause, errStepTimeout):
		return TimedOut
	case session.Err() != nil, errors.Is(err, browser.ErrDied), errors.Is(err, browser.ErrCrashed):
		return Errored
	default:
		return Failed
	}
}

// withDoing adds what the session was doing when its context ended, where the error does not tell.
func withDoing(err error, doing sessions.Activity) error {
	var action *sessions.ActionError
	if errors.As(err, &action) {
		return err
	}
	return fmt.Errorf("%w\n  the session was at: %s", err, doing)
}
