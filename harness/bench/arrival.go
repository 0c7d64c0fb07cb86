package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// ArrivalSchema names the form of ArrivalResult as JSON.
const ArrivalSchema = "lockstep/bench-arrival/1"

// ArrivalOptions say what Arrival measures.
type ArrivalOptions struct {
	// Driver makes the sessions.
	Driver browser.Driver
	// Sessions is how many users click; zero means 8.
	Sessions int
	// Rounds is how often they do, in each way; zero means 50.
	Rounds int
	// Progress is told what is measured next; nil is told nothing.
	Progress func(string)
}

// ArrivalResult is how far apart real clicks of several browsers reach the server: the spread of a round is the time
// between the first and the last of its requests, each taken when the server has read all of it.
type ArrivalResult struct {
	Schema   string `json:"schema"`
	Browser  string `json:"browser"`
	Driver   string `json:"driver"`
	Sessions int    `json:"sessions"`
	Rounds   int    `json:"rounds"`
	// BarrierClick lets all users click at the same moment.
	BarrierClick Spreads `json:"barrier_click"`
	// Gateway holds the requests of the clicks and releases them together.
	Gateway Spreads `json:"gateway"`
	// Ratio is how many times tighter the gateway is, by the medians.
	Ratio float64 `json:"ratio_barrier_over_gateway_p50"`
}

// Spreads are percentiles of the rounds' spreads in milliseconds.
type Spreads struct {
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	Max float64 `json:"max_ms"`
}

// Arrival measures how far apart clicks reach a server.
func Arrival(ctx context.Context, o ArrivalOptions) (result *ArrivalResult, err error) {
	if o.Sessions == 0 {
		o.Sessions = 8
	}
	if o.Rounds == 0 {
		o.Rounds = 50
	}
	if o.Sessions < 2 || o.Rounds < 1 {
		return nil, fmt.Errorf("%w: %d sessions, %d rounds: want at least two sessions and one round", browser.ErrInvalidOption, o.Sessions, o.Rounds)
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	version, err := browserVersion(ctx)
	if err != nil {
		return nil, err
	}
	target, err := startTarget(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	result = &ArrivalResult{Schema: ArrivalSchema, Browser: version, Driver: o.Driver.Name(), Sessions: o.Sessions, Rounds: o.Rounds}
	crowd, err := gather(ctx, o, target.url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, crowd.close(ctx)) }()
	for round := range o.Rounds { // in turn, so that both meet the same machine
		o.Progress(fmt.Sprintf("round %d of %d", round+1, o.Rounds))
		if err := crowd.round(ctx, target, false); err != nil {
			return nil, err
		}
		if err := crowd.round(ctx, target, true); err != nil {
			return nil, err
		}
	}
	result.BarrierClick, result.Gateway = spreads(crowd.clicked), spreads(crowd.released)
	if result.Gateway.P50 > 0 {
		result.Ratio = round(result.BarrierClick.P50 / result.Gateway.P50)
	}
	return result, nil
}

func spreads(all []time.Duration) Spreads {
	sorted := slices.Sorted(slices.Values(all))
	return Spreads{
		P50: fine(sorted[len(sorted)/2]), P90: fine(sorted[len(sorted)*9/10]), Max: fine(sorted[len(sorted)-1]),
	}
}

// fine is in milliseconds, with the microseconds that matter here.
func fine(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// target is the server that notes when requests arrive.
type target struct {
	url      string
	server   *http.Server
	serving  sync.WaitGroup
	arrivals chan time.Time
}

const targetPage = `<!doctype html><title>arrival</title><link rel=icon href=data:>
<button id=go onclick="fetch('/act', {method: 'POST', body: 'now'}).then(() => document.title = 'done')">go</button>`

func startTarget(ctx context.Context) (*target, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &target{url: "http://" + listener.Addr().String(), arrivals: make(chan time.Time, 1024)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, targetPage)
	})
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pong") })
	mux.HandleFunc("POST /act", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		t.arrivals <- time.Now()
	})
	t.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	t.serving.Go(func() { _ = t.server.Serve(listener) })
	return t, nil
}

