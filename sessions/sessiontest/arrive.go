package sessiontest

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// slowPages answer in their own time: what a click or a key leads to must have come before the verb returns.
func slowPages(mux *http.ServeMux) {
	page := func(w http.ResponseWriter, r *http.Request) {
		select { // a server that thinks, and nothing that the client could notice meanwhile
		case <-time.After(200 * time.Millisecond):
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, "<!doctype html><title>%s</title><h1 id=here>%[1]s</h1>", r.Method+" "+r.URL.Path)
	}
	mux.HandleFunc("/slow/", page)
	mux.HandleFunc("GET /arrive", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><title>arrive</title><h1 id=here>start</h1>
<a id=link href="/slow/link">link</a> <a id=inside href="#below">inside</a> <a id=mail href="mailto:x@y.test">mail</a>
<button id=script onclick="location.href='/slow/script'">script</button>
<button id=fetch onclick="fetch('/arrive')">fetch</button>
<form id=form method=post action="/slow/form"><input id=field name=q><button id=send>send</button></form>`)
	})
	mux.HandleFunc("GET /parse", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>parse</title><h1 id=here>half")
		w.(http.Flusher).Flush()
		select {
		case <-time.After(300 * time.Millisecond):
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, " and half</h1>")
	})
	mux.HandleFunc("GET /to-parse", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><button id=later onclick="setTimeout(() => location.href='/parse', 30)">later</button>`)
	})
}

var arriveChecks = map[string]func(*testing.T, *suite){
	"by a link":                  arrives("GET /slow/link", click("#link")),
	"by a form":                  arrives("POST /slow/form", click("#send")),
	"by a script":                arrives("GET /slow/script", click("#script")),
	"not by a place in the page": arrives("start", click("#inside")),
	"not by a mail address":      arrives("start", click("#mail")),
	"not by a script's request":  arrives("start", click("#fetch")),
	"by a key": arrives("POST /slow/form", func(t *testing.T, b *sessions.Browser) {
		must(t, b.Fill(t.Context(), "#field", "x"))
		must(t, b.Press(t.Context(), "Enter"))
	}),
	"and reads no half element": func(t *testing.T, s *suite) {
		b := s.open(t)
		must(t, b.Navigate(t.Context(), "/to-parse"))
		must(t, b.Click(t.Context(), "#later")) // it goes on later, so that Click does not wait for it
		if text, err := b.Text(t.Context(), "#here"); err != nil || text != "half and half" {
			t.Errorf("read %q, %v", text, err)
		}
	},
}

func click(selector string) func(*testing.T, *sessions.Browser) {
	return func(t *testing.T, b *sessions.Browser) {
		t.Helper()
		must(t, b.Click(t.Context(), selector))
	}
}

// arrives checks which page the session is at when the verb has returned.
func arrives(want string, act func(*testing.T, *sessions.Browser)) func(*testing.T, *suite) {
	return func(t *testing.T, s *suite) {
		b := s.open(t)
		must(t, b.Navigate(t.Context(), "/arrive"))
		act(t, b)
		var here string
		must(t, b.Evaluate(t.Context(), "document.querySelector('#here').innerText", &here))
		if here != want {
			t.Errorf("the page is %q, want %q", here, want)
		}
	}
}
