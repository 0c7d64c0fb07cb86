package sessiontest

import (
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
)

// serve is a small web site on loopback that lives as long as the test.
func serve(t testing.TB) (base string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	site(t, server)
	server.Start()
	return server.URL
}

// serveTLS is the same over TLS, over HTTP/2 too or over HTTP/1.1 alone, with an authority of its own.
func serveTLS(t testing.TB, http2 bool) (base string, authority *x509.Certificate) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are no news
	site(t, server)
	server.StartTLS()
	return server.URL, server.Certificate()
}

// site gives the server its pages, and closes it when the test ends.
func site(t testing.TB, server *httptest.Server) {
	mux := http.NewServeMux()
	leaving := make(chan struct{})
	slowPages(mux)
	senders(mux)
	server.Config.Handler = mux
	t.Cleanup(func() { close(leaving); server.Close() })

	mux.HandleFunc("GET /html", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if status, err := strconv.Atoi(r.FormValue("status")); err == nil {
			w.WriteHeader(status)
		}
		fmt.Fprintf(w, "<!doctype html><title>test</title><link rel=icon href=data:>%s", r.FormValue("body"))
	})
	mux.HandleFunc("GET /plain", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, clicked)
	})
	mux.HandleFunc("GET /cookie/set", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "user", Value: r.FormValue("user"), Path: "/", HttpOnly: true})
		http.Redirect(w, r, "/cookie/show", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /cookie/show", func(w http.ResponseWriter, r *http.Request) {
		user := "nobody"
		if cookie, err := r.Cookie("user"); err == nil {
			user = cookie.Value
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><link rel=icon href=data:><p id=user>%s</p>", user)
	})
	mux.HandleFunc("GET /hang", func(_ http.ResponseWriter, r *http.Request) {
		select { // never answers
		case <-r.Context().Done():
		case <-leaving:
		}
	})
	mux.HandleFunc("GET /cut", func(w http.ResponseWriter, _ *http.Request) {
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
	})
}

// page is the address of a page with this body.
func page(body string) string { return "/html?body=" + url.QueryEscape(body) }
