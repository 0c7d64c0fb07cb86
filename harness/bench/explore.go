package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// ExploreSchema names the form of ExploreResult as JSON.
const ExploreSchema = "lockstep/bench-explore/1"

// ExploreOptions say what Explore measures.
type ExploreOptions struct {
	// Driver makes the browser sessions; nil leaves them out.
	Driver browser.Driver
	// Schedules is how many are run with HTTP sessions; zero means 2,000. BrowserSchedules is that with browsers; zero means 100.
	Schedules, BrowserSchedules int
	// Progress is told what is measured next; nil is told nothing.
	Progress func(string)
}

func (o *ExploreOptions) complete() error {
	if o.Schedules == 0 {
		o.Schedules = 2000
	}
	if o.BrowserSchedules == 0 {
		o.BrowserSchedules = 100
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Schedules < 0 || o.BrowserSchedules < 0 {
		return fmt.Errorf("%w: %d schedules, %d with browsers: neither may be negative", browser.ErrInvalidOption, o.Schedules, o.BrowserSchedules)
	}
	return nil
}

// ExploreResult is how fast explorations of two sessions go that send three requests each, with fresh sessions for each
// schedule. Application, gateways, sessions and scheduler share this machine.
type ExploreResult struct {
	Schema    string `json:"schema"`
	Driver    string `json:"driver,omitempty"`
	Schedules int    `json:"http_schedules"`
	// HTTPRate and BrowserRate are schedules per second; BrowserRate is zero if browsers were left out.
	HTTPRate         float64 `json:"http_schedules_per_s"`
	BrowserSchedules int     `json:"browser_schedules"`
	BrowserRate      float64 `json:"browser_schedules_per_s"`
	// OverheadUS is what scheduling adds to each point of an HTTP session, in microseconds: the time of the same scenario with
	// each request as a point, less that of it with its steps one after the other and no point but their starts.
	OverheadUS float64 `json:"overhead_us_per_point"`
}

// stand is what is explored.
type stand struct {
	server *httptest.Server
	test   *quiet
}

// explorePage sends three requests, one after the other.
const explorePage = `<!doctype html><title>bench</title><link rel=icon href=data:><p id=done></p>
<button id=go onclick="go()">Go</button>
<script>async function go() { for (const n of [1, 2, 3]) await fetch('/act/' + n, {method: 'POST'}); document.querySelector('#done').textContent = 'done' }</script>`

func newStand() *stand {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, explorePage)
	})
	mux.HandleFunc("POST /act/{n}", func(http.ResponseWriter, *http.Request) {})
	return &stand{httptest.NewServer(mux), &quiet{}}
}

// Explore measures how fast explorations are.
func Explore(ctx context.Context, o ExploreOptions) (result *ExploreResult, err error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	s := newStand()
	defer func() { s.server.Close(); s.test.end() }()
	result = &ExploreResult{Schema: ExploreSchema, Schedules: o.Schedules}
	o.Progress("HTTP sessions")
	scheduled, err := s.http(ctx, harness.RandomOrder(), harness.At(harness.StepStarts|harness.Requests), harness.Schedules(o.Schedules))
	if err != nil {
		return nil, err
	}
	free, err := s.http(ctx, harness.RandomOrder(), harness.At(harness.StepStarts), harness.Schedules(o.Schedules))
	if err != nil {
		return nil, err
	}
	result.HTTPRate = round(float64(o.Schedules) / scheduled.Took.Seconds())
	result.OverheadUS = round(float64((scheduled.Took - free.Took).Microseconds()) / float64(scheduled.Points-free.Points))
	if o.Driver == nil {
		return result, nil
	}
	o.Progress("browser sessions")
	result.Driver, result.BrowserSchedules = o.Driver.Name(), o.BrowserSchedules
	browsers, err := s.browsers(ctx, o)
	if err != nil {
		return nil, err
	}
	result.BrowserRate = round(float64(o.BrowserSchedules) / browsers.Took.Seconds())
	return result, nil
}

func (s *stand) http(ctx context.Context, strategy harness.Strategy, options ...harness.ExploreOption) (*harness.ExploreResult, error) {
	h := harness.New(s.test, harness.BaseURL(s.server.URL), harness.Progress(nil), harness.Seed(1))
	sc := h.Scenario("three requests each")
	for _, name := range []string{"owner", "colleague"} {
		sc.Step(h.HTTP(name, harness.WithGateway()), "acts", func(ctx context.Context, _ gomega.Gomega, s *sessions.HTTP) error {
			for n := range 3 {
				if _, err := s.Do(ctx, http.MethodPost, fmt.Sprintf("/act/%d", n+1), nil, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	result := sc.Explore(ctx, strategy, append(options, harness.PointLimit(patience))...)
	return result, errors.Join(result.Err(), h.Close())
}

// patience is how long a session may take to its next point on a machine that does other things, too.
const patience = 20 * time.Second

func (s *stand) browsers(ctx context.Context, o ExploreOptions) (*harness.ExploreResult, error) {
	h := harness.New(s.test, harness.Driver(o.Driver.Name()), harness.Browsers(browser.PoolOptions{Warm: 2}),
		harness.BaseURL(s.server.URL), harness.Progress(nil), harness.Seed(1))
	sc := h.Scenario("three requests each")
	for _, name := range []string{"owner", "colleague"} {
		session := h.Browser(name)
		opened := sc.Precondition(session, "opens", func(ctx context.Context, _ gomega.Gomega, s *sessions.Browser) error { return s.Navigate(ctx, "/") })
		sc.Step(session, "acts", func(ctx context.Context, _ gomega.Gomega, s *sessions.Browser) error { return s.Click(ctx, "#go") }, harness.Requires(opened))
	}
	warmed := sc.Explore(ctx, harness.RandomOrder(), harness.Schedules(2), harness.PointLimit(patience)) // launches the browser
	if warmed.Err() != nil {
		return nil, errors.Join(warmed.Err(), h.Close())
	}
	result := sc.Explore(ctx, harness.RandomOrder(), harness.Schedules(o.BrowserSchedules), harness.PointLimit(patience))
	return result, errors.Join(result.Err(), h.Close())
}

// quiet is a test that says nothing and does not fail.
type quiet struct {
	mu       sync.Mutex
	cleanups []func()
}

func (*quiet) Helper()             {}
func (*quiet) Name() string        { return "bench" }
func (*quiet) Logf(string, ...any) {}
func (*quiet) Failed() bool        { return false }

func (q *quiet) Cleanup(do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cleanups = append(q.cleanups, do)
}

func (q *quiet) end() {
	for _, do := range q.cleanups {
		do()
	}
}
