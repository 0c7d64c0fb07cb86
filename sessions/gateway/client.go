package gateway

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// client is one connection of the session to its gateway over HTTP/1.1, or what is in a tunnel through it. Requests
// follow each other.
type client struct {
	gateway  *Gateway
	conn     net.Conn
	reader   *bufio.Reader
	writer   *bufio.Writer
	up       *upstream
	admitted bool
	tunnel   *tunnel         // nil outside of one
	failure  error           // why the server of the tunnel could not be asked
	served   int             // requests so far
	current  *exchange1      // the last of them
	read     <-chan struct{} // closed when the last of them has been read to its end
}

func newClient(g *Gateway, conn net.Conn) *client {
	return &client{gateway: g, conn: conn, reader: bufio.NewReaderSize(conn, 16<<10), writer: bufio.NewWriterSize(conn, 16<<10)}
}

// serve passes on requests until either side ends.
func (c *client) serve() {
	defer c.disconnect()
	for {
		again, err := c.one()
		if err != nil || !again {
			_ = c.writer.Flush()
			c.disconnect()
			c.linger()
			return
		}
	}
}

// lingering is how long the session may go on to send what nobody reads any more.
const lingering = time.Second

// linger waits until the session has had the last answer: the kernel resets a connection that is closed with something
// unread, and the answer may be lost with it.
func (c *client) linger() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.conn.SetReadDeadline(time.Now().Add(lingering)) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, c.reader)
}

// one passes on one request and its response; it tells whether another may follow.
func (c *client) one() (again bool, err error) {
	request, err := readHead(c.reader)
	if err != nil {
		if errors.Is(err, ErrMalformed) {
			c.refuse("a request", http.StatusBadRequest, err)
		}
		return false, err
	}
	method, target, err := request.requestLine()
	if err != nil {
		c.refuse("a request", http.StatusBadRequest, err)
		return false, err
	}
	if !c.admit(request) {
		return c.challenge(request)
	}
	if method == http.MethodConnect && c.tunnel == nil {
		return false, c.open(target)
	}
	u, origin, err := c.locate(target)
	if err != nil {
		c.refuse(method, http.StatusBadRequest, err)
		return false, err
	}
	if isHello(u.Host) {
		return c.hello(request)
	}
	c.served++
	c.read = wasRead
	c.current = newExchange1(c, request, method, u, origin)
	return c.current.run()
}

// locate reads the target of a request: the whole address, and what of it is for the server itself, as it was written.
func (c *client) locate(target string) (u *url.URL, origin string, err error) {
	whole := target
	if c.tunnel != nil {
		whole = c.tunnel.scheme + "://" + c.tunnel.host + strings.TrimPrefix(target, "*")
	}
	u, err = url.Parse(whole)
	switch {
	case err == nil && c.tunnel != nil && (strings.HasPrefix(target, "/") || target == "*"):
		return u, target, nil
	case err == nil && c.tunnel == nil && u.Scheme == "http" && u.Host != "":
		return u, originForm(target), nil
	case c.tunnel != nil:
		return nil, "", fmt.Errorf("%w: %.80q is no path", ErrMalformed, target)
	default:
		return nil, "", fmt.Errorf("%w: a proxy is asked for http://host/path or CONNECT, not for %.80q", ErrMalformed, target)
	}
}

// originForm cuts the host off an address, letter by letter.
func originForm(target string) string {
	_, rest, _ := strings.Cut(target, "://")
	path := ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		path, _, _ = strings.Cut(rest[i:], "#")
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// refuse answers in the place of the server, and says who it is that answers.
func (c *client) refuse(what string, status int, err error) {
	text := fmt.Sprintf("lockstep gateway of %s: %s: %v\n", c.gateway.Session(), what, err)
	_, _ = fmt.Fprintf(c.writer, "HTTP/1.1 %d Gateway\r\nContent-Type: text/plain; charset=utf-8\r\n%s: %d\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, AnsweredField, status, len(text), text)
	_ = c.writer.Flush()
}

// AnsweredField is a field of the responses that are a gateway's own, in the place of the server's.
const AnsweredField = "Lockstep-Gateway"

// reset breaks the connection when it is closed, as a network does that fails.
func (c *client) reset() {
	if c.served > 1 { // the session would send it again by itself
		c.gateway.again.expect(c.current.head())
	}
	conn := c.conn
	if secured, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secured.NetConn()
	}
	if buffered, ok := conn.(*peeked); ok {
		conn = buffered.Conn
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
		_ = tcp.Close() // before TLS can say good-bye
	}
}

// wasRead is closed: it stands for a request that is read before anything is done with it.
var wasRead = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// watch notices that the session closed its connection. While a request is being read, whoever reads it notices.
func (c *client) watch() (gone <-chan struct{}, stop func()) {
	select {
	case <-c.read:
	default:
		return nil, func() {}
	}
	closed, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		if c.ends() {
			close(closed)
		}
	}()
	return closed, func() {
		_ = c.conn.SetReadDeadline(time.Now()) // ends the reading
		<-watched
		_ = c.conn.SetReadDeadline(time.Time{})
	}
}

// ends reads ahead until the session sends nothing more; false if that was interrupted, or there is more than the buffer
// takes: the body of a request that waits, or requests that follow.
func (c *client) ends() bool {
	for {
		if _, err := c.reader.Peek(c.reader.Buffered() + 1); err != nil {
			return !isTimeout(err) && !errors.Is(err, bufio.ErrBufferFull)
		}
	}
}

// patience is how long a response may take before the session is watched meanwhile. Most take less, and cost nothing.
const patience = 20 * time.Millisecond

// guard closes the server's connection if the session goes away while a response is awaited or goes on, so that the server
// notices as it would without us.
func (c *client) guard(up *upstream) (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	timer := time.AfterFunc(patience, func() {
		defer close(ended)
		select {
		case <-c.read:
		case <-over:
			return
		}
		gone, stopWatching := c.watch()
		defer stopWatching()
		select {
		case <-gone:
			_ = up.Close()
		case <-over:
		}
	})
	return func() {
		close(over)
		if !timer.Stop() {
			<-ended
		}
	}
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && timeout.Timeout()
}

// pump passes bytes both ways until one side ends, which ends the other, and waits for both. The error is that of the side
// that ended first.
func (c *client) pump(up *upstream) error {
	if err := c.writer.Flush(); err != nil {
		return err
	}
	ended := make(chan error, 2)
	pass := func(to io.Writer, from io.Reader) {
		_, err := io.Copy(to, from)
		ended <- err
		_ = up.Close()
		_ = c.conn.Close()
	}
	var both sync.WaitGroup
	both.Go(func() { pass(c.conn, up.reader) })
	both.Go(func() { pass(up.Conn, c.reader) })
	both.Wait()
	return <-ended
}
