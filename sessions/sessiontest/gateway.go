package sessiontest

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// senders are pages that send requests in all the ways that a browser has.
func senders(mux *http.ServeMux) {
	mux.HandleFunc("GET /send/worker.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, `fetch('/send/by-worker').then(() => postMessage('done'))`)
	})
	mux.HandleFunc("GET /send/service.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, `addEventListener('install', e => e.waitUntil(fetch('/send/by-service-worker')))`)
	})
	mux.HandleFunc("GET /send/socket", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		_ = c.Write(r.Context(), websocket.MessageText, []byte("welcome"))
		_, _, _ = c.Read(r.Context()) // until the page goes
	})
	mux.HandleFunc("/send/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>sent</title><link rel=icon href=data:>")
	})
}

// sends are the ways, by the path that each asks for.
var sends = map[string]string{
	"GET /send/by-fetch":          `fetch('/send/by-fetch')`,
	"POST /send/by-beacon":        `navigator.sendBeacon('/send/by-beacon', 'x')`,
	"GET /send/by-worker":         `new Promise(done => { new Worker('/send/worker.js').onmessage = done })`,
	"GET /send/by-service-worker": `navigator.serviceWorker.register('/send/service.js')`,
	"GET /send/socket":            `new Promise((done, failed) => { let s = new WebSocket(location.origin.replace('http', 'ws') + '/send/socket'); s.onmessage = done; s.onerror = failed })`,
	"GET /send/by-window":         `new Promise(done => { open('/send/by-window').onload = done })`,
}

// gatewayChecks are those of sessions with gateways.
var gatewayChecks = map[string]func(*testing.T, *suite){
	"sees all that is sent":                func(t *testing.T, s *suite) { sendAll(t, s.open(t), sends, s.base, "HTTP/1.1") },
	"sees all through TLS over HTTP/1.1":   func(t *testing.T, s *suite) { sendAll(t, s.open(t), sends, s.secure["HTTP/1.1"], "HTTP/1.1") },
	"sees all through TLS over HTTP/2":     func(t *testing.T, s *suite) { sendAll(t, s.open(t), sends, s.secure["HTTP/2.0"], "HTTP/2.0") },
	"is shown the session without a trace": checkNoTrace,
	"serves nobody else": func(t *testing.T, s *suite) {
		g := s.open(t).Gateway()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.Address()+"/", nil)
		must(t, err)
		response, err := http.DefaultClient.Do(request)
		must(t, err)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusProxyAuthRequired || g.Session() != "owner" {
			t.Errorf("a stranger is answered %s by the gateway of %q", response.Status, g.Session())
		}
	},
	"is closed with its session": func(t *testing.T, s *suite) {
		b := s.open(t)
		address := strings.TrimPrefix(b.Gateway().Address(), "http://")
		must(t, b.Close(t.Context()))
		if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address); err == nil {
			_ = c.Close()
			t.Error("it still takes connections")
		}
	},
	"is named by a verb that waited for it": checkHeld,
	"tells why a server cannot be reached":  checkUnreachable,
	"makes faults that look like answers": func(t *testing.T, s *suite) {
		b := s.open(t)
		_, err := b.Gateway().Status(gateway.Match{Path: "/html"}, http.StatusBadGateway)
		must(t, err)
		must(t, b.Navigate(t.Context(), page("<p>never")))
	},
	"is missing where it was not wanted": func(t *testing.T, s *suite) {
		b := openIn(t, s.pool, sessions.Identity{Name: "owner"}, sessions.BrowserOptions{BaseURL: s.base, Page: browser.PageOptions{Direct: true}})
		must(t, b.Navigate(t.Context(), page("<p>direct")))
		if b.Gateway() != nil {
			t.Error("there is one")
		}
		if err := b.Navigate(t.Context(), s.secure["HTTP/2.0"]); err == nil || !strings.Contains(err.Error(), "ERR_CERT") {
			t.Errorf("an authority that only gateways trust: %v", err)
		}
	},
	"trusts no unknown authority":                  checkUnknownAuthority,
	"serves a browser that somebody else launched": checkForeign,
}

