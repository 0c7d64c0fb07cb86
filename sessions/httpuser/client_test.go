package httpuser_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/sessions/httpuser"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site serves what the tests ask for.
func site(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	leaving := make(chan struct{})
	server := httptest.NewServer(mux)
	t.Cleanup(func() { close(leaving); server.Close() })
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s auth=%s", r.Method, r.URL.RawQuery, body, r.Header.Get("Authorization"))
	})
	mux.HandleFunc("/hops/{left}", func(w http.ResponseWriter, r *http.Request) {
		left, _ := strconv.Atoi(r.PathValue("left"))
		if left == 0 {
			fmt.Fprint(w, "arrived")
			return
		}
		http.Redirect(w, r, "/hops/"+strconv.Itoa(left-1), http.StatusFound)
	})
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	mux.HandleFunc("/see-other", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/echo", http.StatusSeeOther) })
	mux.HandleFunc("/again", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/echo", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.FormValue("to"), http.StatusFound) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 1000)) })
	mux.HandleFunc("/denied", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not yours", http.StatusForbidden) })
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-leaving:
		}
	})
	mux.HandleFunc("/half", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "half")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-leaving:
		}
	})
	return server
}

func user(t *testing.T, server *httptest.Server, o httpuser.Options) *httpuser.Client {
	t.Helper()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.BaseURL = base
	c, err := httpuser.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestRedirects(t *testing.T) {
	server, other := site(t), site(t)
	var seen []int
	c := user(t, server, httpuser.Options{Observe: func(e httpuser.Exchange) { seen = append(seen, e.Status) }})
	if r, err := c.Get(t.Context(), "/hops/20"); err != nil || string(r.Body) != "arrived" || r.URL != server.URL+"/hops/0" || len(seen) != 21 {
		t.Errorf("20 hops: %v, %d exchanges", err, len(seen))
	}
	for _, address := range []string{"/hops/21", "/circle"} {
		if _, err := c.Get(t.Context(), address); !errors.Is(err, httpuser.ErrTooManyRedirects) {
			t.Errorf("%s: %v", address, err)
		}
	}
	c.SetHeader("Authorization", "Bearer x")
	values := url.Values{"a": {"1"}}
	for address, want := range map[string]string{
		"/see-other": "GET   auth=Bearer x", "/again": "POST  a=1 auth=Bearer x", "/echo?q=2": "POST q=2 a=1 auth=Bearer x",
		// The header is for the host that it was meant for.
		"/away?to=" + url.QueryEscape(strings.Replace(other.URL, "127.0.0.1", "localhost", 1)+"/echo"): "GET   auth=",
	} {
		if r, err := c.PostForm(t.Context(), address, values); err != nil || string(r.Body) != want {
			t.Errorf("%s: %s, %v; want %s", address, r.Body, err, want)
		}
	}
	none := user(t, server, httpuser.Options{MaxRedirects: -1})
	if r, err := none.Get(t.Context(), "/hops/1"); err != nil || r.Status != http.StatusFound {
		t.Errorf("no redirects: %+v, %v", r, err)
	}
}

func TestLimits(t *testing.T) {
	server := site(t)
	if _, err := user(t, server, httpuser.Options{MaxBody: 999}).Get(t.Context(), "/large"); err == nil || !strings.Contains(err.Error(), "larger than 999 bytes") {
		t.Errorf("a large body: %v", err)
	}
	if r, err := user(t, server, httpuser.Options{MaxBody: 1000}).Get(t.Context(), "/large"); err != nil || len(r.Body) != 1000 {
		t.Errorf("one that just fits: %v", err)
	}
	for _, address := range []string{"/hang", "/half"} {
		_, err := user(t, server, httpuser.Options{Timeout: 30 * time.Millisecond}).Get(t.Context(), address)
		if !errors.Is(err, httpuser.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "30ms") {
			t.Errorf("%s: %v", address, err)
		}
		whistle := errors.New("whistle")
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := time.AfterFunc(20*time.Millisecond, func() { cancel(whistle) })
		defer stop.Stop()
		if _, err := user(t, server, httpuser.Options{}).Get(ctx, address); !errors.Is(err, whistle) {
			t.Errorf("%s until the context ends: %v", address, err)
		}
	}
}

func TestJSON(t *testing.T) {
	server := site(t)
	var answered []int
	c := user(t, server, httpuser.Options{Answered: func(r *httpuser.Response) { answered = append(answered, r.Status) }})
	var status *httpuser.StatusError
	err := c.JSON(t.Context(), http.MethodGet, "/denied", nil, nil)
	if !errors.As(err, &status) || status.Status != 403 || status.Body != "not yours" {
		t.Errorf("denied: %v", err)
	}
	if err := c.JSON(t.Context(), http.MethodGet, "/large", nil, &struct{}{}); err == nil || !strings.Contains(err.Error(), "not the JSON that was expected") {
		t.Errorf("no JSON: %v", err)
	}
	if err := c.JSON(t.Context(), http.MethodPost, "/echo", make(chan int), nil); err == nil {
		t.Error("a channel was sent")
	}
	if !slices.Equal(answered, []int{403, 200}) {
		t.Errorf("answered %v", answered)
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("NO_PROXY", "")
	if _, err := user(t, site(t), httpuser.Options{}).Get(t.Context(), "/echo"); err != nil {
		t.Error(err)
	}
}

func TestProxyTakesLoopbackToo(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "by proxy: ", r.RequestURI) }))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	server := site(t)
	r, err := user(t, server, httpuser.Options{Proxy: address}).Get(t.Context(), "/echo")
	if err != nil || string(r.Body) != "by proxy: "+server.URL+"/echo" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = nil
	if _, err := user(t, server, httpuser.Options{}).Get(t.Context(), "/"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
	shared := server.Client().Transport.(*http.Transport).TLSClientConfig
	for range 2 { // users can share a configuration
		if r, err := user(t, server, httpuser.Options{TLS: shared}).Get(t.Context(), "/"); err != nil || r.Status != 404 {
			t.Errorf("a known authority: %v", err)
		}
	}
}

func TestAddresses(t *testing.T) {
	c, err := httpuser.New(httpuser.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"/relative", "http://[bad", "http://127.0.0.1:1/refused"} {
		if _, err := c.Get(t.Context(), address); err == nil || !strings.Contains(err.Error(), address) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
