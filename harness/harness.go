package harness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// T is the part of a test that the harness needs. *testing.T, testing.TB and GinkgoT() have it.
type T interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// Harness opens sessions for the scenarios of one test and closes everything when the test ends.
type Harness struct {
	t       T
	options options
	seed    int64

	mu       sync.Mutex
	sessions []*Session
	mistakes []Mistake
	pool     *browser.Pool
	ownPool  bool
	isolated bool // was checked
	running  *run
	last     *Result
	live     map[*Session]sessions.Session // of the last run
	closed   bool
}

// New makes a harness for the test, and closes it when the test ends. It starts no browser: the first run of a
// scenario does. Options that do not fit are reported by the run, like all other mistakes.
func New(t T, given ...Option) *Harness {
	t.Helper()
	h := &Harness{t: t, live: map[*Session]sessions.Session{}}
	at := caller()
	for _, option := range given {
		if option == nil {
			h.mistake(at, "the harness has a nil option", "remove it")
			continue
		}
		option(&h.options)
	}
	h.options.complete()
	for _, wrong := range h.options.check() {
		h.mistake(at, wrong.What, wrong.Hint)
	}
	h.seed = h.options.seed
	if h.seed == 0 {
		h.seed = time.Now().UnixNano()
	}
	if !h.joinGinkgo() {
		t.Cleanup(h.cleanup)
	}
	return h
}

// Seed is where everything random in the harness comes from.
func (h *Harness) Seed() int64 { return h.seed }

// Close ends all sessions and, unless it was handed in, the browser. New arranges that it is called when the
// test ends; it may be called before and more than once. A run that goes on meanwhile loses its sessions.
func (h *Harness) Close() error {
	h.mu.Lock()
	h.closed = true // before the sessions are closed, so that none is adopted after
	h.mu.Unlock()
	err := h.closeLast(context.Background())
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pool != nil && h.ownPool {
		err = errors.Join(err, h.pool.Close())
		h.pool = nil
	}
	return err
}

// closeLimit is how long the sessions of one run may take to close.
const closeLimit = 10 * time.Second

// cleanup ends what a plain test has begun. A test that failed after a run that passed has evidence, too.
func (h *Harness) cleanup() {
	if h.t.Failed() {
		for _, path := range h.lateEvidence(context.Background()) {
			h.t.Logf("evidence: %s", path)
		}
	}
	if err := h.Close(); err != nil {
		h.t.Logf("lockstep: closing: %v", err)
	}
}

// closeLast closes the sessions of the last run, even if the context has ended.
func (h *Harness) closeLast(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	h.mu.Lock()
	live := h.live
	h.live = map[*Session]sessions.Session{}
	h.mu.Unlock()
	return each(live, func(s sessions.Session) error { return s.Close(ctx) })
}

// adopt makes the sessions those that the harness closes. One that was closed while they were opened closes them at
// once: nobody would later.
func (h *Harness) adopt(ctx context.Context, live map[*Session]sessions.Session) error {
	h.mu.Lock()
	h.live = live
	closed := h.closed
	h.mu.Unlock()
	if !closed {
		return nil
	}
	return errors.Join(ErrClosed, h.closeLast(ctx))
}

// each does something with all sessions at once and joins the errors.
func each(live map[*Session]sessions.Session, do func(sessions.Session) error) error {
	errs := make(chan error, len(live))
	for _, s := range live {
		go func() { errs <- do(s) }()
	}
	var all []error
	for range live {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

// ErrRunning says that a scenario of the harness is running already.
var ErrRunning = errors.New("another scenario of this harness is running")

// ErrClosed says that the harness was closed.
var ErrClosed = errors.New("the harness is closed; make another with harness.New")

// begin makes the harness's sessions those of the run.
func (h *Harness) begin(r *run) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return ErrClosed
	case h.running != nil:
		return fmt.Errorf("%w: %q; use a harness for each of them", ErrRunning, h.running.scenario.name)
	}
	h.running = r
	return nil
}

// end lets the next run begin.
func (h *Harness) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = nil
}

// finish keeps the result of a run, for late evidence, and gives it to the report of the spec.
func (h *Harness) finish(result *Result) {
	h.mu.Lock()
	h.last = result
	h.mu.Unlock()
	h.report(result)
}

// browsers is the pool of the harness; it is made when it is first needed.
func (h *Harness) browsers() (*browser.Pool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed // else nobody would close them
	}
	if h.pool == nil && h.options.pool != nil {
		h.pool = h.options.pool
	}
	if h.pool == nil {
		pool, err := browser.NewPool(h.options.driver, h.options.browsers)
		if err != nil {
			return nil, err
		}
		h.pool, h.ownPool = pool, true
	}
	return h.pool, nil
}

// gatewayOptions say what the gateway of an HTTP session is like; nil if it has none.
func (h *Harness) gatewayOptions(s *Session) *gateway.Options {
	if !s.gateway {
		return nil
	}
	return &gateway.Options{TLS: h.options.tls, Bodies: h.options.bodies, Stamp: h.options.stamp}
}

// open opens a declared session.
func (h *Harness) open(ctx context.Context, s *Session) (sessions.Session, error) {
	id := sessions.Identity{Name: s.Name(), Tenant: s.tenant}
	if s.kind == httpSession {
		return sessions.OpenHTTP(id, sessions.HTTPOptions{
			BaseURL: h.options.baseURL, ActionTimeout: h.options.actionTimeout,
			Header: s.header, TLS: h.options.tls, Gateway: h.gatewayOptions(s), Redactor: h.options.redactor,
		})
	}
	pool, err := h.browsers()
	if err != nil {
		return nil, err
	}
	return sessions.OpenBrowser(ctx, pool, id, sessions.BrowserOptions{
		BaseURL: h.options.baseURL, ActionTimeout: h.options.actionTimeout,
		Page: s.page, Redactor: h.options.redactor,
	})
}
