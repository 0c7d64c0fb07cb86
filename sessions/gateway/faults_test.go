package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// TestServersThatFail has one clear error for each, in the record and, where nothing of a response has gone out yet, in
// the answer.
func TestServersThatFail(t *testing.T) {
	write := func(conn net.Conn, text string) { _, _ = io.WriteString(conn, text) }
	for _, c := range []struct {
		name   string
		answer func(conn *net.TCPConn)
		client string // what the client is told, or its error
		record string
	}{
		{"resets before it answers", func(conn *net.TCPConn) { _ = conn.SetLinger(0) }, "EOF", "response to GET /x: "},
		{"closes before it answers", func(*net.TCPConn) {}, "EOF", "response to GET /x: unexpected EOF"},
		{"resets in the middle", func(conn *net.TCPConn) {
			write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			_ = conn.SetLinger(0)
		}, "unexpected EOF", "response to GET /x: "},
		{"closes in the middle of a chunk", func(conn *net.TCPConn) {
			write(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf")
		}, "unexpected EOF", "response to GET /x: unexpected EOF"},
		{"is cut off in its head", func(conn *net.TCPConn) { write(conn, "HTTP/1.1 200 OK\r\nContent-") }, "EOF", "response to GET /x: unexpected EOF"},
		{"speaks something else", func(conn *net.TCPConn) { write(conn, "220 smtp ready\r\n\r\n") },
			`502 lockstep gateway of owner: GET /x: response to GET /x: malformed`, `malformed HTTP message: "220 smtp ready" is no status line`},
		{"says its length twice", func(conn *net.TCPConn) {
			write(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
		}, `502 lockstep gateway of owner: GET /x: response to GET /x: malformed HTTP message: Content-Length ["1" "2"]`, "malformed HTTP message"},
		{"has a head without end", func(conn *net.TCPConn) {
			write(conn, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("long", 100_000)+"\r\n\r\n")
		}, "502 lockstep gateway of owner: GET /x: response to GET /x: malformed HTTP message: its head is larger", "larger than"},
		{"answers twice", func(conn *net.TCPConn) {
			write(conn, strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 2))
		}, "200 ok", "bytes more than its answer"},
		{"ends its chunks wrongly", func(conn *net.TCPConn) {
			write(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
		}, "unexpected EOF", `malformed HTTP message: "zz" is no size of a chunk`},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := raw(t, c.answer)
			g, client := listen(t, "owner")
			if got := get(client, address+"/x"); !strings.Contains(got, c.client) {
				t.Errorf("the client got %q, want %q", got, c.client)
			}
			if e := settled(t, g)[0]; !strings.Contains(e.Err, c.record) || !strings.Contains(e.Err, "response to GET /x") {
				t.Errorf("recorded %q, want %q", e.Err, c.record)
			}
		})
	}
}

func TestAServerThatNeverAnswers(t *testing.T) {
	asked, end := make(chan struct{}), make(chan struct{})
	address := raw(t, func(*net.TCPConn) { close(asked); <-end })
	defer close(end)
	g, client := listen(t, "owner")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		request, _ := http.NewRequestWithContext(ctx, "GET", address+"/slow", nil)
		_, err := client.Do(request)
		ended <- err
	}()
	<-asked
	if pending := g.Pending(); len(pending) != 1 || !strings.HasPrefix(pending[0], "GET /slow waits for its server for ") {
		t.Errorf("pending: %q", pending)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("answered")
	}
	if err := g.Close(); err != nil { // does not wait for the server
		t.Error(err)
	}
}

