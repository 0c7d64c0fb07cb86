package sessiontest

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/cdpdriver"
	"github.com/seed49090845/lockstep/sessions/roddriver"
)

var lookChecks = map[string]func(*testing.T, *suite){
	"text": func(t *testing.T, s *suite) {
		b := s.at(t, "<p> as a <b>person</b>\n reads  it <i hidden>not</i></p><p>second")
		if text, err := b.Text(t.Context(), "p"); err != nil || text != "as a person reads it" {
			t.Errorf("text = %q, %v", text, err)
		}
	},
	"text that comes late": func(t *testing.T, s *suite) {
		b := s.at(t, "<script>setTimeout(() => document.body.innerHTML = '<p>late', 100)</script>")
		if text, err := b.Text(t.Context(), "p"); err != nil || text != "late" {
			t.Errorf("text = %q, %v", text, err)
		}
	},
	"visible": func(t *testing.T, s *suite) {
		b := s.at(t, `<p id=a>a<p id=b hidden>b<p id=c style="visibility:hidden">c<p id=d style="display:none">d`)
		for selector, want := range map[string]bool{"#a": true, "#b": false, "#c": false, "#d": false, "#none": false} {
			if visible, err := b.Visible(t.Context(), selector); err != nil || visible != want {
				t.Errorf("%s visible = %v, %v", selector, visible, err)
			}
		}
		if _, err := b.Visible(t.Context(), "]"); !errors.Is(err, sessions.ErrInvalidOption) {
			t.Errorf("no selector: %v", err)
		}
	},
	"evaluate":            checkEvaluate,
	"evaluate exceptions": checkExceptions,
	"screenshot": func(t *testing.T, s *suite) {
		b := openIn(t, s.pool, sessions.Identity{Name: "owner"}, sessions.BrowserOptions{Page: browser.PageOptions{Width: 640, Height: 480}})
		shot, err := b.Screenshot(t.Context())
		must(t, err)
		config, err := png.DecodeConfig(bytes.NewReader(shot))
		if err != nil || config.Width != 640 || config.Height != 480 {
			t.Errorf("screenshot is %d by %d, %v", config.Width, config.Height, err)
		}
	},
	"window": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		if size := value[[2]int](t, b, "[innerWidth, innerHeight]"); size != [2]int{1280, 800} {
			t.Errorf("the window is %v", size)
		}
		if focus := value[bool](t, b, "document.hasFocus() && !document.hidden"); !focus {
			t.Error("the window has no focus")
		}
		must(t, b.Evaluate(t.Context(), "new Promise(requestAnimationFrame)", nil)) // hidden windows get none
	},
	"raw access": func(t *testing.T, s *suite) {
		b := s.open(t)
		_, chromedpErr := cdpdriver.Context(t.Context(), b)
		_, rodErr := roddriver.Page(t.Context(), b)
		if s.driver.Name() == cdpdriver.Name {
			chromedpErr, rodErr = rodErr, chromedpErr
		}
		if rodErr != nil {
			t.Errorf("the own handle: %v", rodErr)
		}
		if !errors.Is(chromedpErr, cdpdriver.ErrNoPage) && !errors.Is(chromedpErr, roddriver.ErrNoPage) {
			t.Errorf("the handle of the other driver: %v", chromedpErr)
		}
	},
	"isolation": func(t *testing.T, s *suite) {
		pair := []*sessions.Browser{s.open(t), s.open(t)}
		must(t, sessions.CheckIsolation(t.Context(), pair))
		for _, b := range pair {
			if url, err := b.URL(t.Context()); err != nil || url != "about:blank" {
				t.Errorf("the window shows %q, %v", url, err)
			}
			if length := value[int](t, b, "history.length"); length != 1 {
				t.Errorf("the history has %d entries", length)
			}
		}
	},
	"isolation is missed": func(t *testing.T, s *suite) {
		b := s.open(t) // twice the same window shares all there is
		if err := sessions.CheckIsolation(t.Context(), []*sessions.Browser{b, b}); err == nil {
			t.Error("two sessions in one context pass the check")
		}
	},
}

func checkEvaluate(t *testing.T, s *suite) {
	b := s.open(t)
	for expression, want := range map[string]any{
		"1 + 1": 2.0, `"a" + "b"`: "ab", "null": nil, "undefined": nil, "true": true,
		"Promise.resolve(7)": 7.0, "new Promise(ok => setTimeout(() => ok('late'), 20))": "late",
		"(() => { const x = 3; return x * x })()": 9.0,
	} {
		var got any = "untouched"
		if err := b.Evaluate(t.Context(), expression, &got); err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", expression, got, err, want)
		}
	}
	var contact struct {
		Name   string
		Phones []int
	}
	must(t, b.Evaluate(t.Context(), `({name: "Ada", phones: [1, 2]})`, &contact))
	if contact.Name != "Ada" || len(contact.Phones) != 2 {
		t.Errorf("decoded %+v", contact)
	}
	if err := b.Evaluate(t.Context(), `"text"`, &contact); err == nil {
		t.Error("a string was decoded into a struct")
	}
	must(t, b.Evaluate(t.Context(), "document.title = 'nobody asks'", nil))
}

func checkExceptions(t *testing.T, s *suite) {
	b := s.open(t)
	for expression, want := range map[string]string{
		"nowhere()":                        "Uncaught ReferenceError: nowhere is not defined",
		"Promise.reject(new Error('no!'))": "Uncaught (in promise) Error: no!",
		"throw":                            "Uncaught SyntaxError",
	} {
		err := b.Evaluate(t.Context(), expression, nil)
		var thrown *browser.ScriptError
		if !errors.As(err, &thrown) || !strings.HasPrefix(thrown.Text, want) {
			t.Errorf("%s: %v", expression, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := b.Evaluate(ctx, "new Promise(() => {})", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a promise that nobody keeps: %v", err)
	}
	if two := value[int](t, b, "1 + 1"); two != 2 {
		t.Error("the page is of no use afterwards")
	}
}
