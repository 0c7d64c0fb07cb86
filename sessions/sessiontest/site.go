package sessiontest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
)

// serve is a small web site on loopback that lives as long as the test.
func serve(t testing.TB) (base string) {
	t.Helper()
	mux := http.NewServeMux()
	leaving := make(chan struct{})
	slowPages(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(func() { close(leaving); server.Close() })

	mux.HandleFunc("GET /html", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if status, err := strconv.Atoi(r.FormValue("status")); err == nil {
			w.WriteHeader(status)
		}
		fmt.Fprintf(w, "<!doctype html><title>test</title><link rel=icon href=data:>%s", r.FormValue("body"))
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
	return server.URL
}

// page is the address of a page with this body.
func page(body string) string { return "/html?body=" + url.QueryEscape(body) }
