package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"
)

// Options say whom a gateway serves. The zero value is good for tests.
type Options struct {
	// Session is the name of the session, for errors and records.
	Session string
	// Address is where to listen: a loopback address with a port, as in "127.0.0.1:8081"; empty means 127.0.0.1 and a
	// port that the kernel chooses.
	Address string
	// Open lets anybody on this machine use the gateway, for tools that cannot show credentials. Without it the gateway
	// serves who shows its Credentials, and nobody else.
	Open bool
	// DialTimeout limits the connecting to a server, TLS included; zero means 10 s.
	DialTimeout time.Duration
	// TLS is how servers are verified: RootCAs for a test server's own authority, Certificates for servers that ask
	// for one. Nil means the system's authorities.
	TLS *tls.Config
	// Record is how many exchanges are kept at most, the latest; zero means 10,000.
	Record int
	// Bodies is how many bytes of each request's and each response's body are kept in the record; zero means none.
	Bodies int
	// Stamp gives each recorded edge its time and its number; gateways of one run share it. Nil means one of the
	// gateway's own.
	Stamp func() Stamp
}

const (
	defaultDialTimeout = 10 * time.Second
	defaultRecord      = 10_000
)

// ErrClosed says that the gateway was closed.
var ErrClosed = errors.New("the gateway is closed")

// Gateway is the proxy of one session. Its owner calls Close.
type Gateway struct {
	options   Options
	authority *Authority
	secret    string
	listener  net.Listener
	serving   sync.WaitGroup
	life      context.Context
	end       context.CancelCauseFunc
	record    *record
	http2     *streams
	again     again

	mu      sync.Mutex
	name    string               // of the session
	gate    Gate                 // nil: everything passes
	rules   []*Rule              // in force
	made    []*Rule              // all that there ever were
	pending map[*exchange]bool   // exchanges that have not ended
	active  map[*exchange]string // those of them that take a connection of the session, with their hosts
}

// check refuses what cannot be meant.
func (o Options) check() error {
	if o.DialTimeout < 0 || o.Record < 0 || o.Bodies < 0 {
		return fmt.Errorf("dial timeout %v, record %d, bodies %d: none may be negative", o.DialTimeout, o.Record, o.Bodies)
	}
	if o.Address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return fmt.Errorf("listen on %q: %w", o.Address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen on %q: a gateway listens on loopback only, as in 127.0.0.1:8081", o.Address)
	}
	return nil
}

// Listen starts a gateway. Its owner calls Close.
func Listen(ctx context.Context, o Options) (*Gateway, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("gateway of %s: %w", o.Session, err)
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = defaultDialTimeout
	}
	if o.Record == 0 {
		o.Record = defaultRecord
	}
	authority, err := RunAuthority()
	if err != nil {
		return nil, fmt.Errorf("gateway of %s: %w", o.Session, err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cmp.Or(o.Address, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("gateway of %s: %w", o.Session, err)
	}
	g := &Gateway{
		options: o, authority: authority, secret: rand.Text(), listener: listener, record: newRecord(o),
		name: o.Session, pending: map[*exchange]bool{}, active: map[*exchange]string{},
	}
	g.life, g.end = context.WithCancelCause(context.Background())
	g.http2 = serveStreams(g)
	g.serving.Go(g.accept)
	return g, nil
}

// Address is what a browser takes as its proxy: "http://127.0.0.1:41234". Who uses it is asked for the Credentials.
func (g *Gateway) Address() string { return "http://" + g.listener.Addr().String() }

// Credentials are the name and the password that the gateway asks for, so that nobody else on the machine can use it.
func (g *Gateway) Credentials() (user, password string) { return credentialsUser, g.secret }

// URL is the address with the credentials, as http.ProxyURL takes it.
func (g *Gateway) URL() *url.URL {
	return &url.URL{Scheme: "http", Host: g.listener.Addr().String(), User: url.UserPassword(g.Credentials())}
}

// Authority is that of the certificates that the gateway shows to its session.
func (g *Gateway) Authority() *Authority { return g.authority }

// Session is the name of the session that the gateway serves.
func (g *Gateway) Session() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.name
}

// Serve names the session that the gateway serves from now on. A gateway that was made in advance has none yet.
func (g *Gateway) Serve(session string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.name = session
}

// ReleaseAll lets go everything that is held and ends all rules.
func (g *Gateway) ReleaseAll() {
	g.mu.Lock()
	made := g.made
	g.mu.Unlock()
	for _, rule := range made {
		rule.Release()
	}
}

// Close lets everything that is held go to nobody, ends all connections and waits for them. It may be called
// more than once.
func (g *Gateway) Close() error {
	g.end(fmt.Errorf("gateway of %s: %w", g.Session(), ErrClosed))
	err := g.listener.Close()
	g.http2.close()
	g.serving.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (g *Gateway) accept() {
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			return // closed
		}
		g.serving.Go(func() {
			stop := context.AfterFunc(g.life, func() { _ = conn.Close() })
			defer stop()
			defer func() { _ = conn.Close() }()
			newClient(g, conn).serve()
		})
	}
}
