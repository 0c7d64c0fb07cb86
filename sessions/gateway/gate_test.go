package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// turnstile lets exchanges pass one stage at a time, and notes what it is told.
type turnstile struct {
	told chan string
	pass chan error
}

type turn struct {
	*turnstile
	name string
}

func (t *turnstile) Begin(p gateway.Passage) gateway.Passing {
	if strings.HasSuffix(p.URL.Path, ".png") {
		return nil
	}
	t.told <- fmt.Sprint("begin ", p.Session, " ", p.Method, " ", p.URL.Path)
	return &turn{t, p.URL.Path}
}

func (t *turn) Pass(ctx context.Context, stage gateway.Stage) error {
	t.told <- fmt.Sprint(stage, " ", t.name)
	select {
	case err := <-t.pass:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *turn) Sent() { t.told <- "sent " + t.name }
func (t *turn) End()  { t.told <- "end " + t.name }

func TestGate(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "answer") })
		g, client := listenTLS(t, "owner", server)
		gate := &turnstile{told: make(chan string, 100), pass: make(chan error)}
		g.Guard(gate)
		if got := get(client, server.URL+"/image.png"); got != "200 answer" {
			t.Fatal(got)
		}
		expect := func(want ...string) {
			t.Helper()
			for _, w := range want {
				select {
				case got := <-gate.told:
					if got != w {
						t.Errorf("told %q, want %q", got, w)
					}
				case <-limited(t).Done():
					t.Fatalf("not told %q", w)
				}
			}
		}
		answered := make(chan string, 1)
		go func() { answered <- get(client, server.URL+"/x") }()
		expect("begin owner GET /x", "request out /x")
		gate.pass <- nil
		expect("sent /x", "response in /x")
		select {
		case got := <-answered:
			t.Fatalf("the session got %q", got)
		default:
		}
		gate.pass <- nil
		if got := <-answered; got != "200 answer" {
			t.Error(got)
		}
		expect("end /x")

		go func() { answered <- get(client, server.URL+"/y") }()
		expect("begin owner GET /y", "request out /y")
		gate.pass <- errors.New("refused")
		if got := <-answered; strings.HasPrefix(got, "200") {
			t.Error(got)
		}
		expect("end /y")
		g.Guard(nil)
		if got := get(client, server.URL+"/z"); got != "200 answer" {
			t.Error(got)
		}
	})
}

func TestGateWhoseSessionGoesAway(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
		g, client := listenTLS(t, "owner", server)
		gate := &turnstile{told: make(chan string, 100), pass: make(chan error)}
		g.Guard(gate)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			request, _ := http.NewRequestWithContext(ctx, "GET", server.URL+"/x", nil)
			_, err := client.Do(request)
			ended <- err
		}()
		for range 2 {
			<-gate.told
		}
		cancel()
		if err := <-ended; err == nil {
			t.Error("answered")
		}
		if got := <-gate.told; got != "end /x" {
			t.Error(got)
		}
	})
}
