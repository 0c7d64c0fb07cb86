package virtual_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
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
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// transports runs a test over both.
func transports(t *testing.T, test func(t *testing.T, o virtual.Options)) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("net http %v", http2), func(t *testing.T) { test(t, virtual.Options{HTTP2: http2}) })
	}
}

// echo writes what arrived.
func echo(w http.ResponseWriter, r *http.Request) {
	body := drain(r)
	fmt.Fprintf(w, "%s %s %s|%s|%s", r.Method, r.URL.RequestURI(), body, r.Header.Get("Content-Type"), r.Header.Get("Authorization"))
}

func TestRequests(t *testing.T) {
	transports(t, func(t *testing.T, o virtual.Options) {
		o.Header = http.Header{"Authorization": {"Bearer all"}}
		u, seen := open(t, app(t, echo), o)
		for _, c := range []struct {
			request virtual.Request
			want    string
			name    string
		}{
			{virtual.Request{Path: "/items?a=1"}, "GET /items?a=1 ||Bearer all", "GET /items"},
			{virtual.Request{Path: "items"}, "GET /items ||Bearer all", "GET items"},
			{virtual.Request{Path: "/a b?c=d e#frag"}, "GET /a%20b?c=d e ||Bearer all", "GET /a b"},
			{virtual.Request{Path: "/münchen"}, "GET /m%C3%BCnchen ||Bearer all", "GET /münchen"},
			{virtual.Request{Path: "/x/../y"}, "GET /y ||Bearer all", "GET /x/../y"},
			{virtual.Request{Path: "/100%"}, "", ""},
			{virtual.Request{Path: "/f", Form: url.Values{"a": {"1 2"}}}, "POST /f a=1+2|application/x-www-form-urlencoded|Bearer all", "POST /f"},
			{virtual.Request{Path: "/j", Method: "PUT", JSON: map[string]int{"a": 1}}, `PUT /j {"a":1}|application/json|Bearer all`, "PUT /j"},
			{virtual.Request{Name: "raw", Path: "/b", Body: []byte("x"), Header: virtual.Header{"Content-Type": "text/x", "authorization": "own"}}, "POST /b x|text/x|own", "raw"},
			{virtual.Request{Path: "/b", Body: bytes.Repeat([]byte("x"), 100_000), Header: virtual.Header{"Content-Type": "x"}}, "POST /b " + strings.Repeat("x", 100_000) + "|x|Bearer all", "POST /b"},
			{virtual.Request{Path: "/e", Method: "POST"}, "POST /e ||Bearer all", "POST /e"},
		} {
			r, err := u.Do(t.Context(), c.request)
			if c.want == "" {
				if virtual.ClassOf(err) != virtual.Invalid || !errors.Is(err, virtual.ErrNotSent) {
					t.Errorf("%s: %v", c.request.Path, err)
				}
				continue
			}
			want := strings.ReplaceAll(c.want, "d e ", "d%20e ")
			if err != nil || r.Text() != want {
				t.Errorf("%s: %.80s, %v; want %.80s", c.request.Path, r.Text(), err, want)
			}
			if s := seen.last(); s.Name != c.name || s.User != "user 1" || s.Status != 200 || s.Class != virtual.OK ||
				s.Sent < int64(len(c.request.Body)) || s.Received < int64(len(want)) || !s.Intended.IsZero() || r.Took != s.End.Sub(s.Start) {
				t.Errorf("%s: sample %+v", c.request.Path, s)
			}
		}
		if err := u.SetHeader("authorization", "Bearer mine"); err != nil {
			t.Fatal(err)
		}
		if r, err := u.Get(t.Context(), "/"); err != nil || r.Text() != "GET / ||Bearer mine" {
			t.Errorf("%v, %v", r.Text(), err)
		}
		if err := u.SetHeader("Authorization", ""); err != nil {
			t.Fatal(err)
		}
		if r, err := u.Get(t.Context(), "/"); err != nil || r.Text() != "GET / ||" {
			t.Errorf("%v, %v", r.Text(), err)
		}
	})
}

