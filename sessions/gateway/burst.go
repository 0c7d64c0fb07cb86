package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// join is how a request over HTTP/2 takes part in a burst.
type join struct {
	link   *link
	bodied bool
	start  chan *burstLink // one: the connection on which to send
	ready  chan error      // one: all but the last byte has been sent
	gate   chan struct{}   // closed: the last byte may go
	wrote  chan error      // one: the last frame has been written, to a connection that keeps it back

	mu   sync.Mutex
	over bool // its session went away before it had a connection
}

func newJoin(x *exchange2) *join {
	return &join{
		link: x.link, bodied: len(x.body) > 0, start: make(chan *burstLink, 1),
		ready: make(chan error, 2), gate: make(chan struct{}), wrote: make(chan error, 2),
	}
}

// give gives the request a connection, unless it is over.
func (j *join) give(l *burstLink) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.over {
		j.start <- l
	}
	return !j.over
}

// quit says that the request takes part no more, and leaves the connection that it was given.
func (j *join) quit(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.over = true
	j.ended(err)
	if l := j.started(); l != nil {
		l.leave()
	}
}

// started is the connection that was given, if one was.
func (j *join) started() *burstLink {
	select {
	case l := <-j.start:
		return l
	default:
		return nil
	}
}

// ended says that the request came to an end before it was ready, or sent.
func (j *join) ended(err error) {
	j.ready <- err
	j.wrote <- err
}

// gated is a body of which the last byte waits for the burst.
type gated struct {
	body []byte
	join *join
	told bool
}

func (g *gated) Read(p []byte) (int, error) {
	if most := g.body[:max(len(g.body)-1, 0)]; len(most) > 0 {
		n := copy(p, most)
		g.body = g.body[n:]
		return n, nil
	}
	if len(g.body) == 0 {
		return 0, io.EOF
	}
	if !g.told {
		g.told = true
		g.join.ready <- nil
	}
	<-g.join.gate
	p[0], g.body = g.body[0], nil
	return 1, io.EOF
}

// burstLink is a connection that several requests of a burst share, of whatever sessions. It ends with the last of them.
type burstLink struct {
	cork *cork
	conn *http.ClientConn

	mu    sync.Mutex
	users int
}

func (l *burstLink) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users--; l.users == 0 {
		_ = l.conn.Close()
	}
}

// leaving is the body of a response whose end is that of the use of its connection.
type leaving struct {
	io.ReadCloser
	link *burstLink
}

func (l *leaving) Close() error {
	err := l.ReadCloser.Close()
	l.link.leave()
	return err
}

// cork is a connection that keeps back what is written while it is corked. It is below TLS: what it keeps are the
// finished records.
type cork struct {
	net.Conn

	mu     sync.Mutex
	corked bool
	kept   []byte
}

func (c *cork) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.corked {
		return c.Conn.Write(p)
	}
	c.kept = append(c.kept, p...)
	return len(p), nil
}

func (c *cork) keepBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = true
}

// pop sends what was kept back, in one write.
func (c *cork) pop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = false
	_, err := c.Conn.Write(c.kept)
	c.kept = nil
	return err
}

// dialBurst makes a connection for the requests of a burst.
func (l *link) dialBurst(ctx context.Context, users int) (*burstLink, error) {
	raw, err := l.gateway.dial(ctx, l.host)
	if err != nil {
		return nil, err
	}
	corked := &cork{Conn: raw}
	secured, err := l.gateway.secure(ctx, corked, l.host, []string{"h2"})
	if err != nil {
		return nil, err
	}
	if secured.ConnectionState().NegotiatedProtocol != "h2" {
		_ = secured.Close()
		return nil, fmt.Errorf("connect to %s: %w", l.host, errNoHTTP2)
	}
	conn, err := newClientConn(ctx, secured, l.host)
	if err != nil {
		return nil, err
	}
	return &burstLink{cork: corked, conn: conn, users: users}, nil
}

// volley is the requests of a burst that share a connection.
type volley struct {
	requests []int
	link     *burstLink
}

// join lets the requests over HTTP/2 begin on connections of the burst: those with a body up to its last byte.
func (s *salvo) join(ctx context.Context) []volley {
	var volleys []volley
	for _, requests := range s.byHost() {
		l, err := s.armed[requests[0]].join.link.dialBurst(ctx, len(requests))
		if err != nil {
			for _, i := range requests {
				s.fail(i, err) // it goes by itself
			}
			continue
		}
		for _, i := range requests {
			if j := s.armed[i].join; j.bodied && s.begin(i, l) {
				s.wait(ctx, i, j.ready)
			}
		}
		l.cork.keepBack()
		for _, i := range requests {
			if !s.armed[i].join.bodied {
				s.begin(i, l)
			}
		}
		volleys = append(volleys, volley{requests, l})
	}
	return volleys
}

// begin lets a request begin on its connection.
func (s *salvo) begin(i int, l *burstLink) bool {
	given := s.armed[i].join.give(l)
	if !given {
		l.leave()
		s.fail(i, errGone)
	}
	return given
}

// byHost groups the requests that share a connection: with offsets none do, nor do sessions that show certificates.
func (s *salvo) byHost() map[string][]int {
	groups := map[string][]int{}
	for i, a := range s.armed {
		if a.err != nil || a.join == nil {
			continue
		}
		key := a.join.link.host
		if s.offsets != nil || a.join.link.gateway.showsCertificates() {
			key = fmt.Sprint(key, " ", i)
		}
		groups[key] = append(groups[key], i)
	}
	return groups
}

// wait waits for a step of a request's sending.
func (s *salvo) wait(ctx context.Context, i int, step <-chan error) {
	select {
	case err := <-step:
		if err != nil {
			s.fail(i, err)
		}
	case <-ctx.Done():
		s.fail(i, fmt.Errorf("not ready in time: %w", context.Cause(ctx)))
	}
}

// load gets everything ready that the burst is to send, and returns it. What began is sent, whatever became of others.
func (s *salvo) load(ctx context.Context, volleys []volley) []shot {
	var shots []shot
	for i, a := range s.armed {
		if a.err == nil && a.send != nil {
			shots = append(shots, shot{requests: []int{i}, offset: s.offset(i), send: a.send})
		}
	}
	for _, v := range volleys {
		var whole []int
		for _, i := range v.requests {
			close(s.armed[i].join.gate)
			if s.armed[i].err == nil {
				s.wait(ctx, i, s.armed[i].join.wrote)
			}
			if s.armed[i].err == nil {
				whole = append(whole, i)
			}
		}
		shots = append(shots, shot{requests: whole, offset: s.offset(v.requests[0]), send: v.link.cork.pop})
	}
	return shots
}

func (s *salvo) offset(i int) time.Duration {
	if s.offsets == nil {
		return 0
	}
	return s.offsets[i]
}
