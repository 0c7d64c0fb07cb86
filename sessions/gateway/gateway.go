package gateway

import (
	"context"
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
	// DialTimeout limits the connecting to a server; zero means 10 s.
	DialTimeout time.Duration
	// Record is how many exchanges are kept, the latest; zero means 10,000.
	Record int
}

const (
	defaultDialTimeout = 10 * time.Second
	defaultRecord      = 10_000
)

// ErrClosed says that the gateway was closed.
var ErrClosed = errors.New("the gateway is closed")

// Gateway is the proxy of one session. Its owner calls Close.
type Gateway struct {
	options  Options
	listener net.Listener
	serving  sync.WaitGroup
	life     context.Context
	end      context.CancelCauseFunc
	record   *record

	mu    sync.Mutex
	rules []*Rule // in force
	made  []*Rule // all that there ever were
}

// Listen starts a gateway on loopback, on a port that the kernel chooses.
func Listen(ctx context.Context, o Options) (*Gateway, error) {
	if o.DialTimeout < 0 || o.Record < 0 {
		return nil, fmt.Errorf("gateway of %s: dial timeout %v, record %d: none may be negative", o.Session, o.DialTimeout, o.Record)
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = defaultDialTimeout
	}
	if o.Record == 0 {
		o.Record = defaultRecord
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("gateway of %s: %w", o.Session, err)
	}
	g := &Gateway{options: o, listener: listener, record: newRecord(o.Record)}
	g.life, g.end = context.WithCancelCause(context.Background())
	g.serving.Go(g.accept)
	return g, nil
}

// Address is what a browser or a client takes as its proxy: "http://127.0.0.1:41234".
func (g *Gateway) Address() string { return "http://" + g.listener.Addr().String() }

// URL is Address, parsed.
func (g *Gateway) URL() *url.URL { return &url.URL{Scheme: "http", Host: g.listener.Addr().String()} }

// Close lets everything that is held go to nobody, ends all connections and waits for them. It may be called
// more than once.
func (g *Gateway) Close() error {
	g.end(fmt.Errorf("gateway of %s: %w", g.options.Session, ErrClosed))
	err := g.listener.Close()
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
