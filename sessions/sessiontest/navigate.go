package sessiontest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

var navigateChecks = map[string]func(*testing.T, *suite){
	"relative and absolute": func(t *testing.T, s *suite) {
		b := s.open(t)
		for _, address := range []string{page("<p>a"), s.base + page("<p>b")} {
			must(t, b.Navigate(t.Context(), address))
			url, err := b.URL(t.Context())
			if err != nil || url != s.base+strings.TrimPrefix(address, s.base) {
				t.Errorf("after %s the window shows %s, %v", address, url, err)
			}
		}
	},
	"waits for the load event": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		if ready := value[string](t, b, "document.readyState"); ready != "complete" {
			t.Errorf("the page is %s", ready)
		}
	},
	"a page that leaves as soon as it has loaded": func(t *testing.T, s *suite) {
		b := s.open(t)
		for range 10 { // it may be noticed before or after
			must(t, b.Navigate(t.Context(), page(`<p>first<script>onload = () => location.replace("/html?body=<p>second")</script>`)))
		}
	},
	"refused connection": func(t *testing.T, s *suite) {
		b := s.open(t)
		err := b.Navigate(t.Context(), "http://127.0.0.1:1/")
		if err == nil || !strings.Contains(err.Error(), "ERR_") {
			t.Errorf("error = %v", err)
		}
		must(t, b.Navigate(t.Context(), page("<p>after"))) // and it can go on
	},
	"error page of the server": func(t *testing.T, s *suite) {
		b := s.open(t)
		must(t, b.Navigate(t.Context(), "/html?status=500&body=<p>broken"))
		if text, err := b.Text(t.Context(), "p"); err != nil || text != "broken" {
			t.Errorf("text = %q, %v", text, err)
		}
	},
	"an endless load meets the limit": func(t *testing.T, s *suite) {
		b := s.openWith(t, 300*time.Millisecond)
		err := b.Navigate(t.Context(), page(`<p>waits<img src=/hang>`))
		var action *sessions.ActionError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &action) || action.Waited > patience/2 {
			t.Errorf("error = %v", err)
		}
	},
	"relative without a base": func(t *testing.T, s *suite) {
		b := openIn(t, s.pool, sessions.Identity{Name: "owner"}, sessions.BrowserOptions{})
		if err := b.Navigate(t.Context(), "/a"); !errors.Is(err, sessions.ErrInvalidOption) {
			t.Errorf("error = %v", err)
		}
	},
	"to an anchor of the same page": func(t *testing.T, s *suite) {
		b := s.at(t, "<p id=there>a")
		must(t, b.Navigate(t.Context(), page("<p id=there>a")+"#there"))
	},
}
