package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxHeldBody is how large the body of a request may be that is held: it is kept in memory until it is released.
const maxHeldBody = 16 << 20

// exchange is one request on its way, and its response.
type exchange struct {
	client  *client
	request head
	method  string
	url     *url.URL
	entry   *Exchange
	read    chan struct{} // closed when the whole request has been read
}

func newExchange(c *client, request head, method string, u *url.URL) *exchange {
	return &exchange{client: c, request: request, method: method, url: u, entry: c.gateway.record.begin(method, u.String()), read: make(chan struct{})}
}

func (x *exchange) gateway() *Gateway { return x.client.gateway }

// name is how people call the request: "POST /phonebooks/1/rename".
func (x *exchange) name() string { return x.method + " " + x.url.EscapedPath() }

// run passes the request and its response on; it tells whether another may follow on the same connection.
func (x *exchange) run() (again bool, err error) {
	defer func() {
		x.gateway().record.note(func() {
			if err != nil {
				x.entry.Err = err.Error()
			}
			x.entry.Done = time.Now()
		})
	}()
	body, err := x.request.requestFraming()
	if err != nil {
		x.client.refuse(x.name(), http.StatusBadRequest, err)
		return false, err
	}
	if held := x.gateway().held(x, RequestOut); held != nil {
		return x.runHeld(held, body)
	}
	up, err := x.connect()
	if err != nil {
		return false, err
	}
	sent := make(chan error, 1)
	go func() { sent <- x.send(up, body) }() // beside the response: it may come before the body has ended
	again, err = x.respond(up)
	if err != nil || !again {
		_ = up.Close() // whatever is still being sent is of no use
		_ = x.client.conn.SetReadDeadline(time.Now())
	}
	return again, errors.Join(err, <-sent)
}

// held asks the rules about a stage; the first that takes the exchange decides, and all of them count it.
func (g *Gateway) held(x *exchange, stage Stage) *Held {
	g.mu.Lock()
	defer g.mu.Unlock()
	var taken *Held
	for _, rule := range g.rules {
		if h := rule.take(x, stage); h != nil && taken == nil {
			taken = h
		}
	}
	return taken
}

func (x *exchange) connect() (*upstream, error) {
	host := x.url.Host
	if x.url.Port() == "" {
		host += ":80"
	}
	up, err := x.client.connect(x.gateway().life, host)
	if err != nil {
		x.client.refuse(x.name(), http.StatusBadGateway, err)
		return nil, err
	}
	return up, nil
}

// head is the request's head for the server: with its own path in place of the whole address.
func (x *exchange) head() []byte {
	target := x.url.RequestURI()
	if _, rest, ok := strings.Cut(x.request.first, "://"); ok { // as it was written, escapes included
		if i := strings.IndexAny(rest, "/? "); i >= 0 {
			target, _, _ = strings.Cut(rest[i:], " ")
		}
		if !strings.HasPrefix(target, "/") {
			target = "/" + target
		}
	}
	return x.request.forward(x.method + " " + target + " HTTP/1.1")
}

// send passes the request on as it comes.
func (x *exchange) send(up *upstream, body framing) error {
	counted := &counter{to: up.Conn}
	_, err := counted.Write(x.head())
	if err == nil {
		err = body.copy(counted, x.client.reader)
	}
	close(x.read)
	x.gateway().record.note(func() { x.entry.Sent, x.entry.RequestBytes = time.Now(), counted.n })
	if err != nil {
		return fmt.Errorf("sending %s: %w", x.name(), err)
	}
	return nil
}

// runHeld reads the whole request, and then waits for what becomes of it.
func (x *exchange) runHeld(held *Held, body framing) (again bool, err error) {
	var whole bytes.Buffer
	whole.Write(x.head())
	if err := body.copy(&limited{to: &whole, left: maxHeldBody}, x.client.reader); err != nil {
		held.armed <- armed{err: err}
		x.client.refuse(x.name(), http.StatusBadGateway, err)
		return false, err
	}
	close(x.read)
	v, err := x.await(held)
	if err != nil {
		held.armed <- armed{err: err}
		return false, err
	}
	up, err := x.connect()
	if err != nil {
		held.armed <- armed{err: err}
		return false, err
	}
	message := whole.Bytes()
	if v == arm {
		err = x.sendArmed(held, up, message)
	} else {
		_, err = up.Write(message)
	}
	x.gateway().record.note(func() {
		x.entry.RequestBytes = int64(len(message))
		if x.entry.Sent.IsZero() {
			x.entry.Sent = time.Now()
		}
	})
	if err != nil {
		return false, fmt.Errorf("sending %s: %w", x.name(), err)
	}
	return x.respond(up)
}

