package sessiontest

import (
	"context"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// suite is what the checks of browser sessions share.
type suite struct {
	driver browser.Driver
	pool   *browser.Pool
	base   string
}

// RunBrowser checks all that a browser session can do, with sessions of this driver in a real browser.
func RunBrowser(t *testing.T, driver browser.Driver) {
	pool := browsertest.NeedPool(t, driver, browser.PoolOptions{})
	s := &suite{driver: driver, pool: pool, base: serve(t)}
	t.Run("Contract", func(t *testing.T) {
		Run(t, sessions.KindBrowser, func(t *testing.T, id sessions.Identity, base string) sessions.Session {
			return openIn(t, pool, id, sessions.BrowserOptions{BaseURL: base})
		})
	})
	for name, checks := range map[string]map[string]func(*testing.T, *suite){
		"Navigate": navigateChecks, "Click": clickChecks, "Fill": fillChecks, "Press": pressChecks, "Arrive": arriveChecks,
		"Look": lookChecks, "Record": recordChecks, "Listen": listenChecks, "End": endChecks, "Evidence": evidenceChecks,
	} {
		t.Run(name, func(t *testing.T) {
			for name, check := range checks {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					check(t, s)
				})
			}
		})
	}
}

// open opens a session with a limit that is long enough for all that works.
func (s *suite) open(t *testing.T) *sessions.Browser {
	t.Helper()
	return s.openWith(t, patience)
}

// openWith opens a session with a limit for each verb.
func (s *suite) openWith(t *testing.T, limit time.Duration) *sessions.Browser {
	t.Helper()
	return openIn(t, s.pool, sessions.Identity{Name: "owner"}, sessions.BrowserOptions{BaseURL: s.base, ActionTimeout: limit})
}

// at opens a session that shows a page with this body.
func (s *suite) at(t *testing.T, body string) *sessions.Browser {
	t.Helper()
	b := s.open(t)
	must(t, b.Navigate(t.Context(), page(body)))
	return b
}

func openIn(t *testing.T, pool *browser.Pool, id sessions.Identity, o sessions.BrowserOptions) *sessions.Browser {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := sessions.OpenBrowser(ctx, pool, id, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("closing %s: %v", id.Name, err)
		}
	})
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// value evaluates an expression.
func value[T any](t testing.TB, b *sessions.Browser, expression string) (v T) {
	t.Helper()
	must(t, b.Evaluate(t.Context(), expression, &v))
	return v
}
