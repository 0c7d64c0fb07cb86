package virtual_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
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
