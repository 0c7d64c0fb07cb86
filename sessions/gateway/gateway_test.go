package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
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

func TestPassesRequestsAndResponses(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Echo", r.Header.Get("X-Echo"))
		if r.URL.Path == "/none" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fmt.Fprintf(w, "%s %s %d %x", r.Method, r.URL.RequestURI(), len(body), body[:min(len(body), 4)])
	})
	g, client := listen(t, "owner")
	for _, c := range []struct {
		method, path string
		body         io.Reader
		want         string
	}{
		{"GET", "/a%2Fb?q=%20x", nil, "GET /a%2Fb?q=%20x 0 "},
		{"POST", "/form", strings.NewReader("a=b"), "POST /form 3 613d62"},
		{"PUT", "/large", bytes.NewReader(make([]byte, 3<<20)), "PUT /large 3145728 00000000"},
		{"PATCH", "/chunked", io.MultiReader(strings.NewReader("ab"), strings.NewReader("cde")), "PATCH /chunked 5 61626364"},
		{"HEAD", "/", nil, ""},
		{"GET", "/none", nil, ""},
		{"DELETE", "/", nil, "DELETE / 0 "},
	} {
		request, err := http.NewRequestWithContext(limited(t), c.method, url+c.path, c.body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Echo", "here")
		response, err := client.Do(request)
		if err != nil {
			t.Fatalf("%s %s: %v", c.method, c.path, err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(got) != c.want || response.Header.Get("X-Echo") != "here" {
			t.Errorf("%s %s: %q, %v, %v; want %q", c.method, c.path, got, response.Header, err, c.want)
		}
	}
	record := settled(t, g)
	if len(record) != 7 {
		t.Fatalf("%d exchanges are recorded, want 7", len(record))
	}
	for i, e := range record {
		if e.Number != i+1 || e.Err != "" || e.Status == 0 || e.Sent.Seq < e.Out.Seq || e.In.Seq < e.Out.Seq || e.Done.Seq < e.In.Seq {
			t.Errorf("recorded %+v", e)
		}
	}
}

// TestKeepsTheBytes compares what arrives with what was sent, field by field, where net/http would change it.
func TestKeepsTheBytes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	arrived := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var all bytes.Buffer
		for reader := bufio.NewReader(conn); !strings.HasSuffix(all.String(), "0\r\nX-Trailer: t\r\n\r\n"); {
			b, err := reader.ReadByte()
			if err != nil {
				break
			}
			all.WriteByte(b)
		}
		arrived <- all.String()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 oK\r\nx-ODD: 1\r\nX-odd:2\r\nContent-Length: 2\r\n\r\nok")
	}()
	g, _ := listen(t, "owner")
	conn, err := net.Dial("tcp", g.URL().Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := "3;ext=1\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n"
	fmt.Fprintf(conn, "POST http://%s/p?x=%%41 HTTP/1.1\r\n"+authorization(g)+"hOST: %[1]s\r\nb-First:  spaced \r\nA-second: 2\r\nProxy-Connection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: gone\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n%s", listener.Addr(), body)
	want := fmt.Sprintf("POST /p?x=%%41 HTTP/1.1\r\nhOST: %s\r\nb-First:  spaced \r\nA-second: 2\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n%s", listener.Addr(), body)
	if got := <-arrived; got != want {
		t.Errorf("the server got\n%q\nwant\n%q", got, want)
	}
	back := make([]byte, 200)
	n, err := conn.Read(back)
	if got, want := string(back[:n]), "HTTP/1.1 200 oK\r\nx-ODD: 1\r\nX-odd:2\r\nContent-Length: 2\r\n\r\nok"; err != nil || got != want {
		t.Errorf("the client got %q, %v; want %q", got, err, want)
	}
}

func TestStreamsFlow(t *testing.T) {
	next := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			select {
			case <-next:
			case <-r.Context().Done():
			}
		}
	})
	_, client := listen(t, "owner")
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	for i := range 3 { // each must come before the next is sent
		line, err := lines.ReadString('\n')
		if err != nil || line != fmt.Sprintf("data: %d\n", i) {
			t.Fatalf("%q, %v", line, err)
		}
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		next <- struct{}{}
	}
}

