package pg

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// Options say what a gateway is in front of. Upstream is needed, the rest has defaults.
type Options struct {
	// Listen is where to listen: a loopback address with a port; empty means 127.0.0.1 and a port that the kernel chooses.
	Listen string
	// Upstream is the server, as an URL or as keywords and values, with what libpq and pgx know: sslmode, passwords from
	// files and environment. Its user is also that of the control connection, which asks who waits for whom.
	Upstream string
	// Certificate lets applications speak TLS with the gateway; nil: they are told that there is none.
	Certificate *tls.Certificate
	// DialTimeout limits the connecting to the server, TLS included; zero means 10 s.
	DialTimeout time.Duration
	// HandshakeTimeout limits the time from a new connection to its first ReadyForQuery; zero means 60 s, as the server's.
	HandshakeTimeout time.Duration
	// Unanswered is after which time the server is asked what a released statement waits for; zero means 2 ms.
	Unanswered time.Duration
	// LockWaits has lock waits noted of all statements, not only while a gate or rules look at them.
	LockWaits bool
	// MaxMessage is how many bytes a message may say that it has; zero means 1 GiB, which is the server's own limit.
	MaxMessage int
	// Record is how many statements are kept at most, the latest; zero means 10,000.
	Record int
	// Stamp gives each recorded edge its time and its number; gateways of one run share it. Nil means one of the
	// gateway's own.
	Stamp func() gateway.Stamp
}

const (
	defaultDialTimeout      = 10 * time.Second
	defaultHandshakeTimeout = 60 * time.Second
	defaultUnanswered       = 2 * time.Millisecond
	defaultMaxMessage       = 1 << 30
	defaultRecord           = 10_000
)

var (
	// ErrClosed says that the gateway was closed.
	ErrClosed = errors.New("the gateway is closed")
	// ErrMalformed says that somebody does not speak the protocol.
	ErrMalformed = errors.New("this is not the protocol of PostgreSQL")
	// ErrBroken says that a connection broke before it was known what became of a statement.
	ErrBroken = errors.New("the connection broke")

	errGone  = errors.New("the application went away")
	errUnrun = errors.New("it was not run: the server skips what follows an error")
)

// Gateway is a proxy in front of one server. Its owner calls Close.
type Gateway struct {
	options  Options
	upstream *pgconn.Config
	listener net.Listener
	serving  sync.WaitGroup
	life     context.Context
	end      context.CancelCauseFunc
	record   *record
	watcher  *watcher

	mu       sync.Mutex
	gate     Gate
	rules    []*Rule // in force
	made     []*Rule // all that there ever were
	watching bool    // somebody looks at statements
	numbers  int
	backends map[uint32]*conn // by process
	level    string           // isolation that connections get
	notes    []string
	noted    map[string]bool
}

func (o Options) check() (Options, error) {
	var wrong []error
	if o.DialTimeout < 0 || o.HandshakeTimeout < 0 || o.Unanswered < 0 || o.MaxMessage < 0 || o.Record < 0 {
		wrong = append(wrong, fmt.Errorf("dial timeout %v, handshake timeout %v, unanswered %v, max message %d, record %d: none may be negative",
			o.DialTimeout, o.HandshakeTimeout, o.Unanswered, o.MaxMessage, o.Record))
	}
	if o.Upstream == "" {
		wrong = append(wrong, errors.New("upstream is empty; want a server, as in postgres://user@127.0.0.1:5432/phonebook"))
	}
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	if host, _, err := net.SplitHostPort(o.Listen); err != nil {
		wrong = append(wrong, fmt.Errorf("listen on %q: %w", o.Listen, err))
	} else if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		wrong = append(wrong, fmt.Errorf("listen on %q: a gateway listens on loopback only, as in 127.0.0.1:5433", o.Listen))
	}
	o.DialTimeout = cmp.Or(o.DialTimeout, defaultDialTimeout)
	o.HandshakeTimeout = cmp.Or(o.HandshakeTimeout, defaultHandshakeTimeout)
	o.Unanswered = cmp.Or(o.Unanswered, defaultUnanswered)
	o.MaxMessage = cmp.Or(o.MaxMessage, defaultMaxMessage)
	o.Record = cmp.Or(o.Record, defaultRecord)
	return o, errors.Join(wrong...)
}

// Listen starts a gateway. It opens the control connection, so that a server that cannot be asked is told of here. Its owner calls Close.
func Listen(ctx context.Context, o Options) (*Gateway, error) {
	o, err := o.check()
	if err != nil {
		return nil, fmt.Errorf("database gateway: %w", err)
	}
	upstream, err := pgconn.ParseConfig(o.Upstream)
	if err != nil {
		return nil, fmt.Errorf("database gateway: upstream: %w", err)
	}
	g := &Gateway{options: o, upstream: upstream, record: newRecord(o), backends: map[uint32]*conn{}, noted: map[string]bool{}}
	g.life, g.end = context.WithCancelCause(context.Background())
	if g.watcher, err = newWatcher(ctx, g); err != nil {
		g.end(err)
		return nil, fmt.Errorf("database gateway: %w", err)
	}
	if g.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen); err != nil {
		g.end(err)
		g.watcher.close()
		return nil, fmt.Errorf("database gateway: %w", err)
	}
	g.serving.Go(g.watcher.run)
	g.serving.Go(g.accept)
	return g, nil
}

// Addr is where the gateway listens.
func (g *Gateway) Addr() net.Addr { return g.listener.Addr() }

// URL is the upstream's, with the password, as an application takes it to go through the gateway.
func (g *Gateway) URL() string {
	query := url.Values{"sslmode": {"disable"}}
	for name, value := range g.upstream.RuntimeParams {
		query.Set(name, value)
	}
	u := url.URL{Scheme: "postgres", Host: g.Addr().String(), Path: "/" + g.upstream.Database, RawQuery: query.Encode()}
	if u.User = url.User(g.upstream.User); g.upstream.Password != "" {
		u.User = url.UserPassword(g.upstream.User, g.upstream.Password)
	}
	return u.String()
}

// Notes are what was not understood, and passed on unchanged, and what went wrong with connections; each is noted once.
func (g *Gateway) Notes() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.notes)
}

// maxNotes is how many notes are kept.
const maxNotes = 100

func (g *Gateway) notef(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.notes) < maxNotes && !g.noted[note] {
		g.noted[note] = true
		g.notes = append(g.notes, note)
	}
}

// observed takes note of whether anybody looks at statements. It is called with the gateway locked.
func (g *Gateway) observed() { g.watching = g.gate != nil || len(g.rules) > 0 }

// guarding is who decides when statements go on now.
func (g *Gateway) guarding() (Gate, []*Rule) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.watching {
		return nil, nil
	}
	return g.gate, slices.Clone(g.rules)
}

func (g *Gateway) guards() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.watching
}

// backend names a process of the server.
func (g *Gateway) backend(pid uint32) Backend {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.backends[pid]; c != nil {
		return Backend{PID: pid, Connection: c.number}
	}
	return Backend{PID: pid}
}

// Close lets everything that is held go to nobody, ends all connections and waits for them. It may be called more
// than once.
func (g *Gateway) Close() error {
	g.end(fmt.Errorf("database gateway: %w", ErrClosed))
	err := g.listener.Close()
	g.serving.Wait()
	g.watcher.close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (g *Gateway) accept() {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return // closed
		}
		g.serving.Go(func() { g.serve(client) })
	}
}

// port is that of the address.
func port(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return strconv.Itoa(tcp.Port)
	}
	return a.String()
}
