package virtual_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/virtual"
)

type serving = func(number int, conn net.Conn, next func() (string, bool))

// fault is what a server does wrong, and how a user tells.
type fault struct {
	name    string
	options virtual.Options
	serve   serving
	class   virtual.Class
	message string
}

var short = virtual.Timeouts{Request: 60 * time.Millisecond}

// once answers the first request of each connection with these bytes, and closes it.
func once(answer string) serving {
	return func(_ int, conn net.Conn, next func() (string, bool)) {
		if _, ok := next(); ok {
			_, _ = io.WriteString(conn, answer)
		}
	}
}

// silent reads and says nothing more than this.
func silent(answer string) serving {
	return func(_ int, conn net.Conn, next func() (string, bool)) {
		next()
		_, _ = io.WriteString(conn, answer)
		next() // until the other side closes
	}
}

var faults = []fault{
	{name: "resets", class: virtual.Reset, message: "the connection failed: connection reset by peer", serve: func(_ int, conn net.Conn, next func() (string, bool)) {
		next()
		reset(conn)
	}},
	{name: "closes without an answer", class: virtual.Reset, message: "the connection was closed before any byte of the answer", serve: once("")},
	{name: "stalls", class: virtual.Timeout, options: virtual.Options{Timeouts: short},
		message: "no byte of the answer within 60ms", serve: silent("")},
	{name: "stalls in the header", class: virtual.Timeout, options: virtual.Options{Timeouts: short},
		message: "the answer was not complete within 60ms", serve: silent("HTTP/1.1 200 OK\r\nA: b\r\n")},
	{name: "stalls in the body", class: virtual.Timeout, options: virtual.Options{Timeouts: short},
		message: "the answer was not complete within 60ms", serve: silent("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")},
	{name: "truncates the body", class: virtual.Truncated, message: "the connection ended within the answer, whose body should have 10 bytes",
		serve: once("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")},
	{name: "truncates the header", class: virtual.Truncated, message: "the connection ended within the answer", serve: once("HTTP/1.1 200 OK\r\nConte")},
	{name: "truncates a chunk", class: virtual.Truncated, message: "the connection ended within the answer",
		serve: once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")},
	{name: "says garbage", class: virtual.Malformed, message: "the answer is not HTTP: ", serve: once("\x16\x03\x01 garbage and more\r\n\r\n")},
	{name: "says a bad status", class: virtual.Malformed, message: "the answer is not HTTP: ", serve: once("HTTP/1.1 2x0 OK\r\n\r\n")},
	{name: "says a bad chunk", class: virtual.Malformed, message: "the answer is not HTTP: ",
		serve: once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n")},
	{name: "sends a huge header", class: virtual.TooLarge, message: "the answer's header is larger than 65536 bytes",
		serve: once("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 80<<10) + "\r\nContent-Length: 0\r\n\r\n")},
	{name: "sends a header without end", class: virtual.TooLarge, message: "the answer's header is larger than 65536 bytes",
		serve: func(_ int, conn net.Conn, next func() (string, bool)) {
			next()
			for _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n"); err == nil; {
				_, err = io.WriteString(conn, "A: b\r\n")
			}
		}},
	{name: "sends a large body", class: virtual.TooLarge, options: virtual.Options{MaxBody: 10}, message: "the answer's body is larger than 10 bytes",
		serve: once("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world")},
	{name: "redirects in a circle", class: virtual.Circle, message: "redirects in a circle, back to / with the same cookies",
		serve: func(_ int, conn net.Conn, next func() (string, bool)) {
			for head, ok := next(); ok; head, ok = next() {
				to := "/a"
				if strings.HasPrefix(head, "GET /a ") {
					to = "/"
				}
				fmt.Fprintf(conn, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", to)
			}
		}},
	{name: "redirects without end", class: virtual.TooManyRedirects, message: "stopped after 20 redirects",
		serve: func(_ int, conn net.Conn, next func() (string, bool)) {
			for n := 1; ; n++ {
				if _, ok := next(); !ok {
					return
				}
				fmt.Fprintf(conn, "HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n", n)
			}
		}},
	{name: "redirects slowly", class: virtual.TotalTimeout, options: virtual.Options{Timeouts: virtual.Timeouts{Total: 100 * time.Millisecond}},
		message: "within 100ms", serve: func(_ int, conn net.Conn, next func() (string, bool)) {
			for n := 1; ; n++ {
				if _, ok := next(); !ok {
					return
				}
				time.Sleep(15 * time.Millisecond) // the server's slowness is what is tested
				fmt.Fprintf(conn, "HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n", n)
			}
		}},
	{name: "redirects away", class: virtual.Foreign, message: "the redirect leads to example.org, which is not the target",
		serve: once("HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n\r\n")},
	{name: "redirects nowhere", class: virtual.Malformed, message: "the redirect leads nowhere: ",
		serve: once("HTTP/1.1 302 Found\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n")},
	{name: "says the wrong encoding", class: virtual.Malformed, options: virtual.Options{Compression: true}, message: "the answer cannot be unpacked (gzip): ",
		serve: once("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain")},
	{name: "says 500", class: virtual.Unexpected, message: "status 500 Internal Server Error, want 2xx or 304",
		serve: once("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n")},
}

func TestFaultsAreNamed(t *testing.T) {
	for _, f := range faults {
		for _, http2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, net/http %v", f.name, http2), func(t *testing.T) {
				t.Parallel()
				o := f.options
				o.HTTP2 = http2
				u, seen := open(t, raw(t, f.serve), o)
				within(t, 10*time.Second, func() {
					_, err := u.Get(t.Context(), "/")
					if err == nil {
						t.Error("no error")
						return
					}
					got := failure(t, err)
					want := f.class
					if http2 && f.name == "truncates the header" {
						want = virtual.Malformed // net/http parses what is left of it
					}
					if got.Class != want || !http2 && !strings.Contains(got.Message, f.message) {
						t.Errorf("%v: %v; want %v: %s", got.Class, got.Message, want, f.message)
					}
					if s := seen.last(); len(*seen) != 1 || s.Class != got.Class || s.Message != got.Message || s.End.Before(s.Start) {
						t.Errorf("recorded %+v", *seen)
					}
				})
			})
		}
	}
}

func TestNoConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	notTLS := raw(t, func(_ int, conn net.Conn, _ func() (string, bool)) {
		_, _ = io.WriteString(conn, "no TLS here\r\n\r\n")
	})
	mute := raw(t, func(_ int, _ net.Conn, next func() (string, bool)) { next() })
	strange := "https" + strings.TrimPrefix(app(t, nil), "http")
	for _, c := range []struct {
		url, want string
		class     virtual.Class
	}{
		{"http://" + listener.Addr().String(), ": connection refused", virtual.Connect},
		{"https" + strings.TrimPrefix(notTLS, "http"), "first record does not look like a TLS handshake", virtual.Connect},
		{"https" + strings.TrimPrefix(mute, "http"), "within 60ms", virtual.ConnectTimeout},
		{"http://no.such.host.invalid", "no connection to no.such.host.invalid: look up no.such.host.invalid: ", virtual.Connect},
		{strange, "", virtual.Connect},
	} {
		for _, http2 := range []bool{false, true} {
			o := virtual.Options{HTTP2: http2}
			if c.class == virtual.ConnectTimeout {
				o.Timeouts.Connect = 60 * time.Millisecond
			}
			u, seen := open(t, c.url, o)
			_, err := u.Get(t.Context(), "/")
			got := failure(t, err)
			if strings.Contains(c.url, "invalid") && got.Class == virtual.ConnectTimeout {
				continue // no name server answers here
			}
			if got.Class != c.class || !strings.Contains(got.Message, c.want) || len(*seen) != 1 {
				t.Errorf("%s, net/http %v: %v: %v", c.url, http2, got.Class, got)
			}
		}
	}
}

