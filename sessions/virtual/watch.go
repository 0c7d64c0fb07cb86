package virtual

import (
	"context"
	"sync/atomic"
)

// watch ends what a user waits for when a context ends. User functions pass the same context again and again, so it
// is watched once, and not for each request.
type watch struct{ current atomic.Pointer[watched] }

type watched struct {
	done <-chan struct{}
	stop func() bool
}

// over watches a context in place of the one before.
func (w *watch) over(ctx context.Context, u *User) {
	done := ctx.Done()
	if now := w.current.Load(); now != nil && now.done == done {
		return
	}
	w.end()
	if done == nil {
		return
	}
	w.current.Store(&watched{done, context.AfterFunc(ctx, u.interrupt)})
	if u.Lifetime.Err() != nil { // Close has looked already
		w.end()
	}
}

// end forgets the context, so that one that lives long does not hold users that are closed.
func (w *watch) end() {
	if before := w.current.Swap(nil); before != nil {
		before.stop()
	}
}

// interrupt ends the exchange in progress, if there is one.
func (u *User) interrupt() {
	if l := u.current.Load(); l != nil {
		l.interrupt()
	}
}