func TestRequestsThatCannotBeMade(t *testing.T) {
	u, seen := open(t, app(t, echo), virtual.Options{})
	for _, c := range []struct {
		request virtual.Request
		class   virtual.Class
		want    string
	}{
		{virtual.Request{Path: "/", Method: "GE T"}, virtual.Invalid, "the method is none"},
		{virtual.Request{Path: "http://[bad"}, virtual.Invalid, "the address is none"},
		{virtual.Request{Path: "ftp://x/"}, virtual.Invalid, "only http and https are spoken"},
		{virtual.Request{Path: "http://u:p@x/"}, virtual.Invalid, "belong into the header Authorization"},
		{virtual.Request{Path: "/", JSON: make(chan int)}, virtual.Invalid, "the JSON cannot be made"},
		{virtual.Request{Path: "/", JSON: 1, Body: []byte("x")}, virtual.Invalid, "only one of"},
		{virtual.Request{Path: "/", Form: url.Values{}, JSON: 1}, virtual.Invalid, "only one of"},
		{virtual.Request{Path: "/", Header: virtual.Header{"A": "b\r\nC: d"}}, virtual.Invalid, `header "A"`},
		{virtual.Request{Path: "/", Header: virtual.Header{"Cookie": "b"}}, virtual.Invalid, "Cookie is set by the user itself"},
		{virtual.Request{Path: "http://example.org/"}, virtual.Foreign, "example.org is not the target"},
		{virtual.Request{Path: "//example.org/x"}, virtual.Foreign, "example.org is not the target"},
	} {
		before := len(*seen)
		r, err := u.Do(t.Context(), c.request)
		got := failure(t, err)
		if r != nil || got.Class != c.class || !strings.Contains(got.Message, c.want) || !errors.Is(err, virtual.ErrNotSent) || len(*seen) != before+1 {
			t.Errorf("%+v: %v, %v", c.request, r, err)
		}
	}
}

func TestRedirectsAreFollowed(t *testing.T) {
	transports(t, func(t *testing.T, o virtual.Options) {
		other := app(t, echo)
		home := app(t, func(w http.ResponseWriter, r *http.Request) {
			var status int
			if _, err := fmt.Sscanf(r.URL.Path, "/to/%d", &status); err == nil {
				w.Header().Set("Location", r.FormValue("l"))
				w.WriteHeader(status)
				return
			}
			echo(w, r)
		})
		o.Header = http.Header{"Authorization": {"x"}}
		u, seen := open(t, home, o)
		for _, c := range []struct{ method, path, want string }{
			{"POST", "/to/301?l=/e", "GET /e ||x"}, {"POST", "/to/302?l=/e", "GET /e ||x"}, {"POST", "/to/303?l=/e", "GET /e ||x"},
			{"POST", "/to/307?l=/e", "POST /e body|text/x|x"}, {"POST", "/to/308?l=/e", "POST /e body|text/x|x"},
			{"PUT", "/to/302?l=/e", "PUT /e body|text/x|x"}, {"PUT", "/to/303?l=/e", "GET /e ||x"},
			{"POST", "/to/307?l=../e%3Fa=1", "POST /e?a=1 body|text/x|x"}, {"POST", "/to/307?l=" + home + "/e", "POST /e body|text/x|x"},
			{"POST", "/to/302?l=/to/302%3Fl=/e", "GET /e ||x"},
		} {
			r, err := u.Do(t.Context(), virtual.Request{Method: c.method, Path: c.path, Body: []byte("body"), Header: virtual.Header{"Content-Type": "text/x"}})
			if err != nil || r.Text() != c.want || r.Redirects != strings.Count(c.path, "to/") || seen.last().Redirects != r.Redirects {
				t.Errorf("%s %s: %v, %v, want %s", c.method, c.path, r, err, c.want)
			}
		}
		if r, err := u.Get(t.Context(), "/to/302?l="+other); virtual.ClassOf(err) != virtual.Foreign || r.Status != 302 {
			t.Errorf("elsewhere: %v, %v", r, err)
		}
		o.Hosts = []string{strings.TrimPrefix(other, "http://")}
		friend, _ := open(t, home, o)
		if r, err := friend.Get(t.Context(), "/to/302?l="+other+"/e"); err != nil || r.Text() != "GET /e ||x" || r.URL() != other+"/e" {
			t.Errorf("to a friend: %v, %v", r, err) // the same host with another port
		}
		o.MaxRedirects = -1
		still, _ := open(t, home, o)
		if r, err := still.Do(t.Context(), virtual.Request{Path: "/to/302?l=/e", Check: any302}); err != nil || r.Status != 302 || r.Header("location") != "/e" {
			t.Errorf("not followed: %v, %v", r, err)
		}
	})
}

var any302 = virtual.CheckFunc(func(r *virtual.Response) error {
	if r.Status != 302 {
		return fmt.Errorf("status %d", r.Status)
	}
	return nil
})

// TestALoginThatRedirectsToItself is no circle: the cookie is new.
func TestALoginThatRedirectsToItself(t *testing.T) {
	transports(t, func(t *testing.T, o virtual.Options) {
		u, _ := open(t, app(t, func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("id"); err != nil {
				http.SetCookie(w, &http.Cookie{Name: "id", Value: "7"})
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return
			}
			fmt.Fprint(w, r.Header.Get("Cookie"))
		}), o)
		u.SetCookie("theme=dark; Path=/")
		if r, err := u.Get(t.Context(), "/login"); err != nil || !strings.Contains(r.Text(), "id=7") || !strings.Contains(r.Text(), "theme=dark") {
			t.Errorf("%v, %v", r, err)
		}
		if id, ok := u.Cookie("id", "/"); !ok || id != "7" {
			t.Errorf("cookie %q, %v", id, ok)
		}
	})
}

