package harness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// ending is how one run of a body ended.
type ending struct {
	outcome Outcome
	err     error  // nil if it passed
	doing   string // what the session was doing
	// abandoned says that the body ignored the end of its context: it may still be running.
	abandoned bool
}

// attempt runs the item's body as often as asked, and fills in the record, whose start is stamped already.
func (r *run) attempt(ctx context.Context, item *Step, record Record) finished {
	for n := 1; ; n++ {
		if n > 1 {
			record.Started = r.journal.stamp()
		}
		e := r.once(ctx, item)
		record.Ended = r.journal.stamp()
		record.note(item, e)
		again := e.outcome == Failed || e.outcome == TimedOut
		if !again || e.abandoned || n >= item.attempts || ctx.Err() != nil {
			return finished{item, record, e.abandoned}
		}
	}
}

// note puts the end of an attempt into the record.
func (r *Record) note(item *Step, e ending) {
	r.Outcome, r.err, r.Cause, r.Doing = e.outcome, nil, nil, ""
	if e.outcome != Passed {
		r.err = &sessions.SessionError{Session: r.Session, Step: item.label(), Err: e.err}
		r.Cause = []string{e.err.Error()}
		r.Doing = e.doing
	}
	if item.attempts > 1 {
		r.Attempts = append(r.Attempts, Attempt{e.outcome, r.Took(), strings.Join(r.Cause, "; ")})
	}
}

// withoutSession takes the session's name from an error that will be given it again, with the step.
func withoutSession(err error, name string) error {
	if named, ok := err.(*sessions.SessionError); ok && named.Session == name && named.Step == "" { //nolint:errorlint // the outermost only
		return named.Err
	}
	return err
}

// once runs the body one time, within the limits of its item.
func (r *run) once(ctx context.Context, item *Step) ending {
	session := r.live[item.session]
	limits := r.limits(ctx, item, session)
	defer limits.release()

	returned := make(chan error, 1)
	go r.call(limits, item, session, returned)
	select {
	case err := <-returned:
		return limits.judge(session, err, session.Doing())
	case <-limits.Done():
	}
	doing := session.Doing() // before the body tidies up
	ok, err := r.awaitReturn(returned)
	e := limits.judge(session, err, doing)
	e.abandoned = !ok
	return e
}

// judge finds the outcome of a body that returned, and words what it did not say itself.
func (l *limits) judge(session sessions.Session, err error, doing sessions.Activity) ending {
	err = withoutSession(err, session.Name())
	if err != nil && l.Err() == nil {
		awaitObituary(session)
	}
	e := ending{outcome: l.outcome(session, err), err: err, doing: doing.String()}
	switch e.outcome {
	case Passed:
		e.doing = ""
	case TimedOut:
		e.err = l.timeoutError(err, doing)
	case Errored:
		e.err = sessionError(session, err)
	case Aborted:
		e.err = l.abortError(err)
	}
	return e
}

// obituaryGrace is how long the death of a browser may take to be known to its session. The session's own verbs know it
// when they return, but a raw action of the driver can fail a moment before: a failure costs this much, so that a
// death is never taken for a defect of the application.
const obituaryGrace = 50 * time.Millisecond

func awaitObituary(session sessions.Session) {
	if session.Kind() != browserSession {
		return
	}
	timer := time.NewTimer(obituaryGrace)
	defer timer.Stop()
	select {
	case <-session.Done():
	case <-timer.C:
	}
}

// outcome tells what ended the body. What ended its context first counts, even if the body says that all is
// well: it may have given up its work because of that.
func (l *limits) outcome(session sessions.Session, err error) Outcome {
	cause := context.Cause(l)
	stopped := l.stopping.Err() != nil
	switch {
	case errors.Is(cause, errStepTimeout):
		return TimedOut
	case stopped && errors.Is(cause, context.Cause(l.stopping)):
		return Aborted
	case session.Err() != nil, errors.Is(err, browser.ErrDied), errors.Is(err, browser.ErrCrashed):
		return Errored
	case err == nil:
		return Passed
	case stopped: // and its barrier told it before its context did
		return Aborted
	}
	return Failed
}

// timeoutError says how long the body had, and what it was at where its own error does not tell.
func (l *limits) timeoutError(err error, doing sessions.Activity) error {
	if err == nil {
		err = errors.New("the body returned too late, and without an error")
	}
	limit := fmt.Sprintf("timed out after %v", l.timeout)
	if cause := context.Cause(l); cause != errStepTimeout { //nolint:errorlint // another that wraps it has more to say
		limit = cause.Error()
	}
	if _, ok := errors.AsType[*sessions.ActionError](err); ok {
		return fmt.Errorf("%s: %w", limit, err)
	}
	return fmt.Errorf("%s: %w\nthe session was at: %s", limit, err, doing)
}

// sessionError begins with how the session ended, where the body's own error does not tell.
func sessionError(session sessions.Session, err error) error {
	ended := withoutSession(session.Err(), session.Name())
	switch {
	case err == nil:
		return ended
	case ended == nil, errors.Is(err, browser.ErrDied), errors.Is(err, browser.ErrCrashed), errors.Is(err, browser.ErrClosed):
		return err
	}
	return fmt.Errorf("%w\nthe body ended with: %w", ended, err)
}

func (l *limits) abortError(err error) error {
	cause := context.Cause(l.stopping)
	switch {
	case err == nil:
		return fmt.Errorf("the run was stopped: %w", cause)
	case errors.Is(err, cause):
		return fmt.Errorf("the run was stopped: %w", err)
	}
	return fmt.Errorf("the run was stopped: %w: %w", cause, err)
}
