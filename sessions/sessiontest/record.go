package sessiontest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// console waits until the record has this many lines and returns them as "level text".
func console(t *testing.T, b *sessions.Browser, count int) (lines []string) {
	t.Helper()
	eventually(t, "the console has its lines", func() bool { return len(b.Evidence(t.Context()).Console) >= count })
	for _, record := range b.Evidence(t.Context()).Console {
		lines = append(lines, record.Level+" "+record.Text)
	}
	return lines
}

// says checks the console after an expression.
func says(expression string, want ...string) func(*testing.T, *suite) {
	return func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		must(t, b.Evaluate(t.Context(), expression, nil))
		if got := console(t, b, len(want)); !slices.Equal(got, want) {
			t.Errorf("console:\n got %q\nwant %q", got, want)
		}
	}
}

var recordChecks = map[string]func(*testing.T, *suite){
	"console": says(`console.log("a", 1, true, null, undefined); console.error("b"); console.warn("c")`,
		"log a 1 true null undefined", "error b", "warning c"),
	"console objects": says(`console.log({name: "Ada", age: 36, deep: {a: 1}}, [1, "two", null], {}, [])`,
		`log {"name":"Ada","age":36,"deep":Object} [1,"two",null] {} []`),
	"console instances": says(`console.log(document.body, () => 1, Symbol("s"), 10n, -0, NaN)`,
		`log body () => 1 Symbol(s) 10n -0 NaN`),
	"alert":   says(`alert("careful")`, `dialog alert "careful": dismissed`),
	"confirm": says(`if (confirm("sure?")) throw "accepted"`, `dialog confirm "sure?": dismissed`),
	"prompt":  says(`if (prompt("name?") !== null) throw "accepted"`, `dialog prompt "name?": dismissed`),
	"beforeunload": func(t *testing.T, s *suite) {
		b := s.at(t, `<p>a</p><script>addEventListener('beforeunload', e => e.preventDefault())</script>`)
		must(t, b.Click(t.Context(), "p")) // browsers ask only where somebody has done something
		must(t, b.Navigate(t.Context(), page("<p>next")))
		if got := console(t, b, 1); !slices.Equal(got, []string{"dialog beforeunload: accepted"}) {
			t.Errorf("console: %q", got)
		}
	},
	"page errors": func(t *testing.T, s *suite) {
		b := s.at(t, `<script>setTimeout(() => { throw new Error("boom") })</script>`)
		eventually(t, "the failure is recorded", func() bool { return len(b.Evidence(t.Context()).Failures) == 1 })
		text := b.Evidence(t.Context()).Failures[0].Text
		if !strings.HasPrefix(text, "Uncaught Error: boom") || strings.Count(text, s.base) != 1 {
			t.Errorf("failure: %q", text)
		}
	},
	"thrown text": func(t *testing.T, s *suite) {
		b := s.at(t, `<script>setTimeout(() => { throw "boom" })</script>`)
		eventually(t, "the failure is recorded", func() bool { return len(b.Evidence(t.Context()).Failures) == 1 })
		if text := b.Evidence(t.Context()).Failures[0].Text; !strings.HasPrefix(text, "Uncaught boom (http") {
			t.Errorf("failure: %q", text)
		}
	},
	"requests": checkRequests,
}

func checkRequests(t *testing.T, s *suite) {
	b := s.open(t)
	must(t, b.Navigate(t.Context(), "/cookie/set?user=owner"))
	must(t, b.Evaluate(t.Context(), `fetch("/cut").catch(() => {})`, nil))
	must(t, b.Evaluate(t.Context(), `fetch("/nowhere", {method: "POST"}).then(r => r.text())`, nil))
	want := []string{"GET /cookie/set?user=owner 303", "GET /cookie/show 200", "GET /cut net::ERR_EMPTY_RESPONSE", "POST /nowhere 404"}
	var got []string
	eventually(t, "all answers are recorded", func() bool {
		got = nil
		for _, r := range b.Evidence(t.Context()).Requests {
			line := r.Method + " " + strings.TrimPrefix(r.URL, s.base) + " " + r.Error
			if r.Error == "" {
				line = r.Method + " " + strings.TrimPrefix(r.URL, s.base) + " " + strconv.Itoa(r.Status)
			}
			got = append(got, line)
		}
		return slices.Equal(got, want) || len(got) > len(want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("requests:\n got %q\nwant %q", got, want)
	}
}

var listenChecks = map[string]func(*testing.T, *suite){
	"in order": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		heard := make(chan string, 1000)
		stop := b.Listen(func(e browser.Event) {
			if e.Console != nil {
				heard <- e.Console.Text
			}
		})
		defer stop()
		must(t, b.Evaluate(t.Context(), `for (let i = 0; i < 500; i++) console.log(String(i))`, nil))
		for i := range 500 {
			if got := receive(t, heard); got != strconv.Itoa(i) {
				t.Fatalf("line %d is %q", i, got)
			}
		}
	},
	"not after stop": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		stop := b.Listen(func(browser.Event) { t.Error("it was called after stop") })
		stop()
		must(t, b.Evaluate(t.Context(), `console.log("a")`, nil))
		console(t, b, 1)
	},
	"one that blocks delays nobody": func(t *testing.T, s *suite) {
		b, other := s.at(t, "<p>a"), s.at(t, "<p>b")
		release := make(chan struct{})
		blocked := make(chan struct{}, 1)
		stop := b.Listen(func(browser.Event) {
			select {
			case blocked <- struct{}{}:
			default:
			}
			<-release
		})
		defer stop()
		defer close(release)
		must(t, b.Evaluate(t.Context(), `console.log("a")`, nil))
		receive(t, blocked)
		for range 100 {
			must(t, b.Evaluate(t.Context(), `console.log("more")`, nil))
			must(t, other.Evaluate(t.Context(), "1", nil))
		}
		console(t, b, 101)
	},
	"ends with the session": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		stop := b.Listen(func(browser.Event) {})
		must(t, b.Close(t.Context()))
		stop()
		b.Listen(func(browser.Event) { t.Error("it was called after Close") })()
	},
	"one that never returns is named by Close": func(t *testing.T, s *suite) {
		b := s.at(t, "<p>a")
		release := make(chan struct{})
		blocked := make(chan struct{}, 1)
		stop := b.Listen(func(browser.Event) { blocked <- struct{}{}; <-release })
		defer stop()
		defer close(release)
		must(t, b.Evaluate(t.Context(), `console.log("a")`, nil))
		receive(t, blocked)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := b.Close(ctx); err == nil || !strings.Contains(err.Error(), "a listener has not returned") {
			t.Errorf("Close: %v", err)
		}
	},
}
