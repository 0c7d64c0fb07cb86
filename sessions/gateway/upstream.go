package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
)

// upstream is the connection to a server that belongs to one connection of the session: where one ends, so does
// the other, and the browser decides about trying again as it would without us.
type upstream struct {
	net.Conn
	reader *bufio.Reader
	host   string
}

// connect gives the client a connection to the host: the one of its last request, or a new one.
func (c *client) connect(ctx context.Context, host string) (*upstream, error) {
	if c.up != nil && c.up.host == host {
		return c.up, nil
	}
	c.disconnect()
	dialer := net.Dialer{Timeout: c.gateway.options.DialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", host, err)
	}
	// What the client has not been given is flushed before we wait for more of the server.
	c.up = &upstream{Conn: conn, host: host, reader: bufio.NewReaderSize(flushFirst{c.writer, conn}, 32<<10)}
	return c.up, nil
}

func (c *client) disconnect() {
	if c.up != nil {
		_ = c.up.Close()
		c.up = nil
	}
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
