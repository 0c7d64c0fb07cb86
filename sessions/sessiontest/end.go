package sessiontest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/go-rod/rod/lib/proto"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/cdpdriver"
	"github.com/seed49090845/lockstep/sessions/roddriver"
)

var endChecks = map[string]func(*testing.T, *suite){
	"a window that closes itself": func(t *testing.T, s *suite) {
		b := s.open(t)                                     // with a history it would not be allowed to
		_ = b.Evaluate(t.Context(), "window.close()", nil) // the answer may be lost with the window
		within(t, patience, "Done is closed", b.Done())
		if err := b.Err(); !errors.Is(err, browser.ErrClosed) {
			t.Errorf("Err = %v", err)
		}
		if err := b.Click(t.Context(), "p"); !errors.Is(err, browser.ErrClosed) {
			t.Errorf("a verb afterwards: %v", err)
		}
	},
	"a page that crashes": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		ended := make(chan error, 1)
		go func() { ended <- b.Evaluate(t.Context(), "new Promise(() => {})", nil) }()
		eventually(t, "it is busy", func() bool { return b.Doing().Took == 0 })
		crash(t, b)
		if err := receive(t, ended); !errors.Is(err, browser.ErrCrashed) {
			t.Errorf("the verb: %v", err)
		}
		within(t, patience, "Done is closed", b.Done())
		if err := b.Err(); !errors.Is(err, browser.ErrCrashed) {
			t.Errorf("Err = %v", err)
		}
	},
	"Close during a verb": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		ended := make(chan error, 1)
		go func() { ended <- b.Evaluate(t.Context(), "new Promise(() => {})", nil) }()
		eventually(t, "it is busy", func() bool { return b.Doing().Took == 0 })
		must(t, b.Close(t.Context()))
		if err := receive(t, ended); !errors.Is(err, browser.ErrClosed) {
			t.Errorf("the verb: %v", err)
		}
	},
	"Close of a page that hangs": func(t *testing.T, s *suite) {
		b := hanging(t, s, patience)
		start := time.Now()
		must(t, b.Close(t.Context()))
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("it took %v", took)
		}
	},
}

// crash ends the renderer, by the driver's own handle: no verb does that.
func crash(t *testing.T, b *sessions.Browser) {
	t.Helper()
	if page, err := roddriver.Page(t.Context(), b); err == nil {
		go func() { _ = proto.PageCrash{}.Call(page) }() // nobody is left to answer
		return
	}
	tab, err := cdpdriver.Context(t.Context(), b)
	must(t, err)
	go func() { _, _ = chromedp.Call(tab, cdppage.Crash, cdp.Empty{}) }()
}

// hanging opens a page whose script never ends.
func hanging(t *testing.T, s *suite, limit time.Duration) *sessions.Browser {
	t.Helper()
	b := s.openWith(t, limit)
	must(t, b.Navigate(t.Context(), page("<p>a")))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Evaluate(ctx, "for (;;);", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("an endless script: %v", err)
	}
	return b
}

var evidenceChecks = map[string]func(*testing.T, *suite){
	"of a page that hangs": func(t *testing.T, s *suite) {
		b := hanging(t, s, 2*time.Second)
		start := time.Now()
		e := b.Evidence(t.Context())
		if took := time.Since(start); took > 8*time.Second || len(e.Problems) == 0 || len(e.Requests) != 1 {
			t.Errorf("after %v: %+v", took, e)
		}
	},
	"beside a verb that waits": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Click(ctx, "#never") }()
		eventually(t, "it is busy", func() bool { return b.Doing().Took == 0 })
		e := b.Evidence(t.Context())
		if len(e.Problems) > 0 || len(e.Screenshot) == 0 || !strings.HasPrefix(e.Doing, `click "#never" for`) {
			t.Errorf("evidence: %q, %v", e.Doing, e.Problems)
		}
		cancel()
		_ = receive(t, ended)
	},
	"has no secrets": func(t *testing.T, s *suite) {
		b := s.at(t, `<meta name=csrf-token content=hush1><form><input type=hidden name=csrf value=hush2>
			<input type=password name=password value=hush3></form><script>var token = "hush4"</script>`)
		must(t, b.Evaluate(t.Context(), `console.log("Authorization: Bearer hush5"); fetch("/nowhere?token=hush6").then(r => r.text())`, nil))
		e := b.Evidence(t.Context())
		var all strings.Builder
		all.WriteString(e.URL + e.Source + e.Doing)
		for _, record := range e.Console {
			all.WriteString(record.Text)
		}
		for _, record := range e.Requests[1:] { // the first has the page itself as a parameter
			all.WriteString(record.URL)
		}
		if strings.Contains(strings.TrimPrefix(all.String(), e.URL), "hush") {
			t.Errorf("a secret is left in %s", all.String())
		}
	},
}
