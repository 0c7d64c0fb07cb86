package harness_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

// till is an application with one voucher: who asks for it is told whether it is there, and who redeems it gets it. Only the
// sound one asks again.
type till struct {
	*httptest.Server
	sound bool

	mu       sync.Mutex
	left     int
	redeemed int
	order    []string
}

func newTill(t *testing.T, sound bool) *till {
	app := &till{sound: sound}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /vouchers/{id}", func(w http.ResponseWriter, _ *http.Request) {
		app.mu.Lock()
		defer app.mu.Unlock()
		fmt.Fprint(w, app.left)
	})
	mux.HandleFunc("POST /vouchers/{id}/redeem", func(w http.ResponseWriter, _ *http.Request) {
		app.mu.Lock()
		defer app.mu.Unlock()
		if app.sound && app.left == 0 {
			w.WriteHeader(http.StatusConflict)
			return
		}
		app.left--
		app.redeemed++
	})
	mux.HandleFunc("POST /note/{what}", func(_ http.ResponseWriter, r *http.Request) {
		app.mu.Lock()
		defer app.mu.Unlock()
		app.order = append(app.order, r.PathValue("what"))
	})
	app.Server = httptest.NewServer(mux)
	t.Cleanup(app.Close)
	return app
}

func (app *till) fresh(context.Context, int) error {
	app.mu.Lock()
	defer app.mu.Unlock()
	app.left, app.redeemed, app.order = 1, 0, nil
	return nil
}

func (app *till) redeemedOnce(context.Context) error {
	app.mu.Lock()
	defer app.mu.Unlock()
	if app.redeemed > 1 {
		return fmt.Errorf("it was redeemed %d times", app.redeemed)
	}
	return nil
}

// clients are a harness with sessions that have gateways.
type clients struct {
	*harness.Harness
	t                *fakeT
	artifacts        string
	owner, colleague *harness.Session
}

func newClients(t *testing.T, url string, options ...harness.Option) *clients {
	c := &clients{t: newT(t), artifacts: t.TempDir()}
	defaults := []harness.Option{harness.Artifacts(c.artifacts), harness.Progress(nil), harness.Seed(42), harness.BaseURL(url)}
	c.Harness = harness.New(c.t, append(defaults, options...)...)
	c.owner, c.colleague = c.HTTP("owner", harness.WithGateway()), c.HTTP("colleague", harness.WithGateway())
	return c
}

// patient lets a busy machine take its time.
func patient() harness.ExploreOption { return harness.PointLimit(20 * time.Second) }

func redeems(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
	left, err := s.Get(ctx, "/vouchers/17")
	if err != nil || string(left.Body) == "0" {
		return err
	}
	_, err = s.Do(ctx, http.MethodPost, "/vouchers/17/redeem", nil, nil)
	return err
}

// voucher is the scenario in which both want it.
func (c *clients) voucher(app *till) (*harness.Scenario, []harness.ExploreOption) {
	sc := c.Scenario("one voucher")
	sc.Step(c.owner, "redeems it", redeems)
	sc.Step(c.colleague, "redeems it, too", redeems)
	return sc, []harness.ExploreOption{harness.Before(app.fresh), harness.Invariant("a voucher is redeemed once", app.redeemedOnce), patient()}
}

func sends(paths ...string) func(context.Context, Gomega, *sessions.HTTP) error {
	return func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		for _, path := range paths {
			if _, err := s.Do(ctx, http.MethodPost, path, nil, io.NopCloser(strings.NewReader("x"))); err != nil {
				return err
			}
		}
		return nil
	}
}

func serve(t *testing.T, handler http.Handler) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
