package gateway_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// TestAServerThatTakesNoMore says so while it still answers a request: that one goes on, and others go to a new connection.
func TestAServerThatTakesNoMore(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	server := serveTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			close(begun)
			<-end
		case "/last":
			w.Header().Set("Connection", "close") // GOAWAY
		}
		fmt.Fprint(w, r.URL.Path)
	})
	_, client := listenTLS(t, "owner", server)
	long := make(chan string, 1)
	go func() { long <- get(client, server.URL+"/long") }()
	<-begun
	for i := range 20 {
		path := fmt.Sprint("/", i)
		if i == 0 {
			path = "/last"
		}
		if got := get(client, server.URL+path); got != "200 "+path {
			t.Errorf("%s: %s", path, got)
		}
	}
	close(end)
	if got := <-long; got != "200 /long" {
		t.Error(got)
	}
}

// TestHTTP2KeepsWhatThereIs sends what has no body as that, and passes on trailers that nobody announced.
func TestHTTP2KeepsWhatThereIs(t *testing.T) {
	server := serveTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		fmt.Fprint(w, r.Method, " ", r.ContentLength)
		w.Header().Set(http.TrailerPrefix+"X-Late", "late")
	})
	g, client := listenTLS(t, "owner", server)
	ask := func(method, body string) (answer string, err error) {
		request, _ := http.NewRequestWithContext(limited(t), method, server.URL, strings.NewReader(body))
		response, err := client.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		got, err := io.ReadAll(response.Body)
		return string(got) + " " + response.Trailer.Get("X-Late"), err
	}
	for _, c := range []struct{ method, body, want string }{
		{"GET", "", "GET 0 late"}, {"DELETE", "", "DELETE 0 late"}, {"POST", "", "POST 0 late"}, {"PUT", "abc", "abcPUT 3 late"},
	} {
		if got, err := ask(c.method, c.body); got != c.want || err != nil {
			t.Errorf("%s: %q, %v", c.method, got, err)
		}
		if _, err := g.Delay(gateway.Match{}, time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if got, err := ask(c.method, c.body); got != c.want || err != nil {
			t.Errorf("%s, held: %q, %v", c.method, got, err)
		}
		rule, err := g.Hold(gateway.Match{})
		if err != nil {
			t.Fatal(err)
		}
		answered := make(chan string, 1)
		go func() {
			got, err := ask(c.method, c.body)
			answered <- fmt.Sprint(got, err)
		}()
		held, err := rule.Held(limited(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := gateway.Together(limited(t), held); err != nil {
			t.Error(err)
		}
		if got := <-answered; got != c.want+"<nil>" {
			t.Errorf("%s, in a burst: %q", c.method, got)
		}
	}
}

// TestTheSessionGoesAwayBeforeTheBurst leaves while another request is still got ready: the burst goes without it.
func TestTheSessionGoesAwayBeforeTheBurst(t *testing.T) {
	const size = 15 << 20 // more than the kernel takes from who is not read
	server := serveTLS(t, true, func(http.ResponseWriter, *http.Request) { t.Error("who went away was sent") })
	read := make(chan struct{})
	slow := raw(t, func(conn *net.TCPConn) {
		<-read
		_, _ = io.CopyN(io.Discard, conn, size-64<<10) // the rest may have been read with the head
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	g, client := listenTLS(t, "owner", server)
	leaving, leave := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	hold := func(ctx context.Context, address, path string, body io.Reader) *gateway.Held {
		rule, err := g.Hold(gateway.Match{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			request, _ := http.NewRequestWithContext(ctx, "POST", address+path, body)
			response, err := client.Do(request)
			if err == nil {
				response.Body.Close()
			}
			ended <- err
		}()
		held, err := rule.Held(limited(t))
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	all := []*gateway.Held{
		hold(leaving, server.URL, "/leaver", strings.NewReader("x")),
		hold(t.Context(), slow, "/slow", io.LimitReader(zeros{}, size)),
	}
	released := make(chan error, 1)
	go func() {
		_, err := gateway.Together(limited(t), all...)
		released <- err
	}()
	eventually(t, func() bool { return len(g.Holding()) == 0 }) // they are got ready
	leave()
	if err := <-ended; err == nil {
		t.Error("who went away was answered")
	}
	eventually(t, func() bool { return !all[0].Exchange().Done.IsZero() })
	close(read)
	if err := <-released; err == nil || !strings.Contains(err.Error(), "release owner POST /leaver together with others: the session went away") {
		t.Errorf("%v", err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestAWordBeforeTheAnswerComesTooLate is about responses before the response that come while the session goes away.
func TestAWordBeforeTheAnswerComesTooLate(t *testing.T) {
	server := serveTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
		}
	})
	_, client := listenTLS(t, "owner", server)
	for range 20 {
		ctx, leave := context.WithCancel(t.Context())
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error { leave(); return nil }})
		request, _ := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
			t.Error("answered")
		}
		leave()
	}
}

// slowToEnd is a gate whose exchanges take their time when they are broken.
type slowToEnd struct{ begun, end chan struct{} }

func (s slowToEnd) Begin(gateway.Passage) gateway.Passing { return s }
func (s slowToEnd) Sent()                                 {}
func (s slowToEnd) End()                                  {}
func (s slowToEnd) Pass(ctx context.Context, _ gateway.Stage) error {
	close(s.begun)
	<-ctx.Done()
	<-s.end
	return context.Cause(ctx)
}

func TestCloseWaitsForExchanges(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(http.ResponseWriter, *http.Request) {})
		g, client := listenTLS(t, "owner", server)
		gate := slowToEnd{make(chan struct{}), make(chan struct{})}
		g.Guard(gate)
		answered, closed := make(chan string, 1), make(chan struct{})
		go func() { answered <- get(client, server.URL) }()
		<-gate.begun
		go func() { defer close(closed); _ = g.Close() }()
		<-answered
		select {
		case <-closed:
			t.Error("it did not wait")
		case <-time.After(50 * time.Millisecond):
		}
		close(gate.end)
		<-closed
	})
}

