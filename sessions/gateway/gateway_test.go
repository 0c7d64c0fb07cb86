package gateway_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

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
