package browser

import (
	"context"
	"fmt"
	"time"
)

// How a page ends, besides being closed.
var (
	ErrConnectionLost = fmt.Errorf("%w: its DevTools connection was lost", ErrDied)
	ErrWindowGone     = fmt.Errorf("page: %w: its window is gone", ErrClosed)
)

// goneGrace is how much later than its windows a browser that is told to end closes its connections.
const goneGrace = 500 * time.Millisecond

// WindowGone tells why a window is gone: with its browser, if the connection is lost within a moment, else by itself.
func WindowGone(lost <-chan struct{}) error {
	timer := time.NewTimer(goneGrace)
	defer timer.Stop()
	select {
	case <-lost:
		return ErrConnectionLost
	case <-timer.C:
		return ErrWindowGone
	}
}

// Lifetime is the time in which a page can be used. Drivers build their pages on it, so that pages end
// alike: once, for the first reason given, with every action in progress.
type Lifetime struct {
	context context.Context
	cancel  context.CancelCauseFunc
}

// NewLifetime begins a lifetime.
func NewLifetime() Lifetime {
	ctx, cancel := context.WithCancelCause(context.Background())
	return Lifetime{ctx, cancel}
}

// End ends it; only the first reason counts.
func (l Lifetime) End(reason error) { l.cancel(reason) }

// Done is closed when it has ended.
func (l Lifetime) Done() <-chan struct{} { return l.context.Done() }

// Err tells why it ended; nil before.
func (l Lifetime) Err() error { return context.Cause(l.context) }

// Limit gives a parent context the end of the lifetime and that of the caller's context besides its own.
func (l Lifetime) Limit(parent, caller context.Context) (context.Context, context.CancelFunc) {
	limited, cancel := context.WithCancelCause(parent)
	stopLife := context.AfterFunc(l.context, func() { cancel(l.Err()) })
	stopCaller := context.AfterFunc(caller, func() { cancel(context.Cause(caller)) })
	return limited, func() {
		stopLife()
		stopCaller()
		cancel(nil)
	}
}

// Explain replaces the error of a failed action by what ended it from outside, if anything did.
func (l Lifetime) Explain(caller context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := l.Err(); ended != nil {
		return ended
	}
	if cause := context.Cause(caller); cause != nil {
		return cause
	}
	return err
}
