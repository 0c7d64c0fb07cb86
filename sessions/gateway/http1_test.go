package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// TestABodyThatIsMalformed breaks off in the middle: the server would wait for the rest, and the session for the server.
func TestABodyThatIsMalformed(t *testing.T) {
	ended := make(chan error, 1)
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
	})
	g, _ := listen(t, "owner")
	conn, reader := dial(t, g)
	fmt.Fprintf(conn, "POST %s/x HTTP/1.1\r\n%sHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", address, authorization(g))
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusBadRequest {
		t.Fatal(response, err)
	}
	if text, _ := io.ReadAll(response.Body); !strings.Contains(string(text), `gateway of owner: POST /x: sending POST /x: malformed HTTP message: "zz" is no size of a chunk`) {
		t.Errorf("%q", text)
	}
	if err := <-ended; err == nil {
		t.Error("the server took it for the whole body")
	}
}

// TestNobodyAskedForAnUpgrade is about a server that would have all that follows, the gateway's credentials among it.
func TestNobodyAskedForAnUpgrade(t *testing.T) {
	address := raw(t, func(conn *net.TCPConn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		if rest, _ := io.ReadAll(conn); len(rest) > 0 {
			t.Errorf("the server got %q", rest)
		}
	})
	g, _ := listen(t, "owner")
	conn, reader := dial(t, g)
	request := "GET " + address + "/x HTTP/1.1\r\n" + authorization(g) + "Host: x\r\n\r\n"
	_, _ = io.WriteString(conn, request+request)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusBadGateway {
		t.Fatal(response, err)
	}
	if text, _ := io.ReadAll(response.Body); !strings.Contains(string(text), "an upgrade that nobody asked for") {
		t.Errorf("%q", text)
	}
}

// TestTheEndOfAConnectionIsTold: who is not told sends the next request into it.
func TestTheEndOfAConnectionIsTold(t *testing.T) {
	for end, answer := range map[string]string{
		"the server":  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
		"its version": "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"its length":  "HTTP/1.1 200 OK\r\n\r\nok",
	} {
		address := raw(t, func(conn *net.TCPConn) { _, _ = io.WriteString(conn, answer) })
		g, _ := listen(t, "owner")
		conn, reader := dial(t, g)
		fmt.Fprintf(conn, "GET %s/ HTTP/1.1\r\n%sHost: x\r\n\r\n", address, authorization(g))
		all, err := io.ReadAll(reader)
		head, body, _ := strings.Cut(string(all), "\r\n\r\n")
		if err != nil || !strings.HasSuffix(head, "\r\nConnection: close") || body != "ok" {
			t.Errorf("%s: %q, %v", end, all, err)
		}
	}
}

func TestHTTP10StaysWhatItIs(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Proto)
		w.(http.Flusher).Flush() // in chunks, if the server may
	})
	g, _ := listen(t, "owner")
	conn, reader := dial(t, g)
	fmt.Fprintf(conn, "GET %s/ HTTP/1.0\r\n%sHost: x\r\n\r\n", address, authorization(g))
	all, err := io.ReadAll(reader)
	if err != nil || !strings.HasPrefix(string(all), "HTTP/1.0 200 OK\r\n") || !strings.HasSuffix(string(all), "\r\n\r\nHTTP/1.0") {
		t.Errorf("%q, %v", all, err)
	}
	conn, reader = dial(t, g)
	fmt.Fprintf(conn, "POST %s/ HTTP/1.0\r\n%sHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", address, authorization(g))
	if all, err := io.ReadAll(reader); err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 400 ") {
		t.Errorf("%q, %v", all, err)
	}
}

// TestAnEarlyAnswerIsNotLost sends a large body to whoever answers before it has come: the server, or the gateway.
func TestAnEarlyAnswerIsNotLost(t *testing.T) {
	address := raw(t, func(conn *net.TCPConn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
		_, _ = io.Copy(io.Discard, conn)
	})
	g, _ := listen(t, "owner")
	if _, err := g.Hold(gateway.Match{Path: "/held"}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/held"} {
		conn, reader := dial(t, g)
		const size = 24 << 20
		fmt.Fprintf(conn, "POST %s%s HTTP/1.1\r\n%sHost: x\r\nContent-Length: %d\r\n\r\n", address, path, authorization(g), size)
		if _, err := io.CopyN(conn, zeros{}, size); err != nil {
			t.Errorf("%s: sending: %v", path, err)
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %v, %v", path, response, err)
		}
		conn.Close()
	}
}
