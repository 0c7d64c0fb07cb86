package gateway_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// serveTLS starts a server with an authority of its own, over HTTP/1.1 or HTTP/2.
func serveTLS(t *testing.T, http2 bool, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// listenTLS makes a gateway that trusts the server, if there is one, and shows it the certificates; and a client that trusts
// the gateway.
func listenTLS(t *testing.T, session string, server *httptest.Server, shown ...tls.Certificate) (*gateway.Gateway, *http.Client) {
	t.Helper()
	o := gateway.Options{Session: session, Bodies: 1 << 10}
	if server != nil {
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		o.TLS = &tls.Config{RootCAs: roots, Certificates: shown}
	}
	g, err := gateway.Listen(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	g.Authority().Trust(roots)
	transport := &http.Transport{Proxy: http.ProxyURL(g.URL()), TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// protocols runs a test over both.
func protocols(t *testing.T, test func(t *testing.T, http2 bool)) {
	t.Run("HTTP/1.1", func(t *testing.T) { test(t, false) })
	t.Run("HTTP/2", func(t *testing.T) { test(t, true) })
}

func protocolName(http2 bool) string {
	if http2 {
		return "HTTP/2.0"
	}
	return "HTTP/1.1"
}

func TestTLSPassesRequestsAndResponses(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header()["Date"] = nil
			w.Header().Set("Trailer", "X-After")
			w.Header().Set(gateway.ArrivedField, time.Now().Format(time.RFC3339Nano))
			fmt.Fprintf(w, "%s %s %s %d %s %q %q %s", r.Proto, r.Method, r.RequestURI, len(body), r.Header.Get("X-One"), r.Header["X-Two"], r.Header["User-Agent"], r.Trailer.Get("X-End"))
			w.Header().Set("X-After", "all")
		})
		g, client := listenTLS(t, "owner", server)
		for _, c := range []struct {
			method, path, trailer string
			body                  io.Reader
			length                int
		}{
			{"GET", "/a%2Fb?q=%20x", "", nil, 0},
			{"POST", "/form", "", strings.NewReader("a=b"), 3},
			{"PUT", "/large", "", bytes.NewReader(make([]byte, 3<<20)), 3 << 20},
			{"PATCH", "/chunked", "end", io.MultiReader(strings.NewReader("ab"), strings.NewReader("cde")), 5},
			{"DELETE", "/", "", nil, 0},
		} {
			request, err := http.NewRequestWithContext(limited(t), c.method, server.URL+c.path, c.body)
			if err != nil {
				t.Fatal(err)
			}
			request.Header = http.Header{"X-One": {"1"}, "X-Two": {"a", "b"}, "User-Agent": {""}}
			if c.trailer != "" {
				request.Trailer = http.Header{"X-End": {c.trailer}}
			}
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(response.Body)
			response.Body.Close()
			want := fmt.Sprintf(`%s %s %s %d 1 ["a" "b"] [] %s`, protocolName(http2), c.method, c.path, c.length, c.trailer)
			if err != nil || string(got) != want {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
			if response.Trailer.Get("X-After") != "all" || response.Header.Get("Date") != "" {
				t.Errorf("trailer %v, header %v", response.Trailer, response.Header)
			}
		}
		for i, e := range settled(t, g) {
			if e.Number != i+1 || e.Protocol != protocolName(http2) || e.Status != 200 || e.Err != "" || !strings.HasPrefix(e.URL, server.URL+"/") || e.Arrived.IsZero() ||
				e.Sent.Seq <= e.Out.Seq || e.Done.Seq <= e.In.Seq || !strings.HasPrefix(string(e.ResponseBody), e.Protocol) {
				t.Errorf("recorded %+v", e)
			}
		}
		if e := g.Record()[1]; string(e.RequestBody) != "a=b" {
			t.Errorf("recorded the body %q", e.RequestBody)
		}
	})
}

func TestTLSTogether(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		const sessions = 8
		reached := make(chan string, sessions)
		server := serveTLS(t, http2, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			reached <- fmt.Sprintf("%s %s %s", r.RemoteAddr, r.Method, body)
			fmt.Fprintf(w, "for %s", body)
		})
		var all []*gateway.Held
		answers := make(chan string, sessions)
		for i := range sessions {
			g, client := listenTLS(t, fmt.Sprintf("user %d", i), server)
			rule, err := g.Hold(gateway.Match{Path: "/act"})
			if err != nil {
				t.Fatal(err)
			}
			content := fmt.Sprint("body of ", i)
			method := http.MethodPost
			switch i {
			case 0, 1:
				content, method = "", http.MethodGet
			case 2:
				content = "x"
			case 3:
				content = strings.Repeat("long ", 100_000)
			}
			go func() {
				request, _ := http.NewRequest(method, server.URL+"/act", strings.NewReader(content))
				response, err := client.Do(request)
				if err != nil {
					answers <- err.Error()
					return
				}
				defer response.Body.Close()
				got, _ := io.ReadAll(response.Body)
				if string(got) != "for "+content {
					answers <- fmt.Sprintf("user %d got %.80q", i, got)
					return
				}
				answers <- ""
			}()
			held, err := rule.Held(limited(t))
			if err != nil {
				t.Fatal(err)
			}
			if string(held.Body()) != content {
				t.Errorf("held the body %.80q", held.Body())
			}
			all = append(all, held)
		}
		select {
		case got := <-reached:
			t.Fatalf("%.80q reached the server while held", got)
		default:
		}
		burst, err := gateway.Together(limited(t), all...)
		if err != nil {
			t.Fatal(err)
		}
		connections := map[string]bool{}
		for range sessions {
			if wrong := <-answers; wrong != "" {
				t.Error(wrong)
			}
			address, _, _ := strings.Cut(<-reached, " ")
			connections[address] = true
		}
		if http2 && len(connections) != 1 || !http2 && len(connections) != sessions {
			t.Errorf("%d requests came on %d connections", sessions, len(connections))
		}
		if len(burst.Sent) != sessions || burst.Spread() < 0 {
			t.Errorf("burst %v", burst.Sent)
		}
		t.Logf("the last bytes of %d requests were sent within %v", sessions, burst.Spread())
	})
}

