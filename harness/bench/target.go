package bench

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// target is a server that notes when requests arrive, over HTTP/1.1 and, with TLS, over HTTP/2.
type target struct {
	plain, secured *httptest.Server
	arrivals       chan time.Time
}

// targetPage has a button for each of the two. The second sends a request to another site, as a page may that does not read
// the answer.
const targetPage = `<!doctype html><title>arrival</title><link rel=icon href=data:>
<button id=http1 onclick="fetch('/act', {method: 'POST', body: 'now'})">HTTP/1.1</button>
<button id=http2 onclick="fetch('%s/act', {method: 'POST', body: 'now', mode: 'no-cors'})">HTTP/2</button>`

func startTarget() *target {
	t := &target{arrivals: make(chan time.Time, 1024)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, targetPage, t.secured.URL)
	})
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pong") })
	mux.HandleFunc("POST /act", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		t.arrivals <- time.Now()
	})
	t.secured = httptest.NewUnstartedServer(mux)
	t.secured.EnableHTTP2 = true
	t.secured.StartTLS()
	t.plain = httptest.NewServer(mux)
	return t
}

func (t *target) host() string { return strings.TrimPrefix(t.plain.URL, "http://") }

// roots are what the secured server is verified with.
func (t *target) roots() *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(t.secured.Certificate())
	return roots
}

func (t *target) close() {
	t.plain.CloseClientConnections()
	t.plain.Close()
	t.secured.CloseClientConnections()
	t.secured.Close()
}

// spread waits for the requests of a round.
func (t *target) spread(ctx context.Context, n int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var first, last time.Time
	for i := range n {
		select {
		case at := <-t.arrivals:
			if i == 0 || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		case <-ctx.Done():
			return 0, fmt.Errorf("%d of %d requests arrived: %w", i, n, context.Cause(ctx))
		}
	}
	return last.Sub(first), nil
}
