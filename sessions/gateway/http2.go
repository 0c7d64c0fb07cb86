package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
)

// streams serves the HTTP/2 connections of a session. net/http speaks the protocol, towards both sides.
type streams struct {
	gateway *Gateway
	server  *http.Server
	conns   chan net.Conn
	serving sync.WaitGroup
	ended   chan struct{}

	mu       sync.Mutex
	over     bool
	handling sync.WaitGroup     // streams; none begins when it is over
	links    map[net.Conn]*link // by the session's connection
}

// link is an HTTP/2 connection of the session, and the one to the server that belongs to it.
type link struct {
	gateway *Gateway
	host    string // and port, as the session asked for
	closed  chan struct{}

	mu  sync.Mutex
	up  *http.ClientConn
	old []*http.ClientConn // those that take no more requests, and answer the last
}

type linkKey struct{}

func serveStreams(g *Gateway) *streams {
	s := &streams{gateway: g, conns: make(chan net.Conn), ended: make(chan struct{}), links: map[net.Conn]*link{}}
	s.server = &http.Server{
		Handler:     http.HandlerFunc(s.handle),
		ErrorLog:    log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return g.life },
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, linkKey{}, s.link(conn))
		},
		ConnState: func(conn net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				close(s.link(conn).closed)
			}
		},
	}
	s.serving.Go(func() { _ = s.server.Serve(feed{s}) })
	return s
}

func (s *streams) link(conn net.Conn) *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.links[conn]
}

func (s *streams) close() {
	s.mu.Lock()
	if !s.over {
		s.over = true
		close(s.ended)
	}
	s.mu.Unlock()
	_ = s.server.Close()
	s.serving.Wait()
	s.handling.Wait()
}

// begin tells whether a stream may begin; net/http does not wait for those that did.
func (s *streams) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.handling.Add(1)
	}
	return !s.over
}

// serve serves a connection until it is closed.
func (s *streams) serve(conn *tls.Conn, host string, server *tls.Conn) error {
	up, err := newClientConn(s.gateway.life, server, host)
	if err != nil {
		return err
	}
	l := &link{gateway: s.gateway, host: host, up: up, closed: make(chan struct{})}
	defer func() { _ = l.close() }()
	s.mu.Lock()
	s.links[conn] = l
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.links, conn)
	}()
	select {
	case s.conns <- conn:
		<-l.closed
		return nil
	case <-s.ended:
		return context.Cause(s.gateway.life)
	}
}

// feed hands the session's connections to net/http as a listener does.
type feed struct{ *streams }

func (f feed) Accept() (net.Conn, error) {
	select {
	case conn := <-f.conns:
		return conn, nil
	case <-f.ended:
		return nil, net.ErrClosed
	}
}

func (f feed) Close() error   { return nil }
func (f feed) Addr() net.Addr { return f.gateway.listener.Addr() }

// newClientConn makes an HTTP/2 client of a connection over which TLS has agreed on it.
func newClientConn(ctx context.Context, conn net.Conn, host string) (*http.ClientConn, error) {
	protocols := &http.Protocols{}
	protocols.SetHTTP2(true)
	transport := &http.Transport{
		Protocols: protocols, DisableCompression: true,
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	up, err := transport.NewClientConn(ctx, "https", host)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("HTTP/2 with %s: %w", host, err)
	}
	return up, nil
}

// conn is the connection to the server: the one there is, or a new one if that takes no more requests. What it has to
// answer still goes on then.
func (l *link) conn(ctx context.Context) (*http.ClientConn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up.Available() > 0 {
		return l.up, nil
	}
	server, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	up, err := newClientConn(ctx, server, l.host)
	if err != nil {
		return nil, err
	}
	l.old = slices.DeleteFunc(append(l.old, l.up), func(c *http.ClientConn) bool { return c.InFlight() == 0 && c.Close() == nil })
	l.up = up
	return up, nil
}

var errNoHTTP2 = errors.New("the server does not speak HTTP/2 any more")

func (l *link) dial(ctx context.Context) (*tls.Conn, error) {
	server, err := l.gateway.dialTLS(ctx, l.host, []string{"h2"})
	if err == nil && server.ConnectionState().NegotiatedProtocol != "h2" {
		_ = server.Close()
		err = fmt.Errorf("connect to %s: %w", l.host, errNoHTTP2)
	}
	return server, err
}

func (l *link) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.up.Close()
	for _, old := range l.old {
		err = errors.Join(err, old.Close())
	}
	return err
}
