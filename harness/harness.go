package harness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// T is the part of a test that the harness needs. *testing.T and GinkgoT() both have it.
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
	live     map[*Session]sessions.Session
	closed   bool
}

// New makes a harness for the test. It starts no browser: the first run of a scenario does. Options that do
// not fit are reported by the run, like all other mistakes.
func New(t T, given ...Option) *Harness {
	t.Helper()
	h := &Harness{t: t, live: map[*Session]sessions.Session{}}
	for _, option := range given {
		if option == nil {
			h.mistake(caller(), "the harness has a nil option", "remove it")
			continue
		}
		option(&h.options)
	}
	if err := h.options.complete(); err != nil {
		h.mistake(caller(), err.Error(), "correct the option or the variable")
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
// test ends; it may be called before and more than once.
func (h *Harness) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	err := h.closeSessions(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.pool != nil && h.ownPool {
		err = errors.Join(err, h.pool.Close())
		h.pool = nil
	}
	return err
}

// closeLimit is how long sessions may take to close.
const closeLimit = 10 * time.Second

func (h *Harness) cleanup() {
	if err := h.Close(); err != nil {
		h.t.Logf("lockstep: closing: %v", err)
	}
}

// closeSessions closes the sessions of the last run.
func (h *Harness) closeSessions(ctx context.Context) error {
	h.mu.Lock()
	live := h.live
	h.live = map[*Session]sessions.Session{}
	h.mu.Unlock()
	return each(live, func(s sessions.Session) error { return s.Close(ctx) })
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

func (h *Harness) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = nil
}

// browsers is the pool of the harness; it is made when it is first needed.
func (h *Harness) browsers() (*browser.Pool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
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

// open opens a declared session.
func (h *Harness) open(ctx context.Context, s *Session) (sessions.Session, error) {
	id := sessions.Identity{Name: s.Name(), Tenant: s.tenant}
	if s.kind == httpSession {
		return sessions.OpenHTTP(id, sessions.HTTPOptions{
			BaseURL: h.options.baseURL, ActionTimeout: h.options.actionTimeout,
			Header: s.header, Redactor: h.options.redactor,
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