// sendAll sends in all ways and waits until the gateway has seen each answered.
func sendAll(t *testing.T, b *sessions.Browser, ways map[string]string, base, protocol string) {
	t.Helper()
	must(t, b.Navigate(t.Context(), base+"/send/page"))
	for what, script := range ways {
		if err := b.Evaluate(t.Context(), "Promise.resolve("+script+").then(() => true)", nil); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what := range ways {
		eventually(t, "the gateway has seen "+what, func() bool {
			return slices.ContainsFunc(b.Gateway().Record(), func(e gateway.Exchange) bool {
				return e.Method+" "+strings.TrimPrefix(e.URL, base) == what && e.Status != 0
			})
		})
	}
	if first := b.Gateway().Record()[0]; first.URL != base+"/send/page" || first.Protocol != protocol || first.Status != http.StatusOK {
		t.Errorf("the page is recorded as %+v", first)
	}
}

func checkNoTrace(t *testing.T, s *suite) {
	b := s.open(t)
	seen := value[string](t, b, `JSON.stringify([location.href, history.length, document.referrer, performance.getEntriesByType('resource').length])`)
	if seen != `["about:blank",1,"",0]` {
		t.Errorf("the new page is %s", seen)
	}
	e := b.Evidence(t.Context())
	if len(e.Requests)+len(e.Console)+len(e.Failures) > 0 || len(b.Gateway().Record()) > 0 {
		t.Errorf("evidence of a new session: %+v, %+v, %+v; recorded %+v", e.Requests, e.Console, e.Failures, b.Gateway().Record())
	}
}

func checkHeld(t *testing.T, s *suite) {
	b := s.openWith(t, 500*time.Millisecond)
	rule, err := b.Gateway().Hold(gateway.Match{Path: "/slow/link"})
	must(t, err)
	must(t, b.Navigate(t.Context(), "/arrive"))
	err = b.Click(t.Context(), "#link")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "hint: GET /slow/link was held at the session's gateway for ") {
		t.Errorf("error = %v", err)
	}
	rule.Release()
	eventually(t, "it arrives after the release", func() bool { return value[string](t, b, "document.title") == "GET /slow/link" })
}

// nowhere is the address of a server that is not there any more.
func nowhere(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = listener.Close() }()
	return "http://" + listener.Addr().String()
}

func checkUnreachable(t *testing.T, s *suite) {
	b := s.open(t)
	gone := nowhere(t)
	reason := "no answer from the server: lockstep gateway of owner: GET /there: connect to " + strings.TrimPrefix(gone, "http://")
	err := b.Navigate(t.Context(), gone+"/there?token=hush")
	if !errors.Is(err, browser.ErrNoAnswer) || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "hush") {
		t.Errorf("navigate: %v", err)
	}
	must(t, b.Navigate(t.Context(), page(`<a href="`+gone+`/there">there</a><p>here`)))
	if err := b.Click(t.Context(), "a"); !errors.Is(err, browser.ErrNoAnswer) || !strings.Contains(err.Error(), reason) {
		t.Errorf("click: %v", err)
	}
	if err := b.Press(t.Context(), "Tab"); err != nil {
		t.Errorf("it is told again: %v", err)
	}
	must(t, b.Navigate(t.Context(), page("<p>after")))
}

// through opens a session whose gateway is the test's.
func through(t *testing.T, s *suite, pool *browser.Pool, o gateway.Options) *sessions.Browser {
	t.Helper()
	g, err := gateway.Listen(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, g.Close()) })
	b := openIn(t, pool, sessions.Identity{Name: "owner"}, sessions.BrowserOptions{BaseURL: s.base, Page: browser.PageOptions{Gateway: g}})
	if b.Gateway() != g {
		t.Error("the session has another gateway")
	}
	return b
}

func checkUnknownAuthority(t *testing.T, s *suite) {
	b := through(t, s, s.pool, gateway.Options{})
	for protocol, base := range s.secure {
		err := b.Navigate(t.Context(), base+"/send/page")
		if !errors.Is(err, browser.ErrNoAnswer) || !strings.Contains(err.Error(), "gateway of owner: GET /send/page: TLS with "+strings.TrimPrefix(base, "https://")) ||
			!strings.Contains(err.Error(), "unknown authority") {
			t.Errorf("%s: %v", protocol, err)
		}
	}
}

// checkForeign attaches to a browser that knows the gateways of another process, as in parallel processes of a suite. Its
// service workers alone do not take the certificates of this one's.
func checkForeign(t *testing.T, s *suite) {
	process, err := browser.Launch(t.Context(), browser.LaunchOptions{Flags: []string{"--ignore-certificate-errors-spki-list="}})
	must(t, err)
	t.Cleanup(func() { must(t, process.Close()) })
	pool := browsertest.NeedPool(t, s.driver, browser.PoolOptions{Attach: process.Address(), Gateway: s.trusting()})
	ways := maps.Clone(sends)
	delete(ways, "GET /send/by-service-worker")
	for protocol, base := range s.secure {
		sendAll(t, openIn(t, pool, sessions.Identity{Name: "owner"}, sessions.BrowserOptions{}), ways, base, protocol)
	}
	sendAll(t, openIn(t, pool, sessions.Identity{Name: "owner"}, sessions.BrowserOptions{}), sends, s.base, "HTTP/1.1")
}
