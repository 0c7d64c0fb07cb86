package gateway

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// upstream is the connection to a server that belongs to one connection of the session: where one ends with a request on
// it, so does the other, and the browser decides about trying again as it would without us.
type upstream struct {
	net.Conn
	reader *bufio.Reader
	server string
	forget func() bool // that it is closed with the gateway
}

// connect gives the client a connection to the server of the address: the one of its last request, or a new one.
func (c *client) connect(u *url.URL) (*upstream, error) {
	server := u.Scheme + "://" + u.Host
	if c.up != nil && c.up.server == server && (c.served == 1 || c.up.idle()) {
		return c.up, nil
	}
	if c.failure != nil {
		return nil, c.failure
	}
	c.disconnect()
	var conn net.Conn
	var err error
	if u.Scheme == "https" {
		conn, err = c.gateway.dialTLS(c.gateway.life, address(u), []string{"http/1.1"})
	} else {
		conn, err = c.gateway.dial(c.gateway.life, address(u))
	}
	if err != nil {
		return nil, err
	}
	c.adopt(conn, server)
	return c.up, nil
}

// adopt makes a connection that of the client.
func (c *client) adopt(conn net.Conn, server string) {
	// What the client has not been given is flushed before we wait for more of the server.
	c.up = &upstream{
		Conn: conn, server: server, reader: bufio.NewReaderSize(flushFirst{c.writer, conn}, 16<<10),
		forget: context.AfterFunc(c.gateway.life, func() { _ = conn.Close() }),
	}
}

// refresh is connect for a request that was held, be it the first: the server may have closed the connection meanwhile.
func (c *client) refresh(u *url.URL) (*upstream, error) {
	if c.up != nil && !c.up.idle() {
		c.disconnect()
	}
	return c.connect(u)
}

// heard is what there is of the other side of a connection that has not been read.
type heard uint8

const (
	nothing heard = iota
	something
	theEnd
)

// idle tells whether the connection can take another request. Where the server closed it, the session cannot know; where
// the server says what nobody asked for, the session would take it for the answer.
func (u *upstream) idle() bool {
	if u.reader.Buffered() > 0 {
		return false
	}
	heard := hear(u.Conn)
	if _, secured := u.Conn.(*tls.Conn); !secured || heard != something {
		return heard == nothing
	}
	// TLS has messages of its own: tickets mean nothing, its good-bye does. They are there, so reading them does not take long.
	_ = u.SetReadDeadline(time.Now().Add(time.Millisecond))
	defer func() { _ = u.SetReadDeadline(time.Time{}) }()
	_, err := u.reader.Peek(1)
	return err != nil && isTimeout(err)
}

func (c *client) disconnect() {
	if c.up != nil {
		c.up.forget()
		_ = c.up.Close()
		c.up = nil
	}
}

// address is the host and the port of an address.
func address(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// dial connects to a host and port.
func (g *Gateway) dial(ctx context.Context, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: g.options.DialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", loopback(address))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return conn, nil
}

// loopback replaces names below localhost, which browsers know to be this machine and resolvers may not: RFC 6761,
// section 6.3.
func loopback(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".localhost") {
		return address
	}
	return net.JoinHostPort("localhost", port)
}

// dialTLS connects and verifies the server, which chooses one of the protocols.
func (g *Gateway) dialTLS(ctx context.Context, address string, protocols []string) (*tls.Conn, error) {
	conn, err := g.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return g.secure(ctx, conn, address, protocols)
}

// secure speaks TLS over a connection, which it closes if that fails.
func (g *Gateway) secure(ctx context.Context, conn net.Conn, address string, protocols []string) (*tls.Conn, error) {
	config := g.options.TLS.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address)
	}
	config.NextProtos = protocols
	secured := tls.Client(conn, config)
	ctx, cancel := context.WithTimeout(ctx, g.options.DialTimeout)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS with %s: %w", address, err)
	}
	return secured, nil
}

// showsCertificates tells whether servers know the session by what it shows in TLS.
func (g *Gateway) showsCertificates() bool {
	config := g.options.TLS
	return config != nil && (len(config.Certificates) > 0 || config.GetClientCertificate != nil)
}

// flushFirst flushes a writer before each read, which may have to wait: what came is passed on at once, and what
// comes together is passed on together.
type flushFirst struct {
	writer *bufio.Writer
	source io.Reader
}

func (f flushFirst) Read(p []byte) (int, error) {
	if err := f.writer.Flush(); err != nil {
		return 0, err
	}
	return f.source.Read(p)
}
