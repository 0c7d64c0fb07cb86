package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// exchange1 is an exchange over HTTP/1.1. Its bytes are passed on as they came.
type exchange1 struct {
	*exchange
	client    *client
	request   head
	origin    string // its target, for the server itself
	continued bool   // the session was told to go on before the server was asked
}

func newExchange1(c *client, request head, method string, u *url.URL, origin string) *exchange1 {
	x := c.gateway.newExchange(method, u, request.list(), http1, c)
	return &exchange1{exchange: x, client: c, request: request, origin: origin}
}

// run passes the request and its response on; it tells whether another may follow on the same connection.
func (x *exchange1) run() (again bool, err error) {
	defer func() { x.end(err) }()
	if x.client.served == 1 && x.gateway.again.is(x.head()) {
		x.client.reset()
		return false, fmt.Errorf("%s: the session sent it again by itself, and again %w", x.name(), errBroken)
	}
	body, err := x.request.requestFraming()
	if err != nil {
		return false, x.fail(http.StatusBadRequest, err)
	}
	var whole bytes.Buffer // the request, if it must be whole before it goes
	held, err := x.takeRequest(func() error { return x.readWhole(&whole, body) })
	if err != nil {
		return false, err
	}
	if !x.whole {
		return x.pass(body)
	}
	return x.runWhole(held, whole.Bytes())
}

// pass passes the request on as it comes, and the response.
func (x *exchange1) pass(body framing) (again bool, err error) {
	up, err := x.client.connect(x.url)
	if err != nil {
		return false, x.fail(http.StatusBadGateway, err)
	}
	if body.kind == withoutBody {
		if err := x.send(up, body); err != nil {
			return false, err
		}
		return x.respond(up)
	}
	sent, read := make(chan error, 1), make(chan struct{})
	x.client.read = read
	go func() { // beside the response: it may come before the body has ended
		err := x.send(up, body)
		if errors.Is(err, ErrMalformed) {
			_ = up.Close() // it would wait for the rest
		}
		close(read)
		sent <- err
	}()
	again, err = x.respond(up)
	if err != nil || !again {
		_ = up.Close() // whatever is still being sent is of no use
		_ = x.client.conn.SetReadDeadline(time.Now())
	}
	unsent := <-sent
	if errors.Is(unsent, ErrMalformed) && !errors.Is(err, ErrMalformed) && !x.hasReply() {
		return false, x.fail(http.StatusBadRequest, unsent)
	}
	return again, errors.Join(err, unsent)
}

// head is the request's head for the server: with its own path in place of the whole address.
func (x *exchange1) head() []byte {
	version := x.request.first[strings.LastIndexByte(x.request.first, ' '):]
	return x.request.forward(x.method + " " + x.origin + version)
}

func (x *exchange1) send(up *upstream, body framing) error {
	counted, keeper := &counter{to: up.Conn}, x.gateway.record.keeper()
	_, err := counted.Write(x.head())
	if err == nil && body.kind != withoutBody {
		err = body.copy(counted, keeper.content(), x.client.reader)
	}
	x.carried(counted.n, keeper)
	x.sent()
	if err != nil {
		return fmt.Errorf("sending %s: %w", x.name(), err)
	}
	return nil
}

// readWhole reads the request to its end.
func (x *exchange1) readWhole(whole *bytes.Buffer, body framing) error {
	whole.Write(x.head())
	if body.kind != withoutBody && x.request.has("Expect", "100-continue") {
		x.continued = true // else the session would wait for the server, which has not been asked
		if _, err := io.WriteString(x.client.writer, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return err
		}
		if err := x.client.writer.Flush(); err != nil {
			return err
		}
	}
	var content bytes.Buffer
	if err := body.copy(&limited{to: whole, left: maxHeldBody}, &content, x.client.reader); err != nil {
		return x.fail(statusOf(err), err)
	}
	x.body, x.whole = content.Bytes(), true
	keeper := x.gateway.record.keeper()
	_, _ = keeper.Write(x.body)
	x.carried(int64(whole.Len()), keeper)
	return nil
}

