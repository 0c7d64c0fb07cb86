package virtual

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Connections are kept open for later requests. The zero value is ready for use and has no limit. Users have their
// own unless Options.Connections is given, which its owner closes.
type Connections struct {
	seats chan struct{} // nil: no limit

	mu     sync.Mutex
	idle   []*line // the one that was used last is at the end
	closed bool
}

// NewConnections makes connections to be shared, of which at most limit are in use at a time; zero means no limit.
// Who finds none free waits for at most the connect timeout.
func NewConnections(limit int) *Connections {
	c := &Connections{}
	if limit > 0 {
		c.seats = make(chan struct{}, limit)
	}
	return c
}

// Close closes the connections that are idle, and the others when they are given back.
func (c *Connections) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	for _, l := range idle {
		_ = l.stream.Close()
	}
}

// sit waits until a connection may be used; leave follows.
func (c *Connections) sit(ctx context.Context, patience time.Duration) *Error {
	if c.seats == nil {
		return nil
	}
	select {
	case c.seats <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case c.seats <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fail(Interrupted, "interrupted: the context ended", context.Cause(ctx))
	case <-timer.C:
		return fail(ConnectTimeout, fmt.Sprintf("none of the %d shared connections was free within %v", cap(c.seats), patience), context.DeadlineExceeded)
	}
}

func (c *Connections) leave() {
	if c.seats != nil {
		<-c.seats
	}
}

// take returns an idle connection, nil if there is none.
func (c *Connections) take(o *origin) *line {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, l := range slices.Backward(c.idle) {
		if l.address == o.address && l.secure == o.secure {
			c.idle = slices.Delete(c.idle, i, i+1)
			return l
		}
	}
	return nil
}

// put gives a connection back.
func (c *Connections) put(l *line) {
	c.mu.Lock()
	if !c.closed {
		c.idle = append(c.idle, l)
		l = nil
	}
	c.mu.Unlock()
	if l != nil {
		_ = l.stream.Close()
	}
}
