package virtual

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// plain is the transport that speaks HTTP/1.1 over connections of our own; fasthttp reads the answers.
type plain struct {
	user        *User
	connections *Connections
	shared      bool
}

// buffers are needed while a request is in progress only, so idle users have none.
type buffers struct {
	in  *bufio.Reader
	out []byte
}

// firstHeader is how large a header may be before a larger buffer is taken for it.
const firstHeader = 4 << 10

// most is how large a body goes into one write with its header.
const most = 16 << 10

var pool = sync.Pool{New: func() any {
	return &buffers{in: bufio.NewReaderSize(nil, firstHeader), out: make([]byte, 0, 1<<10)}
}}

func (p *plain) close() {
	if !p.shared {
		p.connections.Close()
	}
}

// exchange implements transport. A kept connection that turns out to be closed before any byte of the answer came
// is replaced once, if the method is idempotent.
func (p *plain) exchange(ctx context.Context, c *call, start, until time.Time) (traffic, *Error) {
	p.user.watch.over(ctx, p.user)
	if failure := p.connections.sit(ctx, min(p.user.target.options.Timeouts.Connect, until.Sub(start))); failure != nil {
		return traffic{}, failure
	}
	defer p.connections.leave()
	l := p.connections.take(&c.origin)
	if l == nil || !isIdempotent(c.method) && !l.isAlive() {
		if l != nil {
			_ = l.stream.Close()
		}
		return p.exchangeAfresh(ctx, c, until)
	}
	bytes, failure := p.attempt(ctx, l, c, start, until)
	if failure == nil || failure.Class != Stale || !isIdempotent(c.method) {
		return bytes, failure
	}
	again, failure := p.exchangeAfresh(ctx, c, until)
	return traffic{bytes.sent + again.sent, again.received}, failure
}

func (p *plain) exchangeAfresh(ctx context.Context, c *call, until time.Time) (traffic, *Error) {
	l, failure := p.user.dial(ctx, &c.origin, until)
	if failure != nil {
		return traffic{}, failure
	}
	return p.attempt(ctx, l, c, time.Now(), until)
}

// attempt sends the call over the line, reads the answer, and keeps or closes the line.
func (p *plain) attempt(ctx context.Context, l *line, c *call, start, total time.Time) (traffic, *Error) {
	u := p.user
	until := start.Add(u.target.options.Timeouts.Request)
	if total.Before(until) {
		until = total
	}
	sent, received := l.sent, l.received
	l.serve(ctx, u.ended, start, until)
	if u.current.Load() != l {
		u.current.Store(l)
	}
	failure := u.ended(ctx) // after current is set, so that an interruption misses nothing
	keep := false
	if failure == nil {
		b := pool.Get().(*buffers)
		b.in.Reset(l.stream)
		keep, failure = p.converse(l, c, b, received)
		pool.Put(b)
	}
	count := traffic{l.sent - sent, l.received - received}
	if failure != nil || !keep {
		_ = l.stream.Close()
		return count, failure
	}
	l.used = true
	p.connections.put(l)
	return count, nil
}

// converse sends and reads. It tells whether the connection can be used again.
func (p *plain) converse(l *line, c *call, b *buffers, received int64) (keep bool, failure *Error) {
	if err := p.send(l, c, b); err != nil {
		return false, p.explain(l, received, err)
	}
	answer := &p.user.answer
	answer.SkipBody = c.method == http.MethodHead
	in, err := b.in, answer.ReadLimitBody(b.in, p.user.target.options.MaxBody)
	if _, ok := errors.AsType[*fasthttp.ErrSmallBuffer](err); ok {
		in = bigger(b.in, p.user.target.options.MaxHeader)
		err = answer.ReadLimitBody(in, p.user.target.options.MaxBody)
	}
	if err != nil {
		return false, p.explain(l, received, err)
	}
	// What follows an answer unasked for is none of the next request's business.
	return !answer.ConnectionClose() && in.Buffered() == 0 && answer.StatusCode() != http.StatusSwitchingProtocols, nil
}

// bigger is a reader with a larger buffer that begins with what the other has read.
func bigger(in *bufio.Reader, size int) *bufio.Reader {
	read, _ := in.Peek(in.Buffered())
	rest := io.MultiReader(bytes.NewReader(bytes.Clone(read)), readerOnly{in})
	_, _ = in.Discard(len(read))
	return bufio.NewReaderSize(rest, size)
}

// readerOnly hides all but Read.
type readerOnly struct{ io.Reader }

// send writes the call, in one piece if its body is small.
func (p *plain) send(l *line, c *call, b *buffers) error {
	b.out = p.user.appendHead(b.out[:0], c)
	if len(c.body) <= most {
		b.out = append(b.out, c.body...)
		_, err := l.stream.Write(b.out)
		return err
	}
	if _, err := l.stream.Write(b.out); err != nil {
		return err
	}
	_, err := l.stream.Write(c.body)
	return err
}

// explain makes of what fasthttp or the connection says an error that says what happened.
func (p *plain) explain(l *line, received int64, err error) *Error {
	u := p.user
	if ended := u.ended(l.ctx); ended != nil {
		return ended
	}
	if l.failure == nil { // it is not the connection's: the answer was read, and is not in order
		return u.explainAnswer(err)
	}
	if waited, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](l.failure); ok && waited.Timeout() {
		return u.late(l, received)
	}
	switch {
	case l.received == received && l.used:
		return fail(Stale, "the kept connection was closed by the server before any byte of the answer"+
			", and this method is not repeated (RFC 9110, 9.2.2)", l.failure)
	case l.received == received && errors.Is(l.failure, io.EOF):
		return fail(Reset, "the connection was closed before any byte of the answer", l.failure)
	case errors.Is(l.failure, io.EOF):
		return fail(Truncated, u.truncated(), io.ErrUnexpectedEOF)
	}
	return fail(Reset, "the connection failed: "+reason(l.failure), l.failure)
}

// late tells which limit was passed, and what had come by then.
func (u *User) late(l *line, received int64) *Error {
	limits := u.target.options.Timeouts
	state := "no byte of the answer"
	if l.received > received {
		state = "the answer was not complete"
	}
	if u.sample.Start.Add(limits.Total).After(l.until) {
		return fail(Timeout, fmt.Sprintf("%s within %v", state, limits.Request), context.DeadlineExceeded)
	}
	return fail(TotalTimeout, fmt.Sprintf("%s within %v, redirects and connection included", state, limits.Total), context.DeadlineExceeded)
}

func (u *User) truncated() string {
	if want := u.answer.Header.ContentLength(); want > 0 && u.answer.StatusCode() != 0 {
		return fmt.Sprintf("the connection ended within the answer, whose body should have %d bytes", want)
	}
	return "the connection ended within the answer"
}

func (u *User) explainAnswer(err error) *Error {
	o := u.target.options
	if _, ok := errors.AsType[*fasthttp.ErrSmallBuffer](err); ok {
		return fail(TooLarge, fmt.Sprintf("the answer's header is larger than %d bytes", o.MaxHeader), err)
	}
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		return fail(TooLarge, fmt.Sprintf("the answer's body is larger than %d bytes", o.MaxBody), err)
	}
	return fail(Malformed, "the answer is not HTTP: "+short(err.Error(), o.Redactor), err)
}