func TestHoldsUntilReleased(t *testing.T) {
	reached := make(chan string, 10)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { reached <- r.URL.Path })
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{Method: "POST", Path: "/books/{id}/rename"})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		response, err := client.Post(url+"/books/7/rename", "text/plain", strings.NewReader("x"))
		if err == nil {
			response.Body.Close()
		}
		answered <- err
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := held.String(); got != "owner POST /books/7/rename" {
		t.Errorf("held %q", got)
	}
	if _, err := client.Get(url + "/books/7"); err != nil { // others pass
		t.Fatal(err)
	}
	if got := <-reached; got != "/books/7" {
		t.Fatalf("%s reached the server first", got)
	}
	held.Release()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if got := <-reached; got != "/books/7/rename" {
		t.Errorf("%s reached the server", got)
	}
}

func TestHeldSaysWhatItSawInstead(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{Method: "POST", Path: "/books/{id}/rename"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Get(url + "/books/7/edit"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = rule.Held(ctx)
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"owner", "POST /books/{id}/rename", "GET /books/7/edit"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
}

func TestTogether(t *testing.T) {
	const sessions = 8
	reached := make(chan time.Time, sessions)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reached <- time.Now()
	})
	var all []*gateway.Held
	answers := make(chan error, sessions)
	for i := range sessions {
		g, client := listen(t, fmt.Sprintf("user %d", i))
		rule, err := g.Hold(gateway.Match{Path: "/act"})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			response, err := client.Post(url+"/act", "text/plain", strings.NewReader("now"))
			if err == nil {
				response.Body.Close()
			}
			answers <- err
		}()
		held, err := rule.Held(limited(t))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, held)
	}
	burst, err := gateway.Together(limited(t), all...)
	if err != nil {
		t.Fatal(err)
	}
	for range sessions {
		if err := <-answers; err != nil {
			t.Error(err)
		}
		<-reached
	}
	for range 3 { // who was released is not released again, and asking does not hang
		if _, err := gateway.Together(limited(t), all[0]); err == nil || !strings.Contains(err.Error(), "released before") {
			t.Errorf("released again: %v", err)
		}
	}
	if burst.Spread() <= 0 || len(burst.Sent) != sessions {
		t.Errorf("burst %v", burst)
	}
	t.Logf("the last bytes of %d requests were sent within %v", sessions, burst.Spread())
}

// TestTogetherTooLate has no time for the burst: the request is named, and goes by itself.
func TestTogetherTooLate(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		response, err := client.Get(url)
		if err == nil {
			response.Body.Close()
		}
		answered <- err
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	burst, err := gateway.Together(ended, held)
	if err != nil && !strings.Contains(err.Error(), "owner GET /") {
		t.Errorf("error %v", err)
	}
	if burst.Spread() != 0 {
		t.Errorf("the spread of one request, or none, is %v", burst.Spread())
	}
	if err := <-answered; err != nil {
		t.Errorf("the request did not go: %v", err)
	}
}

func TestTheSessionGoesAwayWhileHeld(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the request reached the server") })
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		request, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		_, err := client.Do(request)
		ended <- err
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("a request whose context ended was answered")
	}
	deadline, tick := limited(t), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for g.Record()[0].Err == "" { // the gateway notices by the connection's end
		select {
		case <-tick.C:
		case <-deadline.Done():
			t.Fatal("it was not noticed")
		}
	}
	if _, err := gateway.Together(limited(t), held); err == nil || !strings.Contains(err.Error(), "owner GET /") {
		t.Errorf("error %v, want one that names the request", err)
	}
}

func TestHoldsResponses(t *testing.T) {
	reached := make(chan struct{}, 1)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reached <- struct{}{}
		_, _ = io.WriteString(w, "answer")
	})
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{Stage: gateway.ResponseIn, Path: "/x"})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		response, err := client.Post(url+"/x", "text/plain", strings.NewReader("body"))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	<-reached // the server has done its work
	select {
	case got := <-answered:
		t.Fatalf("the session got %q before the response was released", got)
	default:
	}
	if _, err := gateway.Together(limited(t), held); err == nil {
		t.Error("a response was released together with requests")
	}
	held.Release()
	if got := <-answered; got != "answer" {
		t.Errorf("the session got %q", got)
	}
}

