package sessions_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// openFake opens a session on a browser that exists in memory.
func openFake(t *testing.T, driver *browsertest.Driver, name string) *sessions.Browser {
	t.Helper()
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Attach: browsertest.Serve(t)})
	return openIn(t, pool, name, sessions.BrowserOptions{BaseURL: "http://phonebook.test"})
}

func openIn(t *testing.T, pool *browser.Pool, name string, o sessions.BrowserOptions) *sessions.Browser {
	t.Helper()
	s, err := sessions.OpenBrowser(t.Context(), pool, sessions.Identity{Name: name, Tenant: "acme"}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("closing %s: %v", name, err)
		}
	})
	return s
}

// Every verb works on a fake page: the fake knows the scripts that the verbs run.
func TestFakePageAnswersEveryVerb(t *testing.T) {
	driver := &browsertest.Driver{Element: func(_ *browsertest.Page, selector string) browsertest.Element {
		if selector == "#list" {
			return browsertest.Element{Tag: "SELECT"}
		}
		return browsertest.Element{Text: "text of " + selector}
	}}
	s := openFake(t, driver, "owner")
	ctx := t.Context()
	for verb, do := range map[string]func() error{
		"navigate": func() error { return s.Navigate(ctx, "/a") },
		"click":    func() error { return s.Click(ctx, "#a") },
		"fill":     func() error { return s.Fill(ctx, "#a", "x") },
		"choose":   func() error { return s.Fill(ctx, "#list", "x") },
		"press":    func() error { return s.Press(ctx, "Enter") },
		"evaluate": func() error { return s.Evaluate(ctx, "1", nil) },
	} {
		if err := do(); err != nil {
			t.Errorf("%s: %v", verb, err)
		}
	}
	if text, err := s.Text(ctx, "#a"); err != nil || text != "text of #a" {
		t.Errorf("text = %q, %v", text, err)
	}
	if visible, err := s.Visible(ctx, "#a"); err != nil || !visible {
		t.Errorf("visible = %v, %v", visible, err)
	}
	if url, err := s.URL(ctx); err != nil || url != "http://phonebook.test/a" {
		t.Errorf("URL = %q, %v", url, err)
	}
	if png, err := s.Screenshot(ctx); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("screenshot = %q, %v", png, err)
	}
	if e := s.Evidence(ctx); len(e.Problems) > 0 || e.URL != "http://phonebook.test/a" || e.Source == "" || len(e.Requests) != 1 {
		t.Errorf("evidence = %+v", e)
	}
}

func TestIsolationCheck(t *testing.T) {
	for name, shared := range map[string]bool{"isolated": false, "shared": true} {
		t.Run(name, func(t *testing.T) {
			pool := browsertest.NewPool(t, &browsertest.Driver{Shared: shared}, browser.PoolOptions{Attach: browsertest.Serve(t)})
			all := []*sessions.Browser{
				openIn(t, pool, "owner; of all", sessions.BrowserOptions{}),
				openIn(t, pool, "Jörg", sessions.BrowserOptions{}),
			}
			err := sessions.CheckIsolation(t.Context(), all)
			if got := errors.Is(err, sessions.ErrNotIsolated); got != shared {
				t.Errorf("not isolated = %v, want %v: %v", got, shared, err)
			}
		})
	}
}
