package pg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// conn is a connection of the application's and its own to the server. One goroutine reads the application and writes to
// the server (forward.go), another the other way (backward.go); what both know is under mu.
type conn struct {
	gateway     *Gateway
	number      int
	application string
	client      net.Conn
	server      net.Conn
	fromClient  *bufio.Reader
	toServer    *bufio.Writer
	fromServer  *bufio.Reader
	toClient    *bufio.Writer
	parameters  []parameter // of the first message

	life context.Context // ends with the connection
	end  context.CancelCauseFunc
	here context.Context // ends when the application has gone, too
	left context.CancelCauseFunc

	prepared map[string]*source    // by name; forward's
	portals  map[string]*statement // by name; forward's
	last     *statement            // that was bound or sent last; forward's

	mu        sync.Mutex
	pending   pending
	open      []*statement // sent, and not ended
	running   *statement   // the one that is released, while statements are guarded
	pid       uint32
	key       []byte                  // to cancel with
	atPoint   bool                    // a statement is asked whether it may go
	cancelled bool                    // the application cancelled it meanwhile
	cancel    context.CancelCauseFunc // ends the holding of it; nil if it is not held
	tx        byte                    // as the last ReadyForQuery said: I idle, T in a transaction, E in a failed one; 0 before the first
	blocks    int                     // transactions that it has begun so far, but for those of one statement
	skipping  bool                    // the server skips everything up to a Sync, which has not been sent
	refused   string                  // SQLSTATE of the Parse that failed, up to the next ReadyForQuery
	copying   bool                    // the application sends data
	ran       bool                    // since the last ReadyForQuery a statement has ended whose transaction has not
	level     string                  // the isolation level that the gateway gave it
	first     string                  // the level that it began with, in its first message
	strict    bool                    // it spoke of SERIALIZABLE
}

// becomes takes note of whether the connection is in a transaction. It is called with the connection locked.
func (c *conn) becomes(tx byte) {
	if tx != 'I' && (c.tx == 'I' || c.tx == 0) {
		c.blocks++
	}
	c.tx = tx
}

// block is the number of the transaction that the connection is in; 0 if it is in none. It is called with the connection locked.
func (c *conn) block() int {
	if c.tx == 'I' || c.tx == 0 {
		return 0
	}
	return c.blocks
}

// serializable tells whether what the connection reads may matter to others.
func (c *conn) serializable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.strict || c.level == Serializable || c.level == "" && c.gateway.watcher.level == Serializable
}

// relay passes messages both ways until either side ends, and waits for both goroutines.
func (c *conn) relay() error {
	var back error
	var waiting sync.WaitGroup
	waiting.Go(func() {
		back = (&backward{conn: c, whole: true}).run()
		c.end(back) // nothing is answered any more
		if back != nil && !errors.Is(back, io.EOF) {
			_ = c.server.Close()
		}
		_ = c.client.Close()
	})
	err := (&forward{conn: c}).run()
	c.left(fmt.Errorf("the application has gone: %w", err))
	switch {
	case goneBy(err):
		// The server finishes what it has, and then sees the end, as it does without a gateway.
		if half, ok := c.server.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
			_ = c.server.Close()
		}
	case errors.Is(err, ErrMalformed): // the other goroutine tells the application
		c.end(err)
		_ = c.client.SetWriteDeadline(time.Now().Add(time.Second))
		_ = c.server.SetReadDeadline(time.Unix(1, 0))
	default:
		c.end(err)
		_ = c.client.Close()
		_ = c.server.Close()
	}
	waiting.Wait()
	c.abandon(errors.Join(err, back))
	if goneBy(err) {
		return back
	}
	return err
}

// goneBy tells whether the error is that of an application that went away.
func goneBy(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, new(readError)) || errors.As(err, new(*net.OpError))
}

// abandon ends the statements of which no more will be heard.
func (c *conn) abandon(why error) {
	c.mu.Lock()
	open := c.open
	c.open = nil
	for _, s := range open {
		if !s.ended && s.outcome.Err == nil {
			s.outcome.Err = fmt.Errorf("%w: %w", ErrBroken, why)
		}
	}
	c.mu.Unlock()
	for _, s := range open {
		_ = s.settle(c.life)
	}
}
