package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// maxHeldBody is how large the body of a request may be that is held or looked at: it is kept in memory.
const maxHeldBody = 16 << 20

// exchange is one request on its way and its response, whatever protocol carries them.
type exchange struct {
	gateway *Gateway
	method  string
	url     *url.URL
	header  []Field // of the request
	body    []byte  // of the request, if a rule holds it or looks at it
	whole   bool    // the body is known: one that passed before there was a rule is not
	peer    peer
	entry   *Exchange
	passing Passing       // at the gate; nil if there is none
	left    sync.Once     // when the gate has been told that the request was sent
	replied chan struct{} // closed when the head of the response has come, or none will
	reply   sync.Once
}

// peer is the session's side of an exchange.
type peer interface {
	// refuse answers in the server's place.
	refuse(what string, status int, err error)
	// reset breaks the session's connection, or its stream, when the exchange ends.
	reset()
	// watch tells when the session goes away; stop ends the watching.
	watch() (gone <-chan struct{}, stop func())
}

// http1 is the protocol of which a request takes a whole connection.
const http1 = "HTTP/1.1"

func (g *Gateway) newExchange(method string, u *url.URL, header []Field, protocol string, p peer) *exchange {
	x := &exchange{gateway: g, method: method, url: u, header: header, peer: p, replied: make(chan struct{})}
	x.entry = g.record.begin(Exchange{Method: method, URL: u.String(), Protocol: protocol, RequestHeader: header})
	g.enter(x, protocol)
	x.atGate()
	return x
}

// name is how people call the request: "POST /phonebooks/1/rename".
func (x *exchange) name() string { return x.method + " " + x.url.EscapedPath() }

// note changes the exchange's entry in the record.
func (x *exchange) note(change func(e *Exchange, stamp func() Stamp)) {
	x.gateway.record.note(func() { change(x.entry, x.gateway.record.stamp) })
}

// end notes how the exchange ended.
func (x *exchange) end(err error) {
	x.note(func(e *Exchange, stamp func() Stamp) {
		if err != nil {
			e.Err = err.Error()
		}
		e.Done = stamp()
	})
	x.gateway.leave(x)
	x.reply.Do(func() { close(x.replied) })
	if x.passing != nil {
		x.passing.End()
	}
}

// answered notes the head of a response.
func (x *exchange) answered(status int, header []Field) {
	x.note(func(e *Exchange, stamp func() Stamp) {
		e.Status, e.ResponseHeader = status, header
		if e.In.IsZero() {
			e.In = stamp()
		}
		for _, text := range values(header, ArrivedField) {
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
				e.Arrived = at
			}
		}
	})
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		x.reply.Do(func() { close(x.replied) })
	}
}

// hasReply tells whether a response has come.
func (x *exchange) hasReply() bool {
	select {
	case <-x.replied:
		return true
	default:
		return false
	}
}

// sent notes that the last byte of the request was handed over.
func (x *exchange) sent() {
	x.note(func(e *Exchange, stamp func() Stamp) {
		if e.Sent.IsZero() {
			e.Sent = stamp()
		}
	})
	if x.passing != nil {
		x.left.Do(x.passing.Sent)
	}
}

// carried notes what the request consists of.
func (x *exchange) carried(bytes int64, body *keeper) {
	x.note(func(e *Exchange, _ func() Stamp) { e.RequestBytes, e.RequestBody = bytes, body.bytes() })
}

// fail answers in the place of a server that could not be asked.
func (x *exchange) fail(status int, err error) error {
	x.peer.refuse(x.name(), status, err)
	return err
}

// takeRequest lets the request pass the gate, and reads the whole of it if a rule looks at its body or holds it. Who
// holds it is not told of it yet; nil if nobody does.
func (x *exchange) takeRequest(readWhole func() error) (*Held, error) {
	if err := x.passGate(RequestOut); err != nil {
		return nil, err
	}
	if x.gateway.wantBody(x) {
		if err := readWhole(); err != nil {
			return nil, err
		}
	}
	held := x.gateway.held(x, RequestOut)
	if held == nil || x.whole {
		return held, nil
	}
	return held, readWhole()
}

// holdResponse lets the response pass the gate, and the rule that holds it. Before either, beforehand is called.
func (x *exchange) holdResponse(beforehand func()) error {
	if x.passing != nil {
		beforehand()
		if err := x.passGate(ResponseIn); err != nil {
			return err
		}
	}
	held := x.gateway.held(x, ResponseIn)
	if held == nil {
		return nil
	}
	beforehand()
	held.announce()
	_, err := x.await(held)
	return err
}

// await does what the rule says: it waits for the verdict of whoever holds the exchange, for its delay, or not at
// all. An error ends the exchange.
func (x *exchange) await(held *Held) (verdict, error) {
	switch a := held.rule.action; {
	case a.reset:
		x.peer.reset()
		return drop, fmt.Errorf("%s: %w, and %w", x.name(), ErrFault, errBroken)
	case a.status != 0:
		x.peer.refuse(x.name(), a.status, ErrFault)
		return drop, fmt.Errorf("%s: status %d: %w", x.name(), a.status, ErrFault)
	case a.delay > 0:
		timer := time.AfterFunc(a.delay, held.Release)
		defer timer.Stop()
	}
	x.note(func(e *Exchange, stamp func() Stamp) { e.Held = stamp() })
	v, err := x.verdict(held)
	x.note(func(e *Exchange, stamp func() Stamp) { e.Released = stamp() })
	return v, err
}

func (x *exchange) verdict(held *Held) (verdict, error) {
	gone, stop := x.peer.watch()
	defer stop()
	select {
	case v := <-held.decision.Verdict():
		if v == drop {
			x.peer.reset()
			return v, fmt.Errorf("%s: %w, and %w", x.name(), ErrDropped, errBroken)
		}
		return v, nil
	case <-gone:
		held.decide(drop)
		return drop, fmt.Errorf("%s: %w", x.name(), errGone)
	case <-x.gateway.life.Done():
		held.decide(drop)
		return drop, context.Cause(x.gateway.life)
	}
}

var errBroken = errors.New("the session's connection was broken")

var errGone = errors.New("the session went away while it was held")

// counter counts what is written, and what has been.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

// limited refuses to write more than it may.
type limited struct {
	to   io.Writer
	left int64
}

var errTooLarge = fmt.Errorf("its body is larger than the %d bytes that can be held or looked at", maxHeldBody)

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errTooLarge
	}
	return l.to.Write(p)
}

// statusOf is what a session is told about an error of the gateway's.
func statusOf(err error) int {
	switch {
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrMalformed):
		return http.StatusBadRequest
	default:
		return http.StatusBadGateway
	}
}
