package gateway_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// message is a generated request: what is sent to the gateway, and what must arrive, letter by letter.
type message struct {
	head, body string // body in its frames
	arrives    string // the head at the server
	continues  bool   // the client waits for 100 before it sends the body
}

// generate makes a request such as browsers, tools and odd programs send.
func generate(r *rand.Rand, host, authorization string) message {
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"}
	method := methods[r.IntN(len(methods))]
	paths := []string{"/", "/a/b", "/a%2Fb/../c", "/%7Euser", "/q?x=%20&y=a+b&&=", "/ü?é", "/a;b=c,d", "/?", "/a|b\"c", "//double//"}
	path := paths[r.IntN(len(paths))]
	fields := []string{
		"hOST: " + host, "User-Agent: odd/1", "X-Empty:", "x-lower:  two spaces", "X-UPPER: \t tab", "Cookie: a=b; c=d", "Cookie: e=f",
		"Accept: */*", "accept-encoding: gzip, br", "X-Latin: \xe9\xff", "If-None-Match: \"x\"", "X-Repeated: 1", "X-Repeated: 2", "Referer: http://x/#y",
	}
	r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	kept := fields[:r.IntN(len(fields))]
	var body string
	content := make([]byte, []int{0, 1, 3, 100, 5000, 70_000, 300_000}[r.IntN(7)])
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	m := message{}
	switch r.IntN(4) {
	case 0: // none
	case 1:
		body = string(content)
		kept = append(kept, fmt.Sprintf("content-LENGTH: %d", len(content)))
	case 2:
		body = multipart(content)
		kept = append(kept, "Content-Type: multipart/form-data; boundary=frontier", fmt.Sprintf("Content-Length: %d", len(body)))
	default:
		body = chunks(r, content)
		kept = append(kept, "Transfer-Encoding: chunked", "Trailer: X-End")
	}
	if body != "" && r.IntN(5) == 0 {
		kept, m.continues = append(kept, "Expect: 100-continue"), true
	}
	hop := []string{"Proxy-Connection: keep-alive", "Connection: X-Hop", "X-Hop: gone", "TE: trailers", "Keep-Alive: timeout=5"}
	lines := func(fields []string) string { return strings.Join(fields, "\r\n") + "\r\n" }
	all := slices.Concat(hop[:2], kept, hop[2:])
	if len(kept) == 0 {
		kept = []string{"X-Only: 1"}
		all = slices.Concat(hop, kept)
	}
	m.body = body
	m.head = fmt.Sprintf("%s http://%s%s HTTP/1.1\r\n%s%s\r\n", method, host, path, authorization, lines(all))
	m.arrives = fmt.Sprintf("%s %s HTTP/1.1\r\n%s\r\n", method, path, lines(kept))
	return m
}

func multipart(content []byte) string {
	return "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ü.bin\"\r\n\r\n" + string(content) + "\r\n--frontier--\r\n"
}

func chunks(r *rand.Rand, content []byte) string {
	var b strings.Builder
	for len(content) > 0 {
		n := min(1+r.IntN(9000), len(content))
		fmt.Fprintf(&b, []string{"%x\r\n", "%X;name=value\r\n", "000%x\r\n"}[r.IntN(3)], n)
		b.Write(content[:n])
		b.WriteString("\r\n")
		content = content[n:]
	}
	b.WriteString([]string{"0\r\n\r\n", "0\r\nX-End: 1\r\n\r\n", "000;last\r\nx-end:1\r\nX-Other: 2\r\n\r\n"}[r.IntN(3)])
	return b.String()
}

// TestNoByteIsAltered sends 1,000 generated requests, one after the other on connections that stay open, some held on
// their way, and compares what arrives letter by letter.
func TestNoByteIsAltered(t *testing.T) {
	const seed = 20260401
	random := rand.New(rand.NewPCG(seed, 0))
	wanted := make(chan message)
	arrived := make(chan string, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			for m := range wanted {
				arrived <- receive(conn, m)
			}
			conn.Close()
		}
	}()
	g, _ := listen(t, "owner")
	conn, reader := dial(t, g)
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	altered := 0
	for i := range 1000 {
		m := generate(random, listener.Addr().String(), authorization(g))
		var rule *gateway.Rule
		if i%10 == 3 {
			if rule, err = g.Hold(gateway.Match{}); err != nil {
				t.Fatal(err)
			}
		}
		sending := make(chan error, 1)
		go func() { sending <- transmit(conn, reader, m) }()
		if rule != nil {
			held, err := rule.Held(limited(t))
			if err != nil {
				t.Fatal(err)
			}
			held.Release()
		}
		wanted <- m
		if got, want := <-arrived, m.arrives+m.body; got != want {
			altered++
			t.Errorf("request %d (seed %d) arrived as\n%.300q\nwant\n%.300q", i, seed, got, want)
		}
		if err := <-sending; err != nil {
			t.Fatalf("request %d (seed %d): %v\n%.300q", i, seed, err, m.head)
		}
	}
	close(wanted)
	t.Logf("%d of 1000 requests were altered", altered)
}

