package gateway_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen makes a gateway and a client that goes through it.
func listen(t *testing.T, session string) (*gateway.Gateway, *http.Client) {
	t.Helper()
	g, err := gateway.Listen(t.Context(), gateway.Options{Session: session})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(g.URL())}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// authorization is the field that shows the gateway's credentials.
func authorization(g *gateway.Gateway) string {
	user, password := g.Credentials()
	return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)) + "\r\n"
}

// settled is the record when all exchanges have ended; the gateway notes that when the session has its answer already.
func settled(t *testing.T, g *gateway.Gateway) []gateway.Exchange {
	t.Helper()
	deadline, tick := limited(t), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		record := g.Record()
		if !slices.ContainsFunc(record, func(e gateway.Exchange) bool { return e.Done.IsZero() }) {
			return record
		}
		select {
		case <-tick.C:
		case <-deadline.Done():
			t.Fatalf("some did not end: %+v", record)
		}
	}
}

// eventually waits until something is so.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	deadline, tick := limited(t), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline.Done():
			t.Fatal("it did not come to be")
		}
	}
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// raw starts a server that reads each request's head and then does as it is told with the connection.
func raw(t *testing.T, answer func(conn *net.TCPConn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			for reader := bufio.NewReader(conn); ; {
				if line, err := reader.ReadString('\n'); err != nil || line == "\r\n" {
					break
				}
			}
			answer(conn.(*net.TCPConn))
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return "http://" + listener.Addr().String()
}

// dial connects to the gateway without net/http, which would do things by itself.
func dial(t *testing.T, g *gateway.Gateway) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", g.URL().Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	return conn, bufio.NewReader(conn)
}
