package browser_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

func TestResolveForms(t *testing.T) {
	host := strings.TrimPrefix(browsertest.Serve(t), "http://")
	for _, c := range []struct{ given, want string }{
		{host, "ws://" + host + "/devtools/browser/fake"},
		{"http://" + host, "ws://" + host + "/devtools/browser/fake"},
		{"http://" + host + "/", "ws://" + host + "/devtools/browser/fake"},
		{"ws://" + host, "ws://" + host + "/devtools/browser/fake"},
		{"ws://" + host + "/devtools/browser/other", "ws://" + host + "/devtools/browser/other"},
	} {
		if got, err := browser.Resolve(t.Context(), c.given); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.given, got, err, c.want)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, address := range []string{"", "9222", "ftp://127.0.0.1:1", "192.0.2.1:9222", "http://example.com:9222", "ws://example.com/devtools/browser/x", "http://"} {
		if _, err := browser.Resolve(t.Context(), address); !errors.Is(err, browser.ErrInvalidOption) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestResolveExplainsWhatAnswers(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = w.Write([]byte(body)) }
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"not found":      {answer(404, "none"), "status 404"},
		"a web page":     {answer(200, "<!doctype html>"), "not a DevTools answer"},
		"other JSON":     {answer(200, `{"status":"up"}`), "not a DevTools answer"},
		"a broken one":   {answer(200, `{"webSocketDebuggerUrl":`), "not a DevTools answer"},
		"an endless one": {endless, "not a DevTools answer"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.handler)
			defer server.Close()
			_, err := browser.Resolve(t.Context(), server.URL)
			if !errors.Is(err, browser.ErrAttach) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), server.URL) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func endless(w http.ResponseWriter, _ *http.Request) {
	spaces := []byte(strings.Repeat(" ", 1<<16))
	for {
		if _, err := w.Write(spaces); err != nil {
			return
		}
	}
}

func TestResolveStaysAtTheHostThatWasAsked(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"webSocketDebuggerUrl":"ws://192.0.2.1:1/devtools/browser/x"}`))
	}))
	defer server.Close()
	want := "ws://" + strings.TrimPrefix(server.URL, "http://") + "/devtools/browser/x"
	if got, err := browser.Resolve(t.Context(), server.URL); err != nil || got != want {
		t.Errorf("resolved to %s, %v; want %s", got, err, want)
	}
}

func TestResolveNobodyAnswers(t *testing.T) {
	_, err := browser.Resolve(t.Context(), "127.0.0.1:1")
	if !errors.Is(err, browser.ErrAttach) || !strings.Contains(err.Error(), "--remote-debugging-port") {
		t.Errorf("nothing there: %v", err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := browser.Resolve(ctx, silent.Addr().String()); !errors.Is(err, browser.ErrAttach) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a slow answer: %v", err)
	}
}

func FuzzResolve(f *testing.F) {
	for _, address := range []string{"127.0.0.1:1", "http://[::1]:1", "ws://localhost:1/devtools/browser/x", "::", "http://%zz"} {
		f.Add(address)
	}
	ended, cancel := context.WithCancel(f.Context())
	cancel()
	f.Fuzz(func(t *testing.T, address string) {
		if got, err := browser.Resolve(ended, address); err == nil {
			t.Errorf("%q resolved to %q though nobody was asked", address, got)
		}
	})
}