func TestCompression(t *testing.T) {
	plain := strings.Repeat("many words ", 1000)
	pack := map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
		"zstd":    func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	}
	url := app(t, func(w http.ResponseWriter, r *http.Request) {
		encoding := r.URL.Path[1:]
		if !strings.Contains(r.Header.Get("Accept-Encoding"), encoding) {
			fmt.Fprint(w, plain)
			return
		}
		w.Header().Set("Content-Encoding", encoding)
		packed := pack[encoding](w)
		_, _ = io.WriteString(packed, plain)
		packed.Close()
	})
	transports(t, func(t *testing.T, o virtual.Options) {
		without, _ := open(t, url, o)
		o.Compression = true
		with, seen := open(t, url, o)
		o.MaxBody = 1000
		bounded, _ := open(t, url, o)
		for encoding := range pack {
			if r, err := with.Get(t.Context(), "/"+encoding); err != nil || r.Text() != plain || seen.last().Received > 1000 {
				t.Errorf("%s: %v, %d bytes received", encoding, err, seen.last().Received)
			}
			if r, err := without.Get(t.Context(), "/"+encoding); err != nil || r.Text() != plain {
				t.Errorf("%s unasked: %v", encoding, err)
			}
			if _, err := bounded.Get(t.Context(), "/"+encoding); virtual.ClassOf(err) != virtual.TooLarge {
				t.Errorf("%s of 11,000 bytes: %v", encoding, err)
			}
		}
	})
}

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

// TestInterruptions ends requests from outside while they wait, again and again with the same users, so that no
// interruption is missed and none ends a later request.
func TestInterruptions(t *testing.T) {
	arrived := make(chan struct{})
	url := app(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			arrived <- struct{}{}
			<-r.Context().Done()
		}
	})
	transports(t, func(t *testing.T, o virtual.Options) {
		u, seen := open(t, url, o)
		whistle := errors.New("whistle")
		for range 20 {
			ctx, cancel := context.WithCancelCause(t.Context())
			if _, err := u.Get(ctx, "/"); err != nil {
				t.Fatal(err)
			}
			go func() { <-arrived; cancel(whistle) }()
			within(t, 5*time.Second, func() {
				if _, err := u.Get(ctx, "/hang"); !errors.Is(err, whistle) || seen.last().Class != virtual.Interrupted {
					t.Errorf("%v", err)
				}
			})
			if _, err := u.Get(ctx, "/"); !errors.Is(err, whistle) {
				t.Errorf("with a context that has ended: %v", err)
			}
		}
		go func() { <-arrived; u.Close(context.Background()) }()
		within(t, 5*time.Second, func() {
			if _, err := u.Get(t.Context(), "/hang"); !errors.Is(err, browser.ErrClosed) || seen.last().Class != virtual.Interrupted {
				t.Errorf("%v", err)
			}
		})
		if _, err := u.Get(t.Context(), "/"); !errors.Is(err, browser.ErrClosed) || !errors.Is(u.Err(), browser.ErrClosed) {
			t.Errorf("after Close: %v, %v", err, u.Err())
		}
	})
}

// counting is a context that counts who waits for its end.
type counting struct {
	context.Context
	done    chan struct{}
	watched *atomic.Int64
}

func (c counting) Done() <-chan struct{} { return c.done }

func (c counting) AfterFunc(func()) (stop func() bool) {
	c.watched.Add(1)
	return func() bool { c.watched.Add(-1); return true }
}

