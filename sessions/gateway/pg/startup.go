package pg

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// What a first message begins with where other messages have none: a version, or one of these.
const (
	sslRequest    = 80877103
	gssRequest    = 80877104
	cancelRequest = 80877102
	protocol3     = 3
)

// parameter is one of the first message.
type parameter struct{ name, value string }

// serve serves one connection of the application's.
func (g *Gateway) serve(accepted net.Conn) {
	stop := context.AfterFunc(g.life, func() { _ = accepted.Close() })
	defer stop()
	_ = accepted.SetDeadline(time.Now().Add(g.options.HandshakeTimeout))
	client, r, first, err := g.greet(accepted)
	defer func() { _ = client.Close() }()
	if err == nil {
		err = g.begin(client, r, first)
	}
	if err != nil && !errors.Is(err, io.EOF) && g.life.Err() == nil {
		g.notef("a connection from port %s: %v", port(client.RemoteAddr()), err)
	}
}

// greet reads what comes before the first message proper, and that.
func (g *Gateway) greet(client net.Conn) (net.Conn, *bufio.Reader, []byte, error) {
	r := bufio.NewReaderSize(client, window)
	for range 4 { // each kind of encryption may be asked for once
		first, err := startup(r)
		if err != nil {
			if errors.Is(err, ErrMalformed) {
				_, _ = client.Write(fatal(err))
			}
			return client, r, nil, err
		}
		switch code := binary.BigEndian.Uint32(first[4:]); {
		case code == sslRequest && g.options.Certificate != nil:
			if r.Buffered() > 0 {
				return client, r, nil, fmt.Errorf("%w: something came in the clear after a request for TLS", ErrMalformed)
			}
			if _, err := client.Write([]byte{'S'}); err != nil {
				return client, r, nil, err
			}
			client = tls.Server(client, &tls.Config{Certificates: []tls.Certificate{*g.options.Certificate}, MinVersion: tls.VersionTLS12})
			r = bufio.NewReaderSize(client, window)
		case code == sslRequest || code == gssRequest:
			if _, err := client.Write([]byte{'N'}); err != nil {
				return client, r, nil, err
			}
		default:
			return client, r, first, nil
		}
	}
	return client, r, nil, fmt.Errorf("%w: it asks for encryption again and again", ErrMalformed)
}

// startup reads a first message, with its length.
func startup(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(8)
	if err != nil {
		if len(head) > 0 {
			err = cut(err)
		}
		return nil, err
	}
	size := binary.BigEndian.Uint32(head)
	if size < 8 || size > maxStartup {
		return nil, fmt.Errorf("%w: its first message says that it has %d bytes; want 8 to %d", ErrMalformed, size, maxStartup)
	}
	first := make([]byte, size)
	if _, err := io.ReadFull(r, first); err != nil {
		return nil, cut(err)
	}
	return first, nil
}

// begin opens the connection to the server and relays.
func (g *Gateway) begin(client net.Conn, r *bufio.Reader, first []byte) error {
	ctx, cancel := context.WithTimeout(g.life, g.options.DialTimeout)
	server, err := g.dial(ctx)
	cancel()
	if err != nil {
		err = fmt.Errorf("no connection to the server: %w", err)
		_, _ = client.Write(fatal(err))
		return err
	}
	defer func() { _ = server.Close() }()
	stop := context.AfterFunc(g.life, func() { _ = server.Close() })
	defer stop()
	switch code := binary.BigEndian.Uint32(first[4:]); {
	case code == cancelRequest:
		if err := cancelled(server, first); err != nil || len(first) < 12 {
			return err
		}
		g.cancelHeld(binary.BigEndian.Uint32(first[8:]), first[12:])
		return nil
	case code>>16 != protocol3:
		g.notef("a connection from port %s speaks protocol %d.%d, and is passed on as it is", port(client.RemoteAddr()), code>>16, code&0xffff)
		return g.blind(client, r, server, first)
	}
	parameters := readParameters(first[8:])
	if slices.ContainsFunc(parameters, func(p parameter) bool { return p.name == "replication" && p.value != "false" && p.value != "0" }) {
		g.notef("a connection from port %s replicates, and is passed on as it is", port(client.RemoteAddr()))
		return g.blind(client, r, server, first)
	}
	c := g.newConn(client, r, server, parameters)
	defer c.leave()
	if _, err := server.Write(c.isolated(first)); err != nil {
		return err
	}
	err = c.relay()
	if errors.Is(err, net.ErrClosed) || errors.Is(err, ErrFault) || errors.Is(err, ErrDropped) {
		return nil // by somebody here, who knows
	}
	return err
}

