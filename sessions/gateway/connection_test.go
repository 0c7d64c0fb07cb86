package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// TestAnAnswerThatNobodyAskedFor comes after the answer; the next request would have it.
func TestAnAnswerThatNobodyAskedFor(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	more, said := make(chan struct{}), make(chan struct{})
	go func() {
		for _, answer := range []string{"first", "second"} {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
			if answer == "first" {
				<-more
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nnobodys")
				close(said)
			}
		}
	}()
	_, client := listen(t, "owner")
	if got := get(client, "http://"+listener.Addr().String()); got != "200 first" {
		t.Fatal(got)
	}
	close(more)
	<-said
	if got := get(client, "http://"+listener.Addr().String()); got != "200 second" {
		t.Error(got)
	}
}

// TestATLSConnectionThatIsClosedWhileHeld is one whose server has said good-bye: there is something to read, and no more.
func TestATLSConnectionThatIsClosedWhileHeld(t *testing.T) {
	server := serveTLS(t, false, func(http.ResponseWriter, *http.Request) {})
	g, client := listenTLS(t, "owner", server)
	if got := get(client, server.URL); got != "200 " {
		t.Fatal(got)
	}
	rule, err := g.Hold(gateway.Match{})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		response, err := client.Post(server.URL, "text/plain", strings.NewReader("x"))
		if err != nil {
			answered <- err.Error()
			return
		}
		response.Body.Close()
		answered <- response.Status
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	server.CloseClientConnections()
	held.Release()
	if got := <-answered; got != "200 OK" {
		t.Error(got)
	}
}

// TestAGateWhoseSessionGoesAwayWithABody is about a request of which the body has come, and waits unread.
func TestAGateWhoseSessionGoesAwayWithABody(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
	g, _ := listen(t, "owner")
	gate := &turnstile{told: make(chan string, 100), pass: make(chan error)}
	g.Guard(gate)
	conn, _ := dial(t, g)
	fmt.Fprintf(conn, "POST %s/x HTTP/1.1\r\n%sHost: x\r\nContent-Length: 4\r\n\r\nbody", address, authorization(g))
	for range 2 {
		<-gate.told
	}
	conn.Close()
	select {
	case got := <-gate.told:
		if got != "end /x" {
			t.Error(got)
		}
	case <-limited(t).Done():
		t.Error("it was not noticed")
	}
}

// TestWhatEndsWellHasNoError is about connections that are no HTTP any more: one side ends them.
func TestWhatEndsWellHasNoError(t *testing.T) {
	address := raw(t, func(conn *net.TCPConn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.CopyN(conn, conn, 4)
	})
	for _, says := range []string{"ping", "ends"} {
		g, _ := listen(t, "owner")
		conn, reader := dial(t, g)
		fmt.Fprintf(conn, "GET %s/ws HTTP/1.1\r\n%sHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", address, authorization(g))
		if response, err := http.ReadResponse(reader, nil); err != nil || response.StatusCode != 101 {
			t.Fatal(response, err)
		}
		if says == "ping" {
			_, _ = io.WriteString(conn, says)
			if got, err := io.ReadAll(reader); err != nil || string(got) != says {
				t.Errorf("%q, %v", got, err)
			}
		}
		conn.Close()
		if e := settled(t, g)[0]; e.Err != "" {
			t.Errorf("recorded %q", e.Err)
		}
	}
}

func TestReleaseAllEndsDelays(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(http.ResponseWriter, *http.Request) {})
		g, client := listenTLS(t, "owner", server)
		rule, err := g.Delay(gateway.Match{}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		answered := make(chan string, 1)
		go func() { answered <- get(client, server.URL) }()
		eventually(t, func() bool { return len(g.Holding()) == 1 })
		if _, err := rule.Taken(limited(t)); err != nil {
			t.Error(err)
		}
		g.ReleaseAll()
		if got := <-answered; got != "200 " {
			t.Error(got)
		}
	})
}

// TestARuleIsAboutBodiesThatItCanSee is made when the body of the request has gone by.
func TestARuleIsAboutBodiesThatItCanSee(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		reached, answer := make(chan struct{}), make(chan struct{})
		server := serveTLS(t, http2, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			close(reached)
			<-answer
		})
		g, client := listenTLS(t, "owner", server)
		answered := make(chan error, 1)
		go func() {
			request, _ := http.NewRequestWithContext(context.WithoutCancel(t.Context()), "POST", server.URL, strings.NewReader("gone by"))
			response, err := client.Do(request)
			if err == nil {
				response.Body.Close()
			}
			answered <- err
		}()
		<-reached
		rule, err := g.Watch(gateway.Match{Stage: gateway.ResponseIn, Body: func(body []byte) bool { return len(body) == 0 }})
		if err != nil {
			t.Fatal(err)
		}
		close(answer)
		if err := <-answered; err != nil || rule.Seen() != 0 {
			t.Errorf("%v, seen %d", err, rule.Seen())
		}
	})
}

// TestCloseDuringEverything closes a gateway while its session does all that it can.
func TestCloseDuringEverything(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/long" {
				<-r.Context().Done()
			}
			_, _ = io.Copy(w, r.Body)
		})
		for range 3 {
			g, client := listenTLS(t, "owner", server)
			rule, err := g.Hold(gateway.Match{Method: "PUT", Count: gateway.Every})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := g.Hold(gateway.Match{Stage: gateway.ResponseIn, Path: "/answer", Count: gateway.Every}); err != nil {
				t.Fatal(err)
			}
			var working sync.WaitGroup
			for i, work := range []struct{ method, path string }{{"GET", "/long"}, {"POST", "/x"}, {"PUT", "/held"}, {"PUT", "/other"}, {"GET", "/answer"}, {"POST", "/answer"}} {
				working.Go(func() {
					for range 20 { // until nobody is there
						request, _ := http.NewRequestWithContext(limited(t), work.method, server.URL+work.path, io.LimitReader(zeros{}, int64(i)<<16))
						response, err := client.Do(request)
						if err != nil {
							return
						}
						_, _ = io.Copy(io.Discard, response.Body)
						response.Body.Close()
					}
				})
			}
			working.Go(func() {
				for {
					held, err := rule.Held(limited(t))
					if err != nil {
						return
					}
					_, _ = gateway.Together(limited(t), held)
				}
			})
			eventually(t, func() bool { return len(g.Holding()) >= 2 })
			closed := make(chan error, 1)
			go func() { closed <- g.Close() }()
			select {
			case err := <-closed:
				if err != nil {
					t.Error(err)
				}
			case <-limited(t).Done():
				t.Fatalf("not closed while %v", g.Pending())
			}
			working.Wait()
			if pending := g.Pending(); pending != nil {
				t.Errorf("still pending: %v", pending)
			}
		}
	})
}
