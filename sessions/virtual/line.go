package virtual

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// line is a connection to a host, with what it takes to wait on it cheaply.
//
// Setting a deadline for each request costs timers in the runtime. A line keeps the one that is set, which is never
// later than what is wanted; when it passes too early, it is put off to the wanted one, and the read goes on. So a
// deadline is set once in the time of a timeout, and is still kept exactly.
type line struct {
	net.Conn // what bytes go through; TLS is on top of it

	address string
	secure  bool
	stream  net.Conn // the line itself, or TLS on it

	// Of the user that it serves now.
	ended func(context.Context) *Error
	ctx   context.Context
	until time.Time // when the exchange must be over
	armed time.Time // the deadline that is set

	sent, received int64
	failure        error // what the last read or write failed with
	used           bool  // an answer came through it
}

// past is a deadline that ends every read and write.
var past = time.Unix(1, 0)

// serve begins an exchange.
func (l *line) serve(ctx context.Context, ended func(context.Context) *Error, now, until time.Time) {
	l.ctx, l.ended, l.until, l.failure = ctx, ended, until, nil
	if l.armed.After(until) || !l.armed.After(now) {
		l.arm()
	}
}

func (l *line) arm() {
	l.armed = l.until
	_ = l.SetDeadline(l.until) // a closed connection says so when it is read
}

// Read implements net.Conn.
func (l *line) Read(p []byte) (int, error) {
	for {
		n, err := l.Conn.Read(p)
		l.received += int64(n)
		if err == nil || n > 0 {
			return n, nil
		}
		if !l.early(err) {
			l.failure = err
			return 0, err
		}
	}
}

// Write implements net.Conn.
func (l *line) Write(p []byte) (int, error) {
	written := 0
	for {
		n, err := l.Conn.Write(p[written:])
		written += n
		l.sent += int64(n)
		if err == nil {
			return written, nil
		}
		if !l.early(err) {
			l.failure = err
			return written, err
		}
	}
}

// early tells whether it was only the deadline of an earlier exchange that passed, and puts it off. Whoever
// interrupts sets a deadline that has passed after the user or the context has ended: looking at these after
// setting ours misses none.
func (l *line) early(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(l.until) {
		return false
	}
	l.arm()
	return l.ended(l.ctx) == nil
}

// interrupt ends a read or write in progress. It may be called by any goroutine; if the line serves somebody else
// meanwhile, they take it for an early deadline.
func (l *line) interrupt() { _ = l.SetDeadline(past) }