func readParameters(content []byte) (all []parameter) {
	for len(content) > 0 && content[0] != 0 {
		name, rest, _ := bytes.Cut(content, []byte{0})
		value, rest, _ := bytes.Cut(rest, []byte{0})
		all = append(all, parameter{string(name), string(value)})
		content = rest
	}
	return all
}

func (g *Gateway) newConn(client net.Conn, r *bufio.Reader, server net.Conn, parameters []parameter) *conn {
	c := &conn{
		gateway: g, client: client, server: server, parameters: parameters,
		fromClient: r, toServer: bufio.NewWriterSize(server, window),
		fromServer: bufio.NewReaderSize(server, window), toClient: bufio.NewWriterSize(client, window),
		prepared: map[string]*source{}, portals: map[string]*statement{},
	}
	c.life, c.end = context.WithCancelCause(g.life)
	c.here, c.left = context.WithCancelCause(c.life)
	c.pending.push(awaited{step: startUp})
	for _, p := range parameters {
		if p.name == "application_name" {
			c.application = p.value
		}
		c.strict = c.strict || strings.Contains(strings.ToLower(p.value), Serializable)
	}
	_ = server.SetDeadline(time.Now().Add(g.options.HandshakeTimeout))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.numbers++
	c.number = g.numbers
	return c
}

// started is when the first ReadyForQuery has come: from now on there are no limits but those of who speaks.
func (c *conn) started() {
	_ = c.client.SetDeadline(time.Time{})
	_ = c.server.SetDeadline(time.Time{})
}

// leave ends what belongs to the connection.
func (c *conn) leave() {
	c.end(errGone)
	// The record keeps statements, and they their connection; it should not keep what is large.
	c.fromClient, c.toServer, c.fromServer, c.toClient, c.prepared, c.portals, c.last = nil, nil, nil, nil, nil, nil, nil
	c.gateway.mu.Lock()
	defer c.gateway.mu.Unlock()
	if c.gateway.backends[c.pid] == c {
		delete(c.gateway.backends, c.pid)
	}
}

// keyData notes which process serves the connection.
func (b *backward) keyData(m frame) error {
	body, _, err := m.body(b.fromServer)
	if err != nil || len(body) < 4 {
		return err
	}
	b.mu.Lock()
	b.pid, b.key = binary.BigEndian.Uint32(body), bytes.Clone(body[4:])
	b.mu.Unlock()
	b.gateway.mu.Lock()
	defer b.gateway.mu.Unlock()
	b.gateway.backends[b.pid] = b.conn
	return nil
}

// SASL is what the server says when it wants one of several mechanisms.
const sasl = 10

// authentication passes what the server wants to know. A mechanism that binds to TLS is taken off the list: the
// application's TLS is not the server's, and libpq refuses to hear of it in the clear.
func (b *backward) authentication(m frame) (swallow bool, err error) {
	body, whole, err := m.body(b.fromServer)
	if err != nil || len(body) < 4 || !whole || binary.BigEndian.Uint32(body) != sasl {
		return false, err
	}
	parts := []any{uint32(sasl)}
	for list := body[4:]; len(list) > 0 && list[0] != 0; {
		mechanism, rest, _ := text(list)
		if !strings.HasSuffix(string(mechanism), "-PLUS") {
			parts = append(parts, string(mechanism))
		}
		list = rest
	}
	_, err = b.toClient.Write(message('R', append(parts, byte(0))...))
	return true, err
}

// cancelled passes a request to cancel on; the server answers by closing.
func cancelled(server net.Conn, request []byte) error {
	if _, err := server.Write(request); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, server)
	return err
}

// blind passes bytes both ways that are not looked at.
func (g *Gateway) blind(client net.Conn, r *bufio.Reader, server net.Conn, first []byte) error {
	_ = client.SetDeadline(time.Time{})
	if _, err := server.Write(first); err != nil {
		return err
	}
	back := make(chan error, 1)
	go func() {
		_, err := io.Copy(client, server)
		_ = client.Close()
		back <- err
	}()
	_, err := io.Copy(server, r)
	if half, ok := server.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		_ = server.Close()
	}
	if err = errors.Join(err, <-back); errors.Is(err, net.ErrClosed) {
		return nil // one side has closed the other
	}
	return err
}

// fatal is an error as a server sends one before it closes a connection.
func fatal(err error) []byte {
	return message('E', byte('S'), "FATAL", byte('V'), "FATAL", byte('C'), "08P01", byte('M'), "Lockstep database gateway: "+err.Error(), byte(0))
}