// transmit sends a request as its author would, and reads the response.
func transmit(conn net.Conn, reader *bufio.Reader, m message) error {
	if _, err := io.WriteString(conn, m.head); err != nil {
		return err
	}
	if m.continues {
		if _, err := http.ReadResponse(reader, nil); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(conn, m.body); err != nil {
		return err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// receive reads as many bytes as are wanted, and answers.
func receive(conn net.Conn, m message) string {
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	got := make([]byte, len(m.arrives))
	n, err := io.ReadFull(conn, got)
	if err != nil {
		return string(got[:n]) + err.Error()
	}
	if m.continues {
		_, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	body := make([]byte, len(m.body))
	if n, err = io.ReadFull(conn, body); err != nil {
		return string(got) + string(body[:n]) + err.Error()
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	return string(got) + string(body)
}

// TestBigBodiesTakeNoMemory sends and receives a body that is many times larger than what the gateway may take. The slow
// lane does it with 1 GB.
func TestBigBodiesTakeNoMemory(t *testing.T) {
	size := int64(64 << 20)
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		size = 1 << 30
	}
	protocols(t, func(t *testing.T, http2 bool) {
		server := serveTLS(t, http2, func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			w.Header().Set("X-Got", fmt.Sprint(n, err))
			_, _ = io.Copy(w, io.LimitReader(zeros{}, size))
		})
		_, client := listenTLS(t, "owner", server)
		client.Timeout = 5 * time.Minute
		runtime.GC()
		var before, peak runtime.MemStats
		runtime.ReadMemStats(&before)
		request, _ := http.NewRequest("POST", server.URL, io.LimitReader(zeros{}, size))
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if got, want := response.Header.Get("X-Got"), fmt.Sprint(size, " <nil>"); got != want {
			t.Errorf("the server got %s, want %s", got, want)
		}
		half, err := io.CopyN(io.Discard, response.Body, size/2)
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&peak)
		rest, err := io.Copy(io.Discard, response.Body)
		if err != nil || half+rest != size {
			t.Errorf("the client got %d, %v; want %d", half+rest, err, size)
		}
		const most = 32 << 20 // of the heap, the garbage of client, server and gateway together included
		if grown := int64(peak.HeapInuse) - int64(before.HeapInuse); grown > most {
			t.Errorf("%d MB each way took %d MB of memory", size>>20, grown>>20)
		} else {
			t.Logf("%d MB each way took %d MB of memory", size>>20, grown>>20)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzGateway sends anything to a gateway: it answers or closes, and never passes on what is not well-formed.
func FuzzGateway(f *testing.F) {
	for _, seed := range []string{
		"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST http://127.0.0.1:1/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n\x16\x03\x01\x00\x05hello",
		"CONNECT x HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"GET * HTTP/1.1\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		g, err := gateway.Listen(t.Context(), gateway.Options{Session: "owner", Open: true, DialTimeout: time.Second})
		if err != nil {
			t.Skip(err)
		}
		defer g.Close()
		if bytes.Contains(sent, []byte("://")) && !bytes.Contains(sent, []byte("127.0.0.1:1")) || bytes.HasPrefix(sent, []byte("CONNECT")) && !bytes.Contains(sent, []byte("127.0.0.1:1 ")) {
			t.Skip("it would go to somebody else")
		}
		conn, err := net.Dial("tcp", g.URL().Host)
		if err != nil {
			t.Skip(err)
		}
		defer conn.Close()
		_, _ = conn.Write(sent)
		_ = conn.(*net.TCPConn).CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadAll(conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%q: neither answered nor closed", sent)
		}
	})
}