// await does what the rule says: it waits for the verdict of whoever holds the exchange, for its delay, or not at
// all. An error ends the exchange.
func (x *exchange) await(held *Held) (verdict, error) {
	switch a := held.action; {
	case a.reset:
		if tcp, ok := x.client.conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // closing it resets it then
		}
		return drop, fmt.Errorf("%s: %w", x.name(), ErrFault)
	case a.status != 0:
		x.client.refuse(x.name(), a.status, ErrFault)
		return drop, fmt.Errorf("%s: status %d: %w", x.name(), a.status, ErrFault)
	case a.delay > 0:
		timer := time.AfterFunc(a.delay, held.Release)
		defer timer.Stop()
	}
	gone, stop := x.watchClient()
	defer stop()
	select {
	case v := <-held.verdict:
		if v == drop {
			return v, fmt.Errorf("%s: %w", x.name(), ErrDropped)
		}
		return v, nil
	case <-gone:
		held.decide(drop)
		return drop, fmt.Errorf("%s: the session went away while it was held", x.name())
	case <-x.gateway().life.Done():
		held.decide(drop)
		return drop, context.Cause(x.gateway().life)
	}
}

// watchClient notices that the session closed its connection, which it can while its request is held. While the
// request is still being read, its reader notices.
func (x *exchange) watchClient() (gone <-chan struct{}, stop func()) {
	select {
	case <-x.read:
	default:
		return nil, func() {}
	}
	closed, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		if _, err := x.client.reader.Peek(1); err != nil && !isTimeout(err) {
			close(closed)
		}
	}()
	return closed, func() {
		_ = x.client.conn.SetReadDeadline(time.Now()) // ends the Peek
		<-watched
		_ = x.client.conn.SetReadDeadline(time.Time{})
	}
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && timeout.Timeout()
}

// sendArmed sends all but the last byte, and waits for the burst that sends it.
func (x *exchange) sendArmed(held *Held, up *upstream, message []byte) error {
	body, last := message[:len(message)-1], message[len(message)-1:]
	if _, err := up.Write(body); err != nil {
		held.armed <- armed{err: err}
		return err
	}
	held.armed <- armed{up: up, last: last}
	select {
	case sent := <-held.fired:
		if sent.IsZero() { // it was too late for the burst, and goes by itself
			if _, err := up.Write(last); err != nil {
				return err
			}
			sent = time.Now()
		}
		x.gateway().record.note(func() { x.entry.Sent = sent })
		return nil
	case <-x.gateway().life.Done():
		return context.Cause(x.gateway().life)
	}
}

// respond passes the response on, interim ones before it, and what follows an upgrade.
func (x *exchange) respond(up *upstream) (again bool, err error) {
	counted := &counter{to: x.client.writer}
	defer func() { x.gateway().record.note(func() { x.entry.ResponseBytes = counted.n }) }()
	for {
		response, err := readHead(up.reader)
		if err != nil {
			return false, fmt.Errorf("response to %s: %w", x.name(), unexpected(err))
		}
		status, err := response.status()
		if err != nil {
			x.client.refuse(x.name(), http.StatusBadGateway, err)
			return false, err
		}
		x.gateway().record.note(func() {
			x.entry.Status = status
			if x.entry.In.IsZero() {
				x.entry.In = time.Now()
			}
		})
		if status == http.StatusSwitchingProtocols {
			_, _ = counted.Write(response.forward(response.first))
			return false, x.client.pump(up)
		}
		if status >= 200 {
			return x.finish(up, response, status, counted)
		}
		if _, err := counted.Write(response.forward(response.first)); err != nil {
			return false, err
		}
		if err := x.client.writer.Flush(); err != nil {
			return false, err
		}
	}
}

// finish passes the final response on, when no rule holds it.
func (x *exchange) finish(up *upstream, response head, status int, counted *counter) (again bool, err error) {
	if held := x.gateway().held(x, ResponseIn); held != nil {
		if _, err := x.await(held); err != nil {
			return false, err
		}
	}
	body, err := response.responseFraming(x.method, status)
	if err != nil {
		x.client.refuse(x.name(), http.StatusBadGateway, err)
		return false, err
	}
	if _, err := counted.Write(response.forward(response.first)); err != nil {
		return false, err
	}
	if err := body.copy(counted, up.reader); err != nil {
		return false, fmt.Errorf("response to %s: %w", x.name(), err)
	}
	if err := x.client.writer.Flush(); err != nil {
		return false, err
	}
	ends := body.kind == untilClose || response.has("Connection", "close") || strings.HasPrefix(response.first, "HTTP/1.0") ||
		x.request.has("Connection", "close") || strings.HasSuffix(x.request.first, "HTTP/1.0")
	return !ends, nil
}

// counter counts what is written.
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

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, fmt.Errorf("its body is larger than the %d bytes that can be held", maxHeldBody)
	}
	return l.to.Write(p)
}