func (t *target) host() string { return strings.TrimPrefix(t.url, "http://") }

func (t *target) close() error {
	err := t.server.Close()
	t.serving.Wait()
	return err
}

// spread waits for the requests of a round.
func (t *target) spread(ctx context.Context, n int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var first, last time.Time
	for i := range n {
		select {
		case at := <-t.arrivals:
			if i == 0 || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		case <-ctx.Done():
			return 0, fmt.Errorf("%d of %d requests arrived: %w", i, n, context.Cause(ctx))
		}
	}
	return last.Sub(first), nil
}

// crowd is users who click.
type crowd struct {
	pool     *browser.Pool
	gateways []*gateway.Gateway
	users    []*sessions.Browser
	clicked  []time.Duration
	released []time.Duration
}

func gather(ctx context.Context, o ArrivalOptions, url string) (*crowd, error) {
	pool, err := browser.NewPool(o.Driver, browser.PoolOptions{})
	if err != nil {
		return nil, err
	}
	c := &crowd{pool: pool}
	for i := range o.Sessions {
		o.Progress(fmt.Sprintf("opening session %d of %d", i+1, o.Sessions))
		if err := c.join(ctx, fmt.Sprintf("user %d", i+1), url); err != nil {
			return nil, errors.Join(err, c.close(ctx))
		}
	}
	return c, nil
}

func (c *crowd) join(ctx context.Context, name, url string) error {
	g, err := gateway.Listen(ctx, gateway.Options{Session: name, Open: true})
	if err != nil {
		return err
	}
	c.gateways = append(c.gateways, g)
	user, err := sessions.OpenBrowser(ctx, c.pool, sessions.Identity{Name: name},
		sessions.BrowserOptions{BaseURL: url, Page: browser.PageOptions{Proxy: g.Address()}})
	if err != nil {
		return err
	}
	c.users = append(c.users, user)
	return user.Navigate(ctx, "/")
}

func (c *crowd) close(ctx context.Context) error {
	var errs []error
	for _, user := range c.users {
		errs = append(errs, user.Close(ctx))
	}
	for _, g := range c.gateways {
		errs = append(errs, g.Close())
	}
	return errors.Join(append(errs, c.pool.Close())...)
}

// round lets all users click at the same moment; if held, their requests are released together.
func (c *crowd) round(ctx context.Context, t *target, held bool) error {
	var rules []*gateway.Rule
	if held {
		for _, g := range c.gateways {
			rule, err := g.Hold(gateway.Match{Method: http.MethodPost, Path: "/act"})
			if err != nil {
				return err
			}
			defer rule.Release()
			rules = append(rules, rule)
		}
	}
	if err := c.click(ctx); err != nil {
		return err
	}
	if held {
		if err := releaseTogether(ctx, rules); err != nil {
			return err
		}
	}
	spread, err := t.spread(ctx, len(c.users))
	if held {
		c.released = append(c.released, spread)
	} else {
		c.clicked = append(c.clicked, spread)
	}
	return err
}

// click lets all users click when all are ready.
func (c *crowd) click(ctx context.Context) error {
	start := make(chan struct{})
	errs := make([]error, len(c.users))
	var clicking sync.WaitGroup
	for i, user := range c.users {
		clicking.Go(func() {
			<-start
			errs[i] = user.Click(ctx, "#go")
		})
	}
	close(start)
	clicking.Wait()
	return errors.Join(errs...)
}

func releaseTogether(ctx context.Context, rules []*gateway.Rule) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var all []*gateway.Held
	for _, rule := range rules {
		h, err := rule.Held(ctx)
		if err != nil {
			return err
		}
		all = append(all, h)
	}
	_, err := gateway.Together(ctx, all...)
	return err
}