// TestAContextDoesNotHoldClosedUsers: a run's context outlives its users.
func TestAContextDoesNotHoldClosedUsers(t *testing.T) {
	url := app(t, echo)
	u, _ := open(t, url, virtual.Options{})
	var of [2]atomic.Int64
	for range 3 {
		for i := range of {
			ctx := counting{t.Context(), make(chan struct{}), &of[i]}
			for range 2 {
				if _, err := u.Get(ctx, "/"); err != nil || of[0].Load()+of[1].Load() != 1 || of[i].Load() != 1 {
					t.Fatalf("%v; %d and %d watched", err, of[0].Load(), of[1].Load())
				}
			}
		}
	}
	u.Close(context.Background())
	if _, err := u.Get(counting{t.Context(), make(chan struct{}), &of[0]}, "/"); !errors.Is(err, browser.ErrClosed) {
		t.Error(err)
	}
	if n := of[0].Load() + of[1].Load(); n != 0 {
		t.Errorf("%d contexts are watched for a user that is closed", n)
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

func TestSession(t *testing.T) {
	hold, arrived := make(chan struct{}), make(chan struct{})
	url := app(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/held" {
			arrived <- struct{}{}
			<-hold
		}
		fmt.Fprint(w, `{"token":"hush","name":"Ada"}`)
	})
	u, _ := open(t, url, virtual.Options{})
	var s sessions.Session = u
	if s.Name() != "user 1" || s.Tenant() != "acme" || s.Kind() != sessions.KindHTTP || s.Doing().String() != "idle" || s.Err() != nil {
		t.Errorf("%v %v %v %v %v", s.Name(), s.Tenant(), s.Kind(), s.Doing(), s.Err())
	}
	for range 12 {
		if _, err := u.Get(t.Context(), "/items?password=hush"); err != nil {
			t.Fatal(err)
		}
	}
	e := s.Evidence(t.Context())
	if len(e.Requests) != 8 || e.Dropped != 4 || e.Requests[7].Status != 200 || e.Requests[7].URL != "/items?password=REDACTED" ||
		e.Source != `{"token":"REDACTED","name":"Ada"}` || e.Doing != "idle after GET /items?password=REDACTED" || len(e.Problems) > 0 {
		t.Errorf("%+v %s", e, e.Source)
	}
	var running sync.WaitGroup
	running.Go(func() { _, _ = u.Get(t.Context(), "/held") })
	<-arrived
	e = s.Evidence(t.Context())
	if doing := s.Doing(); !strings.HasPrefix(doing.String(), "GET /held for ") || len(e.Problems) != 1 || len(e.Requests) != 9 || e.Source != "" {
		t.Errorf("%v, %+v", doing, e)
	}
	close(hold)
	running.Wait()
	_ = s.Close(t.Context())
	_ = s.Close(t.Context())
	select {
	case <-s.Done():
	default:
		t.Error("not done")
	}
}

func TestVariablesAndGroups(t *testing.T) {
	u, seen := open(t, app(t, echo), virtual.Options{})
	if u.Var("none") != nil || u.VarText("none") != "" {
		t.Error("a variable that nobody set")
	}
	u.SetVar("id", 7)
	intended := time.Now().Add(-time.Second)
	u.Intend(intended)
	boom := errors.New("boom")
	err := u.Group("shop", func() error {
		return u.Group("cart", func() error {
			_, err := u.Get(t.Context(), "/items/"+u.VarText("id"))
			return errors.Join(err, boom)
		})
	})
	if s := seen.last(); !errors.Is(err, boom) || s.Group != "shop/cart" || s.Name != "GET /items/7" || !s.Intended.Equal(intended) {
		t.Errorf("%v, %+v", err, s)
	}
	if _, err := u.Get(t.Context(), "/"); err != nil || seen.last().Group != "" || !seen.last().Intended.IsZero() {
		t.Errorf("%v, %+v", err, seen.last())
	}
}

func TestHeadAndEmptyAnswers(t *testing.T) {
	url := app(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("X-A", "1")
		w.Header().Add("X-A", "2")
		switch r.URL.Path {
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/304":
			w.WriteHeader(http.StatusNotModified)
		case "/hints":
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, "hello")
		default:
			fmt.Fprint(w, "hello")
		}
	})
	transports(t, func(t *testing.T, o virtual.Options) {
		u, _ := open(t, url, o)
		for range 2 {
			for path, want := range map[string]string{"/": "hello", "/204": "", "/304": "", "/hints": "hello"} {
				r, err := u.Get(t.Context(), path)
				if err != nil || r.Text() != want || !slices.Equal(r.HeaderValues("x-a"), []string{"1", "2"}) {
					t.Errorf("%s: %v, %v", path, r, err)
				}
			}
			if r, err := u.Do(t.Context(), virtual.Request{Method: "HEAD", Path: "/"}); err != nil || len(r.Body) > 0 || r.Header("Content-Length") != "5" {
				t.Errorf("HEAD: %v, %v", r, err)
			}
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	const ok = "http://a"
	for _, o := range []virtual.Options{
		{}, {BaseURL: "a"}, {BaseURL: "ftp://a"}, {BaseURL: "http://u:p@a"}, {BaseURL: ok, Timeouts: virtual.Timeouts{Connect: -1}},
		{BaseURL: ok, MaxBody: -1}, {BaseURL: ok, HTTP2: true, Connections: virtual.NewConnections(0)}, {BaseURL: ok, Header: http.Header{"Host": {"b"}}},
		{BaseURL: ok, Header: http.Header{"A": {"b\n"}}},
	} {
		if _, err := virtual.NewTarget(o); !errors.Is(err, sessions.ErrInvalidOption) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	target, err := virtual.NewTarget(virtual.Options{BaseURL: ok})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := target.User(sessions.Identity{}, nil); !errors.Is(err, sessions.ErrInvalidOption) {
		t.Error(err)
	}
}