// TestStaleConnections: the server closes a kept connection while the user pauses, or with the request on its way.
func TestStaleConnections(t *testing.T) {
	for _, c := range []struct {
		method   string
		onTheWay bool // the connection is closed only when the request has arrived
		class    virtual.Class
	}{
		{http.MethodGet, false, virtual.OK}, {http.MethodGet, true, virtual.OK}, {http.MethodPut, true, virtual.OK}, {http.MethodDelete, true, virtual.OK},
		{http.MethodPost, false, virtual.OK}, // seen in time, so nothing was sent in vain
		{http.MethodPost, true, virtual.Stale}, {http.MethodPatch, true, virtual.Stale},
	} {
		t.Run(fmt.Sprint(c.method, c.onTheWay), func(t *testing.T) {
			closed := make(chan struct{}, 10)
			url := raw(t, func(number int, conn net.Conn, next func() (string, bool)) {
				for n := 1; ; n++ {
					if number == 1 && n == 2 && !c.onTheWay {
						break
					}
					if _, ok := next(); !ok || number == 1 && n == 2 {
						break
					}
					_, _ = io.WriteString(conn, small)
				}
				conn.Close()
				closed <- struct{}{}
			})
			u, seen := open(t, url, virtual.Options{})
			if _, err := u.Get(t.Context(), "/"); err != nil {
				t.Fatal(err)
			}
			if !c.onTheWay {
				<-closed
			}
			_, err := u.Do(t.Context(), virtual.Request{Method: c.method, Path: "/"})
			if got := virtual.ClassOf(err); got != c.class || seen.last().Class != c.class {
				t.Errorf("%v (%v)", got, err)
			}
			if c.class == virtual.Stale && !strings.Contains(err.Error(), "this method is not repeated (RFC 9110, 9.2.2)") {
				t.Error(err)
			}
			if _, err := u.Get(t.Context(), "/"); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestRepeatsOnce: a server that closes every connection without an answer is not asked for ever.
func TestRepeatsOnce(t *testing.T) {
	asked := make(chan int, 10)
	url := raw(t, func(number int, conn net.Conn, next func() (string, bool)) {
		if _, ok := next(); ok && number == 1 {
			_, _ = io.WriteString(conn, small)
			_, _ = next()
		}
		asked <- number
	})
	u, seen := open(t, url, virtual.Options{})
	if _, err := u.Get(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	_, err := u.Get(t.Context(), "/")
	if virtual.ClassOf(err) != virtual.Reset || <-asked != 1 || <-asked != 2 || len(asked) > 0 || len(*seen) != 2 {
		t.Errorf("%v, %d more", err, len(asked))
	}
}

func TestUnaskedBytesCloseTheConnection(t *testing.T) {
	url := raw(t, func(number int, conn net.Conn, next func() (string, bool)) {
		for _, ok := next(); ok; _, ok = next() {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%dHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", number)
		}
	})
	u, _ := open(t, url, virtual.Options{})
	for want := 1; want <= 3; want++ {
		if r, err := u.Get(t.Context(), "/"); err != nil || r.Text() != fmt.Sprint(want) {
			t.Errorf("request %d: %v, %v", want, r, err)
		}
	}
}

// TestDeadlinesHoldOnKeptConnections: a deadline that was set for an earlier request neither ends a later one early
// nor lets it go on too long.
func TestDeadlinesHoldOnKeptConnections(t *testing.T) {
	const limit = 400 * time.Millisecond
	url := raw(t, func(_ int, conn net.Conn, next func() (string, bool)) {
		for head, ok := next(); ok; head, ok = next() {
			switch {
			case strings.Contains(head, "/never"):
				next()
				return
			case strings.Contains(head, "/slow"):
				time.Sleep(limit / 4) // the server's slowness is what is tested
			}
			_, _ = io.WriteString(conn, small)
		}
	})
	u, _ := open(t, url, virtual.Options{Timeouts: virtual.Timeouts{Request: limit}})
	for range 6 { // the deadline of the first passes in the fourth
		if _, err := u.Get(t.Context(), "/slow"); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	_, err := u.Get(t.Context(), "/never")
	if took := time.Since(start); virtual.ClassOf(err) != virtual.Timeout || took < limit || took > 5*limit {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestErrorsReadWell(t *testing.T) {
	u, _ := open(t, raw(t, silent("")), virtual.Options{Timeouts: short})
	_, err := u.Get(t.Context(), "/items?token=secret")
	want := "user 1: GET /items?token=REDACTED: gave up after "
	hint := ": no byte of the answer within 60ms\n  hint: is the server slow, or the limit in Options.Timeouts too short?"
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), hint) {
		t.Errorf("%v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, answer := range []string{small, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nuntil the end",
		"HTTP/1.1 100 Continue\r\n\r\n" + small, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b\r\n\r\n2\r\nok\r\n0\r\n\r\n"} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		u, seen := open(t, raw(t, once(string(answer))), virtual.Options{Compression: true, Timeouts: virtual.Timeouts{Request: time.Second}})
		within(t, 10*time.Second, func() {
			r, err := u.Get(t.Context(), "/")
			if err == nil && r == nil || len(*seen) != 1 {
				t.Errorf("%v, %v, %d samples", r, err, len(*seen))
			}
		})
	})
}