func TestFaults(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	for _, make := range []func() (*gateway.Rule, error){
		func() (*gateway.Rule, error) { return g.Status(gateway.Match{Path: "/status"}, 503) },
		func() (*gateway.Rule, error) { return g.Reset(gateway.Match{Path: "/reset"}) },
		func() (*gateway.Rule, error) { return g.Delay(gateway.Match{Path: "/delay"}, 50*time.Millisecond) },
		func() (*gateway.Rule, error) { return g.Status(gateway.Match{Path: "/never"}, 500) },
	} {
		if _, err := make(); err != nil {
			t.Fatal(err)
		}
	}
	response, err := client.Get(url + "/status")
	if err != nil || response.StatusCode != 503 {
		t.Fatalf("%v, %v", response, err)
	}
	response.Body.Close()
	if _, err := client.Get(url + "/reset"); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("reset: %v", err)
	}
	start := time.Now()
	if response, err = client.Get(url + "/delay"); err != nil || time.Since(start) < 50*time.Millisecond {
		t.Errorf("delay: %v after %v", err, time.Since(start))
	}
	response.Body.Close()
	for range 2 { // a rule takes one unless it is told otherwise
		if response, err = client.Get(url + "/status"); err != nil || response.StatusCode != 200 {
			t.Fatalf("%v, %v", response, err)
		}
		response.Body.Close()
	}
	if idle := g.Unmatched(); len(idle) != 1 || idle[0].String() != "/never" {
		t.Errorf("unmatched: %v", idle)
	}
}

func TestNthAndCount(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	rule, err := g.Status(gateway.Match{Method: "GET", Nth: 2, Count: 2}, 500)
	if err != nil {
		t.Fatal(err)
	}
	var statuses []int
	for range 5 {
		response, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		statuses = append(statuses, response.StatusCode)
	}
	if want := []int{200, 500, 500, 200, 200}; !slices.Equal(statuses, want) {
		t.Errorf("statuses %v, want %v", statuses, want)
	}
	if rule.Seen() != 5 {
		t.Errorf("seen %d", rule.Seen())
	}
}

func TestInvalidRules(t *testing.T) {
	g, _ := listen(t, "owner")
	if _, err := g.Status(gateway.Match{}, 100); !errors.Is(err, gateway.ErrInvalidRule) {
		t.Errorf("status 100: %v", err)
	}
	if _, err := g.Delay(gateway.Match{}, 0); !errors.Is(err, gateway.ErrInvalidRule) {
		t.Errorf("no delay: %v", err)
	}
	if _, err := g.Hold(gateway.Match{Stage: 7}); !errors.Is(err, gateway.ErrInvalidRule) {
		t.Errorf("stage 7: %v", err)
	}
	for _, m := range []gateway.Match{{Nth: -1}, {Method: "GET /"}, {Path: "books"}, {Path: "/{"}, {Path: "/{id}/{id}"}} {
		if _, err := g.Hold(m); !errors.Is(err, gateway.ErrInvalidRule) || !strings.Contains(err.Error(), "owner") {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

func TestRefusesWhatIsNoHTTP(t *testing.T) {
	g, _ := listen(t, "owner")
	for _, message := range []string{
		"hello\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET http://127.0.0.1/ HTTP/1.1\r\nno field\r\n\r\n",
		"GET http://127.0.0.1/ HTTP/1.1\nHost: x\n\n",
		"POST http://127.0.0.1/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"POST http://127.0.0.1/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"POST http://127.0.0.1/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"GET http://127.0.0.1/ HTTP/1.1\r\nX : space\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", g.URL().Host)
		if err != nil {
			t.Fatal(err)
		}
		line, rest, _ := strings.Cut(message, "\n")
		_, _ = io.WriteString(conn, line+"\n"+authorization(g)+rest)
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		answer, err := io.ReadAll(conn)
		conn.Close()
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || !strings.Contains(string(answer), "gateway of owner") {
			t.Errorf("%q: %q, %v", message, answer, err)
		}
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	_, client := listen(t, "owner")
	response, err := client.Get("http://127.0.0.1:1/x")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusBadGateway || !strings.Contains(string(text), "gateway of owner: GET /x") {
		t.Errorf("%d %q", response.StatusCode, text)
	}
}
