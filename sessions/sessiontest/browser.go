package sessiontest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// suite is what the checks of browser sessions share.
type suite struct {
	driver browser.Driver
	pool   *browser.Pool
	base   string
	secure map[string]string // its TLS twins, by the protocol that they speak
	roots  *x509.CertPool    // that they are verified by
}

// RunBrowser checks all that a browser session can do, with sessions of this driver in a real browser.
func RunBrowser(t *testing.T, driver browser.Driver) {
	s := newSuite(t, driver, false)
	s.run(t)
	t.Run("Gateway", func(t *testing.T) { s.each(t, gatewayChecks) })
}

// RunDirect is the same for sessions without a gateway.
func RunDirect(t *testing.T, driver browser.Driver) { newSuite(t, driver, true).run(t) }

func newSuite(t *testing.T, driver browser.Driver, direct bool) *suite {
	s := &suite{driver: driver, base: serve(t), secure: map[string]string{}, roots: x509.NewCertPool()}
	for protocol, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		base, authority := serveTLS(t, http2)
		s.secure[protocol] = base
		s.roots.AddCert(authority)
	}
	s.pool = browsertest.NeedPool(t, driver, browser.PoolOptions{Direct: direct, Gateway: s.trusting()})
	return s
}

// trusting are options of gateways that trust the TLS twins.
func (s *suite) trusting() gateway.Options {
	return gateway.Options{TLS: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}}
}

func (s *suite) run(t *testing.T) {
	t.Run("Contract", func(t *testing.T) {
		Run(t, sessions.KindBrowser, func(t *testing.T, id sessions.Identity, base string) sessions.Session {
			return openIn(t, s.pool, id, sessions.BrowserOptions{BaseURL: base})
		})
	})
	for name, checks := range map[string]map[string]func(*testing.T, *suite){
		"Navigate": navigateChecks, "Click": clickChecks, "Fill": fillChecks, "Press": pressChecks, "Arrive": arriveChecks,
		"Look": lookChecks, "Record": recordChecks, "Listen": listenChecks, "End": endChecks, "Evidence": evidenceChecks,
	} {
		t.Run(name, func(t *testing.T) { s.each(t, checks) })
	}
}

// each runs checks at the same time.
func (s *suite) each(t *testing.T, checks map[string]func(*testing.T, *suite)) {
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, s)
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
