package sessions

import (
	"context"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// waiting is a verb that waits for the page: it tells whether what the verb waits for has not come.
type waiting func(ctx context.Context) bool

// waits notes that a verb waits for the page until done is called.
func (b *Browser) waits(missing waiting) (done func()) {
	b.waiting.Store(&missing)
	return func() { b.waiting.Store(nil) }
}

// underWay tells whether the window is going to another document that has not come.
func (b *Browser) underWay(context.Context) bool {
	m := b.page.Motion()
	return m.Leaving || m.Parsing
}

// afterReactions lets the page react to what it has been told: a reaction that makes another one takes one task more.
const afterReactions = `new Promise(done => setTimeout(() => setTimeout(done)))`

// Rest tells whether the page is at rest: it has done all that there was to do when it was asked, and has begun or ended no
// request meanwhile. What it has begun is in the motion: it goes on when one of these requests ends. Timers that are not due
// and streams that stay open can move it at any time; nobody can know that.
//
// It may be called while a body drives the session.
func (b *Browser) Rest(ctx context.Context) (browser.Motion, bool) {
	before := b.page.Motion()
	if before.Leaving { // a browser answers no script then
		return before, before.Rests()
	}
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-before.Turned:
			cancel()
		case <-limited.Done():
		}
	}()
	_, err := b.page.Evaluate(limited, afterReactions)
	now := b.page.Motion()
	return now, err == nil && now.Changes == before.Changes && now.Rests()
}

// Blocked tells whether a verb is going on that cannot end before the page changes: what it waits for has not come, or the
// window is on the way to another page, so that the browser answers nothing. Of a page that is at rest, this is a proof.
func (b *Browser) Blocked(ctx context.Context) bool {
	if b.page.Motion().Leaving {
		return b.Doing().Took == 0
	}
	missing := b.waiting.Load()
	return missing != nil && (*missing)(ctx) && b.waiting.Load() == missing
}
