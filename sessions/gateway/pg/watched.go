package pg

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"os"
	"time"
)

// errCancelled says that the application asked to cancel what is held.
var errCancelled = errors.New("the application cancelled it while it was held")

// cancelledState is the SQLSTATE of a statement that was cancelled.
const cancelledState = "57014"

// watched runs what waits, with a context that ends when the application goes away meanwhile, or cancels.
func (f *forward) watched(wait func(context.Context) error) error {
	if err := f.toServer.Flush(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(f.here)
	defer cancel(nil)
	f.holding(cancel)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		f.watch(cancel)
	}()
	err := wait(ctx)
	f.holding(nil)
	_ = f.client.SetReadDeadline(time.Unix(1, 0))
	<-watching
	_ = f.client.SetReadDeadline(time.Time{})
	switch cause := context.Cause(ctx); {
	case err == nil:
		return nil
	case errors.Is(cause, errGone):
		return readError{errGone}
	case errors.Is(cause, errCancelled):
		return errCancelled
	default:
		return err
	}
}

func (c *conn) holding(cancel context.CancelCauseFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = cancel
	if c.cancelled && cancel != nil {
		cancel(errCancelled)
	}
}

// cancellable runs what asks whether a statement may go. Meanwhile the server knows nothing of the statement, so that a request to
// cancel it is the gateway's affair.
func (c *conn) cancellable(ask func() (instead string, err error)) (instead string, err error) {
	c.mu.Lock()
	c.atPoint, c.cancelled = true, false
	c.mu.Unlock()
	instead, err = ask()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.atPoint = false
	if c.cancelled && err == nil {
		err = errCancelled
	}
	return instead, err
}

// watch reads ahead until the application goes away, the buffer is full, or reading is made to end.
func (f *forward) watch(gone context.CancelCauseFunc) {
	for n := f.fromClient.Buffered(); n < f.fromClient.Size(); n = f.fromClient.Buffered() {
		if _, err := f.fromClient.Peek(n + 1); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				gone(errGone)
			}
			return
		}
		ahead, _ := f.fromClient.Peek(f.fromClient.Buffered())
		if terminates(ahead) {
			gone(errGone)
			return
		}
	}
}

// terminates tells whether the last of the messages is that the application goes.
func terminates(messages []byte) bool {
	for len(messages) >= headSize {
		size := uint64(binary.BigEndian.Uint32(messages[1:])) + 1
		if messages[0] == 'X' {
			return true
		}
		if size > uint64(len(messages)) {
			return false
		}
		messages = messages[size:]
	}
	return false
}

// cancelHeld lets a statement that is held fail as the server does with one that is cancelled; the server itself knows
// nothing of it. The key is what the server gave the application for this.
func (g *Gateway) cancelHeld(pid uint32, key []byte) {
	g.mu.Lock()
	c := g.backends[pid]
	g.mu.Unlock()
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.atPoint || subtle.ConstantTimeCompare(c.key, key) != 1 {
		return
	}
	if c.cancelled = true; c.cancel != nil {
		c.cancel(errCancelled)
	}
}
