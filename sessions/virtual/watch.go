package virtual

import "context"

// watch ends what a user waits for when a context ends. User functions pass the same context again and again, so it
// is watched once, and not for each request.
type watch struct {
	done <-chan struct{}
	stop func() bool
}

// over watches a context in place of the one before.
func (w *watch) over(ctx context.Context, u *User) {
	done := ctx.Done()
	if done == w.done {
		return
	}
	if w.stop != nil {
		w.stop()
	}
	w.done, w.stop = done, nil
	if done != nil {
		w.stop = context.AfterFunc(ctx, u.interrupt)
	}
}

// interrupt ends the exchange in progress, if there is one.
func (u *User) interrupt() {
	if l := u.current.Load(); l != nil {
		l.interrupt()
	}
}