func TestTLSHoldsFaultsAndResponses(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "answer") })
		g, client := listenTLS(t, "owner", server)
		for _, stage := range []gateway.Stage{gateway.RequestOut, gateway.ResponseIn} {
			rule, err := g.Hold(gateway.Match{Stage: stage, Path: "/x"})
			if err != nil {
				t.Fatal(err)
			}
			answered := make(chan string, 1)
			go func() { answered <- get(client, server.URL+"/x") }()
			held, err := rule.Held(limited(t))
			if err != nil {
				t.Fatal(err)
			}
			select {
			case got := <-answered:
				t.Fatalf("%v: the session got %q before it was released", stage, got)
			default:
			}
			held.Release()
			if got := <-answered; got != "200 answer" {
				t.Errorf("%v: the session got %q", stage, got)
			}
			if e, err := held.Answered(limited(t)); err != nil || e.Held.IsZero() || e.Released.Seq <= e.Held.Seq {
				t.Errorf("recorded %+v, %v", e, err)
			}
		}
		if _, err := g.Status(gateway.Match{Path: "/status"}, 503); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Reset(gateway.Match{Path: "/reset"}); err != nil {
			t.Fatal(err)
		}
		if got := get(client, server.URL+"/status"); !strings.HasPrefix(got, "503 lockstep gateway of owner: GET /status") {
			t.Errorf("status: %q", got)
		}
		if got := get(client, server.URL+"/reset"); strings.HasPrefix(got, "200") {
			t.Errorf("reset: %q", got)
		}
		if got := get(client, server.URL+"/"); got != "200 answer" {
			t.Errorf("after the reset: %q", got)
		}
	})
}

// get is the status and the body, or the error.
func get(client *http.Client, address string) string {
	response, err := client.Get(address)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(response.StatusCode, " ", string(body))
}

func TestTLSVerifiesTheServer(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
		_, client := listenTLS(t, "owner", nil)
		got := get(client, server.URL+"/secret")
		for _, want := range []string{"502 lockstep gateway of owner: GET /secret: TLS with " + strings.TrimPrefix(server.URL, "https://"), "certificate signed by unknown authority"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q does not contain %q", got, want)
			}
		}
	})
}

func TestTLSServerThatIsNotThere(t *testing.T) {
	_, client := listenTLS(t, "owner", nil)
	if got := get(client, "https://127.0.0.1:1/x"); !strings.HasPrefix(got, "502 lockstep gateway of owner: GET /x: connect to 127.0.0.1:1") {
		t.Errorf("got %q", got)
	}
}

