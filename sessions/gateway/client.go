package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
)

// client is one connection of the session to its gateway. Requests on it follow each other.
type client struct {
	gateway *Gateway
	conn    net.Conn
	reader  *bufio.Reader
	writer  *bufio.Writer
	up      *upstream
}

func newClient(g *Gateway, conn net.Conn) *client {
	return &client{gateway: g, conn: conn, reader: bufio.NewReaderSize(conn, 32<<10), writer: bufio.NewWriterSize(conn, 32<<10)}
}

// serve passes on requests until either side ends.
func (c *client) serve() {
	defer c.disconnect()
	for {
		again, err := c.one()
		if err != nil || !again {
			_ = c.writer.Flush()
			return
		}
	}
}

// one passes on one request and its response; it tells whether another may follow.
func (c *client) one() (again bool, err error) {
	request, err := readHead(c.reader)
	if err != nil {
		if errors.Is(err, ErrMalformed) {
			c.refuse("", 400, err)
		}
		return false, err
	}
	method, target, err := request.requestLine()
	if err != nil {
		c.refuse("", 400, err)
		return false, err
	}
	if method == "CONNECT" {
		return false, c.tunnel(target)
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		err = fmt.Errorf("%w: a proxy is asked for http://host/path or CONNECT, not for %.80q", ErrMalformed, target)
		c.refuse(method, 400, err)
		return false, err
	}
	return newExchange(c, request, method, u).run()
}

// refuse answers in the place of the server, and says who it is that answers.
func (c *client) refuse(what string, status int, err error) {
	text := fmt.Sprintf("lockstep gateway of %s: %s: %v\n", c.gateway.options.Session, what, err)
	_, _ = fmt.Fprintf(c.writer, "HTTP/1.1 %d Gateway\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, len(text), text)
	_ = c.writer.Flush()
}

// tunnel passes on bytes that are not ours to read. TLS is not opened yet: what goes through a tunnel is not
// recorded and cannot be held.
func (c *client) tunnel(host string) error {
	if !strings.Contains(host, ":") {
		host += ":443"
	}
	up, err := c.connect(c.gateway.life, host)
	if err != nil {
		c.refuse("CONNECT "+host, 502, err)
		return err
	}
	if _, err := io.WriteString(c.conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return err
	}
	return c.pump(up)
}

// pump passes bytes both ways until one side ends, and waits for both.
func (c *client) pump(up *upstream) error {
	if err := c.writer.Flush(); err != nil {
		return err
	}
	stop := context.AfterFunc(c.gateway.life, func() { _ = up.Close() })
	defer stop()
	back := make(chan error, 1)
	go func() {
		_, err := io.Copy(c.conn, up.reader)
		_ = c.conn.Close()
		back <- err
	}()
	_, err := io.Copy(up.Conn, c.reader)
	_ = up.Close()
	return errors.Join(err, <-back)
}
