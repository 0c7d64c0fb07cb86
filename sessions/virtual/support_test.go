package virtual_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// samples keeps copies.
type samples []virtual.Sample

func (s *samples) Record(sample *virtual.Sample) { *s = append(*s, *sample) }

func (s samples) last() virtual.Sample { return s[len(s)-1] }

// open makes a user of a target of its own.
func open(t *testing.T, url string, o virtual.Options) (*virtual.User, *samples) {
	t.Helper()
	o.BaseURL = url
	target, err := virtual.NewTarget(o)
	if err != nil {
		t.Fatal(err)
	}
	seen := &samples{}
	u, err := target.User(sessions.Identity{Name: "user 1", Tenant: "acme"}, seen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close(context.Background()) })
	return u, seen
}

// app serves with net/http.
func app(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// raw serves each connection with a func of its own making, which gets its number, from 1, and a func that reads
// the next request and returns it up to the empty line; false when there is none.
func raw(t *testing.T, serve func(number int, conn net.Conn, next func() (string, bool))) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var open []net.Conn
	var running sync.WaitGroup
	running.Go(func() {
		for number := 1; ; number++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			running.Go(func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				serve(number, conn, func() (string, bool) { return readHead(in) })
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, conn := range open {
			conn.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return "http://" + listener.Addr().String()
}

func readHead(in *bufio.Reader) (string, bool) {
	head := ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return head, false
		}
		if line == "\r\n" {
			return head, true
		}
		head += line
	}
}

const small = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// reset ends a connection with a RST.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// within fails the test if the func takes longer: nothing may hang.
func within(t *testing.T, limit time.Duration, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("hangs for more than %v", limit)
	}
}

// failure is the *virtual.Error within a *sessions.SessionError.
func failure(t *testing.T, err error) *virtual.Error {
	t.Helper()
	named, ok := errors.AsType[*sessions.SessionError](err)
	if !ok || named.Session != "user 1" {
		t.Fatalf("not a session's error: %v", err)
	}
	f, ok := errors.AsType[*virtual.Error](err)
	if !ok {
		t.Fatalf("not a request's error: %v", err)
	}
	return f
}

func drain(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	return string(body)
}