// runWhole sends a request that is whole when it may go. Nobody may hold it.
func (x *exchange1) runWhole(held *Held, message []byte) (again bool, err error) {
	armedFor := (*Held)(nil)
	if held != nil {
		held.announce()
		v, err := x.await(held)
		if err != nil {
			held.armed <- armed{err: err}
			return false, err
		}
		if v == arm {
			armedFor = held
		}
	}
	up, err := x.client.refresh(x.url)
	if err != nil {
		armedFor.cannot(err)
		return false, x.fail(http.StatusBadGateway, err)
	}
	if armedFor != nil {
		err = x.sendArmed(armedFor, up, message)
	} else {
		_, err = up.Write(message)
	}
	x.sent()
	if err != nil {
		return false, fmt.Errorf("sending %s: %w", x.name(), err)
	}
	return x.respond(up)
}

// sendArmed sends all but the last byte, and waits for the burst that sends it.
func (x *exchange1) sendArmed(held *Held, up *upstream, message []byte) error {
	most, last := message[:len(message)-1], message[len(message)-1:]
	if _, err := up.Write(most); err != nil {
		held.armed <- armed{err: err}
		return err
	}
	send := func() error { _, err := up.Write(last); return err }
	held.armed <- armed{send: send}
	select {
	case f := <-held.fired:
		if f.at.IsZero() { // it was too late for the burst, and goes by itself
			return send()
		}
		return nil
	case <-x.gateway.life.Done():
		return context.Cause(x.gateway.life)
	}
}

// respond passes the response on, interim ones before it, and what follows an upgrade.
func (x *exchange1) respond(up *upstream) (again bool, err error) {
	stop := sync.OnceFunc(x.client.guard(up))
	defer stop()
	counted := &counter{to: x.client.writer}
	defer x.note(func(e *Exchange, _ func() Stamp) { e.ResponseBytes = counted.n })
	for {
		response, err := readHead(up.reader)
		if err != nil {
			return false, x.noResponse(err)
		}
		status, err := response.status()
		if err != nil {
			return false, x.noResponse(err)
		}
		if status == http.StatusContinue && x.continued {
			continue
		}
		if status == http.StatusSwitchingProtocols && !x.request.has("Connection", "upgrade") {
			return false, x.noResponse(fmt.Errorf("%w: an upgrade that nobody asked for", ErrMalformed))
		}
		x.answered(status, response.list())
		if status == http.StatusSwitchingProtocols {
			stop()
			return false, x.upgrade(up, response, counted)
		}
		if status >= 200 {
			return x.finish(up, response, status, counted, stop)
		}
		if _, err := counted.Write(response.forward(response.first)); err != nil {
			return false, err
		}
		if err := x.client.writer.Flush(); err != nil {
			return false, err
		}
	}
}

// noResponse is what to do when the server closes the connection, or says what is no HTTP. Where it just closes, so do we:
// the browser knows which requests may be sent again on another connection.
func (x *exchange1) noResponse(err error) error {
	err = fmt.Errorf("response to %s: %w", x.name(), unexpected(err))
	if errors.Is(err, ErrMalformed) {
		return x.fail(http.StatusBadGateway, err)
	}
	return err
}

// upgrade passes on what follows, which is no HTTP: WebSockets and the like. They are beside the connections of HTTP.
func (x *exchange1) upgrade(up *upstream, response head, to io.Writer) error {
	x.gateway.leave(x.exchange)
	<-x.client.read // what follows begins where the request ends
	if _, err := to.Write(response.forward(response.first)); err != nil {
		return err
	}
	return x.client.pump(up)
}

// finish passes the final response on, when no rule holds it.
func (x *exchange1) finish(up *upstream, response head, status int, counted *counter, unguarded func()) (again bool, err error) {
	if err := x.holdResponse(unguarded); err != nil { // it is watched while it is held
		return false, err
	}
	body, err := response.responseFraming(x.method, status)
	if err != nil {
		return false, x.noResponse(err)
	}
	ends := body.kind == untilClose || response.isOld() || response.has("Connection", "close") ||
		x.request.isOld() || x.request.has("Connection", "close")
	if _, err := counted.Write(response.answer(ends)); err != nil {
		return false, err
	}
	keeper := x.gateway.record.keeper()
	err = body.copy(counted, keeper.content(), up.reader)
	x.note(func(e *Exchange, _ func() Stamp) { e.ResponseBody = keeper.bytes() })
	if err != nil {
		return false, fmt.Errorf("response to %s: %w", x.name(), err)
	}
	if err := x.client.writer.Flush(); err != nil {
		return false, err
	}
	if more := up.reader.Buffered(); more > 0 {
		return false, fmt.Errorf("response to %s: %w: %s sent %d bytes more than its answer", x.name(), ErrMalformed, up.server, more)
	}
	return !ends, nil
}
