package virtual_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that the stranger did not trust it
	server.StartTLS()
	defer server.Close()
	known := x509.NewCertPool()
	known.AddCert(server.Certificate())
	transports(t, func(t *testing.T, o virtual.Options) {
		stranger, _ := open(t, server.URL, o)
		if _, err := stranger.Get(t.Context(), "/"); virtual.ClassOf(err) != virtual.Connect || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("not verified: %v", err)
		}
		o.TLS = &tls.Config{RootCAs: known}
		u, seen := open(t, server.URL, o)
		want := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[o.HTTP2]
		for range 3 {
			if r, err := u.Get(t.Context(), "/"); err != nil || r.Text() != want || seen.last().Received == 0 {
				t.Errorf("%v, %v", r, err)
			}
		}
	})
}

// TestConnections counts the connections that reach the server.
func TestConnections(t *testing.T) {
	var made atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	shared := virtual.NewConnections(2)
	defer shared.Close()
	for name, c := range map[string]struct {
		options virtual.Options
		want    int64
	}{"own": {virtual.Options{}, 8}, "shared": {virtual.Options{Connections: shared}, 2}, "net/http": {virtual.Options{HTTP2: true}, 8}} {
		made.Store(0)
		var all sync.WaitGroup
		for range 8 {
			u, _ := open(t, server.URL, c.options)
			all.Go(func() {
				for range 20 {
					if _, err := u.Get(t.Context(), "/"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if got := made.Load(); name == "own" && got != c.want || name == "shared" && got > c.want || name == "net/http" && got < c.want {
			t.Errorf("%s: %d connections, want %d", name, got, c.want)
		}
	}
}

func TestNoSharedConnectionIsFree(t *testing.T) {
	connections := virtual.NewConnections(1)
	defer connections.Close()
	arrived, leave := make(chan struct{}), make(chan struct{})
	url := app(t, func(http.ResponseWriter, *http.Request) { arrived <- struct{}{}; <-leave })
	o := virtual.Options{Connections: connections, Timeouts: virtual.Timeouts{Connect: 30 * time.Millisecond}}
	first, _ := open(t, url, o)
	second, _ := open(t, url, o)
	var running sync.WaitGroup
	running.Go(func() { _, _ = first.Get(t.Context(), "/") })
	<-arrived
	_, err := second.Get(t.Context(), "/")
	close(leave)
	running.Wait()
	if virtual.ClassOf(err) != virtual.ConnectTimeout || !strings.Contains(err.Error(), "none of the 1 shared connections was free within 30ms") {
		t.Error(err)
	}
}

func TestDialEndsWithTheUser(t *testing.T) {
	mute := raw(t, func(_ int, _ net.Conn, next func() (string, bool)) { next() })
	u, _ := open(t, "https"+strings.TrimPrefix(mute, "http"), virtual.Options{})
	stop := time.AfterFunc(20*time.Millisecond, func() { u.Close(context.Background()) })
	defer stop.Stop()
	within(t, 5*time.Second, func() {
		if _, err := u.Get(t.Context(), "/"); !errors.Is(err, browser.ErrClosed) {
			t.Error(err)
		}
	})
}