func TestStarvationIsNamed(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{Path: "/held/{n}", Count: gateway.Every})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 6)
	for i := range 6 {
		if starved := g.Starved(); starved != nil {
			t.Errorf("with %d requests: %v", i, starved)
		}
		go func() { answered <- get(client, fmt.Sprintf("%s/held/%d", address, i)) }()
		for len(g.Pending()) <= i {
			if _, err := rule.Held(limited(t)); err != nil {
				t.Fatal(err)
			}
		}
	}
	starved := g.Starved()
	if len(starved) != 1 || !strings.HasPrefix(starved[0], "all 6 connections of owner to 127.0.0.1:") || !strings.Contains(starved[0], "GET /held/0 (") {
		t.Errorf("starved: %q", starved)
	}
	other, err := g.Hold(gateway.Match{Path: "/other"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := other.Held(ctx); err == nil || !strings.Contains(err.Error(), "all 6 connections of owner to") {
		t.Errorf("the error does not tell of starvation: %v", err)
	}
	rule.Release()
	for range 6 {
		if got := <-answered; got != "200 " {
			t.Error(got)
		}
	}
}

func TestWhereItListens(t *testing.T) {
	g, _ := listen(t, "owner")
	taken := g.URL().Host
	for address, want := range map[string]string{
		taken:          "address already in use",
		"0.0.0.0:0":    "loopback only",
		"192.0.2.1:80": "loopback only",
		":8081":        "loopback only",
		"127.0.0.1":    "missing port",
	} {
		other, err := gateway.Listen(t.Context(), gateway.Options{Session: "colleague", Address: address})
		if err == nil {
			other.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "gateway of colleague") {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
	for _, o := range []gateway.Options{{DialTimeout: -1}, {Record: -1}, {Bodies: -1}} {
		if _, err := gateway.Listen(t.Context(), o); err == nil || !strings.Contains(err.Error(), "negative") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestUpgradesFlow(t *testing.T) {
	address := raw(t, func(conn *net.TCPConn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(conn, conn)
	})
	host := strings.TrimPrefix(address, "http://")
	for _, begin := range []string{
		"GET " + address + "/ws HTTP/1.1\r\n",                     // as WebSockets do not, but other upgrades may
		"CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n", // as browsers do for WebSockets
	} {
		g, _ := listen(t, "owner")
		conn, reader := dial(t, g)
		_, _ = io.WriteString(conn, begin+authorization(g))
		rest := "Host: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
		if strings.HasPrefix(begin, "CONNECT") {
			_, _ = io.WriteString(conn, "\r\n")
			if response, err := http.ReadResponse(reader, &http.Request{Method: "CONNECT"}); err != nil || response.StatusCode != 200 {
				t.Fatal(response, err)
			}
			rest = "GET /ws HTTP/1.1\r\n" + rest
		}
		_, _ = io.WriteString(conn, rest)
		if response, err := http.ReadResponse(reader, nil); err != nil || response.StatusCode != 101 || response.Header.Get("Upgrade") != "echo" {
			t.Fatal(response, err)
		}
		for _, word := range []string{"hello", "again"} {
			_, _ = io.WriteString(conn, word)
			back := make([]byte, len(word))
			if _, err := io.ReadFull(reader, back); err != nil || string(back) != word {
				t.Errorf("%q, %v", back, err)
			}
		}
		conn.Close()
		if e := settled(t, g)[0]; e.Status != 101 || e.URL != address+"/ws" {
			t.Errorf("recorded %+v", e)
		}
	}
}

func TestUnknownProtocolsPassUnread(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			_, _ = io.Copy(conn, conn)
			conn.Close()
		}
	}()
	g, _ := listen(t, "owner")
	conn, reader := dial(t, g)
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\n%s\r\n", listener.Addr(), authorization(g))
	if response, err := http.ReadResponse(reader, &http.Request{Method: "CONNECT"}); err != nil || response.StatusCode != 200 {
		t.Fatal(response, err)
	}
	_, _ = io.WriteString(conn, "\x00binary")
	back := make([]byte, 7)
	if _, err := io.ReadFull(reader, back); err != nil || string(back) != "\x00binary" {
		t.Errorf("%q, %v", back, err)
	}
	conn.Close()
	if e := settled(t, g)[0]; e.Protocol != "tunnel" || e.Method != "CONNECT" {
		t.Errorf("recorded %+v", e)
	}
}