func TestStrangersAreAskedForCredentials(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
	g, _ := listen(t, "owner")
	for _, user := range []*url.Userinfo{nil, url.User("lockstep"), url.UserPassword("lockstep", "guessed")} {
		proxy := g.URL()
		proxy.User = user
		transport := &http.Transport{Proxy: http.ProxyURL(proxy)}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		if got := get(client, server+"/x"); !strings.HasPrefix(got, "407 ") {
			t.Errorf("%v over HTTP: %q", user, got)
		}
		if got := get(client, "https://127.0.0.1:1/x"); !strings.Contains(got, "Proxy Authentication Required") {
			t.Errorf("%v over CONNECT: %q", user, got)
		}
	}
	if len(g.Record()) != 0 {
		t.Errorf("recorded %v", g.Record())
	}
}

func TestHelloIsAnsweredByTheGateway(t *testing.T) {
	g, client := listen(t, "owner")
	if got := get(client, "http://"+gateway.HelloHost+"/"); got != "200 " {
		t.Errorf("got %q", got)
	}
	if len(g.Record()) != 0 {
		t.Errorf("recorded %v", g.Record())
	}
}

func TestMatchesHeaderAndBody(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
		g, client := listenTLS(t, "owner", server)
		rule, err := g.Status(gateway.Match{
			Method: "POST", Header: map[string]string{"content-type": "text/plain", "X-Any": ""},
			Body: func(body []byte) bool { return bytes.Contains(body, []byte("wanted")) }, Count: gateway.Every,
		}, 418)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			kind, any, body string
			want            int
		}{
			{"text/plain", "yes", "wanted", 418},
			{"text/plain", "yes", "other", 200},
			{"text/plain", "", "wanted", 200},
			{"text/html", "yes", "wanted", 200},
			{"text/plain", "again", "also wanted", 418},
		} {
			request, _ := http.NewRequestWithContext(limited(t), "POST", server.URL, strings.NewReader(c.body))
			request.Header.Set("Content-Type", c.kind)
			if c.any != "" {
				request.Header.Set("X-Any", c.any)
			}
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode != c.want || c.want == 200 && string(got) != c.body {
				t.Errorf("%+v: %d %q", c, response.StatusCode, got)
			}
		}
		if rule.Seen() != 2 {
			t.Errorf("seen %d", rule.Seen())
		}
	})
}

func TestReleaseNextKeepsTheRule(t *testing.T) {
	reached := make(chan string, 3)
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path })
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{Count: gateway.Every})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/1", "/2", "/3"} {
		go get(client, address+path)
		if h, err := rule.ReleaseNext(limited(t)); err != nil || h.Exchange().Method != "GET" {
			t.Fatal(h, err)
		}
		if got := <-reached; got != path {
			t.Errorf("%s reached the server, want %s", got, path)
		}
	}
	ended := make(chan string, 1)
	go func() { ended <- get(client, address+"/1") }()
	if _, err := rule.Held(limited(t)); err != nil {
		t.Fatal(err)
	}
	g.ReleaseAll()
	if got := <-ended; got != "200 " {
		t.Error(got)
	}
	if got := get(client, address+"/2"); got != "200 " { // the rule is off
		t.Error(got)
	}
}

func TestApart(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		reached := make(chan string, 2)
		server := serveTLS(t, http2, func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path })
		var all []*gateway.Held
		for _, name := range []string{"first", "second"} {
			g, client := listenTLS(t, name, server)
			rule, err := g.Hold(gateway.Match{})
			if err != nil {
				t.Fatal(err)
			}
			go get(client, server.URL+"/"+name)
			held, err := rule.Held(limited(t))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, held)
		}
		if _, err := gateway.Apart(limited(t), []time.Duration{1}, all...); !errors.Is(err, gateway.ErrInvalidRule) {
			t.Errorf("one offset for two: %v", err)
		}
		burst, err := gateway.Apart(limited(t), []time.Duration{20 * time.Millisecond, 0}, all...)
		if err != nil {
			t.Fatal(err)
		}
		if got := <-reached; got != "/second" {
			t.Errorf("%s came first", got)
		}
		<-reached
		if d := burst.Sent[0].Sub(burst.Sent[1]); d < 10*time.Millisecond { // the first may be late on a busy machine
			t.Errorf("sent %v apart", d)
		}
	})
}