// TestApartIsInterrupted has an offset that is longer than anybody waits: what is left is sent at once, and named.
func TestApartIsInterrupted(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(http.ResponseWriter, *http.Request) {})
		g, client := listenTLS(t, "owner", server)
		rule, err := g.Hold(gateway.Match{})
		if err != nil {
			t.Fatal(err)
		}
		answered := make(chan string, 1)
		go func() { answered <- get(client, server.URL+"/late") }()
		held, err := rule.Held(limited(t))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err = gateway.Apart(ctx, []time.Duration{time.Hour}, held)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "owner GET /late") {
			t.Errorf("%v", err)
		}
		if got := <-answered; got != "200 " {
			t.Error(got)
		}
	})
}

// TestABurstMixesNoIdentities has two sessions with certificates of their own.
func TestABurstMixesNoIdentities(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.EnableHTTP2, server.TLS = true, &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	var all []*gateway.Held
	answers := map[string]chan string{"first": make(chan string, 1), "second": make(chan string, 1)}
	for name, answered := range answers {
		g, client := listenAs(t, name, server)
		rule, err := g.Hold(gateway.Match{})
		if err != nil {
			t.Fatal(err)
		}
		go func() { answered <- get(client, server.URL) }()
		held, err := rule.Held(limited(t))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, held)
	}
	if _, err := gateway.Together(limited(t), all...); err != nil {
		t.Error(err)
	}
	for name, answered := range answers {
		if got := <-answered; got != "200 "+name {
			t.Errorf("%s is %s to the server", name, got)
		}
	}
}

// listenAs is listenTLS for a session with a certificate of its own.
func listenAs(t *testing.T, name string, server *httptest.Server) (*gateway.Gateway, *http.Client) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return listenTLS(t, name, server, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
}
