package gateway

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// tunnel is what a session asked for with CONNECT.
type tunnel struct {
	scheme string // of what is spoken in it
	host   string // and port, where it is not the scheme's own
}

// open answers CONNECT and serves what is in the tunnel: TLS, HTTP/1.1 as WebSockets use it, or bytes that are passed
// on unread. The server is asked only when it is known what to say to it.
func (c *client) open(host string) error {
	if !strings.Contains(host, ":") {
		host += ":443"
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		err = fmt.Errorf("%w: %w", ErrMalformed, err)
		c.refuse(http.MethodConnect, http.StatusBadRequest, err)
		return err
	}
	if _, err := io.WriteString(c.conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return err
	}
	first, err := c.reader.Peek(1)
	if err != nil {
		return err
	}
	const handshake = 22 // the type of TLS's first record: RFC 8446, section 5.1
	switch {
	case first[0] == handshake:
		return c.serveTLS(host)
	case first[0] >= 'A' && first[0] <= 'Z':
		c.tunnel = &tunnel{scheme: "http", host: strings.TrimSuffix(host, ":80")}
		c.serve()
		return nil
	}
	return c.passUnread(host)
}

// passUnread passes on bytes of a protocol that the gateway does not know. The record says that there was such a tunnel.
func (c *client) passUnread(host string) (err error) {
	x := c.gateway.newExchange("CONNECT", &url.URL{Host: host}, nil, "tunnel", c)
	defer func() { x.end(err) }()
	conn, err := c.gateway.dial(c.gateway.life, host)
	if err != nil {
		return err
	}
	c.gateway.leave(x)
	c.adopt(conn, host)
	return c.pump(c.up)
}

// peeked is a connection of which the beginning has been read into a buffer.
type peeked struct {
	net.Conn
	reader *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.reader.Read(b) }

// serveTLS opens TLS: towards the session with a certificate of the run's authority, towards the server with the same
// protocol. A server that cannot be reached, or not trusted, is told to the session in the answer to its request.
func (c *client) serveTLS(host string) error {
	name, _, _ := net.SplitHostPort(host)
	var server *tls.Conn
	var failure error
	secured := tls.Server(&peeked{c.conn, c.reader}, &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			server, failure = c.gateway.dialTLS(hello.Context(), host, spoken(hello.SupportedProtos))
			certificate, err := c.gateway.authority.leaf(name)
			if err != nil {
				return nil, err
			}
			return &tls.Config{
				MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*certificate},
				NextProtos: chosen(server, hello.SupportedProtos),
			}, nil
		},
	})
	err := secured.HandshakeContext(c.gateway.life)
	if err == nil && failure == nil && secured.ConnectionState().NegotiatedProtocol == "h2" {
		return c.gateway.http2.serve(secured, host, server)
	}
	if server != nil {
		defer func() { _ = server.Close() }()
	}
	if err != nil {
		return err
	}
	inner := newClient(c.gateway, secured)
	inner.admitted, inner.failure = true, failure
	inner.tunnel = &tunnel{scheme: "https", host: strings.TrimSuffix(host, ":443")}
	if server != nil {
		inner.adopt(server, "https://"+inner.tunnel.host)
	}
	inner.serve()
	return secured.Close()
}

// spoken are the protocols of those offered that the gateway speaks too.
func spoken(offered []string) []string {
	return slices.DeleteFunc(slices.Clone(offered), func(p string) bool { return p != "h2" && p != "http/1.1" })
}

// chosen is the protocol that the server chose. Where it chose none, or could not be asked, that is HTTP/1.1.
func chosen(server *tls.Conn, offered []string) []string {
	switch {
	case server != nil && server.ConnectionState().NegotiatedProtocol != "":
		return []string{server.ConnectionState().NegotiatedProtocol}
	case slices.Contains(offered, "http/1.1"):
		return []string{"http/1.1"}
	}
	return nil
}
