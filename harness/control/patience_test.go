package control

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestABodyThatDoesNotComeHoldsNothing sends the head of a cancel, and of a call that is refused, and then nothing.
func TestABodyThatDoesNotComeHoldsNothing(t *testing.T) {
	was := bodyPatience
	bodyPatience = 200 * time.Millisecond
	defer func() { bodyPatience = was }()
	s, err := New(t.Context(), Options{Token: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	for name, token := range map[string]string{"with the token": "sesame", "without": "simsim"} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /api/runs/x/cancel HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{", server.Listener.Addr(), token)
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if text, err := io.ReadAll(conn); err != nil {
			t.Errorf("%s: the connection is held: %v, %q", name, err, text)
		}
	}
}

// TestWhoDoesNotReadIsCutOff has an answer that fits no buffer, and nobody who reads it.
func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	was := writePatience
	writePatience = 100 * time.Millisecond
	defer func() { writePatience = was }()
	wrote := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = patiently(w, r)
		_, err := w.Write(make([]byte, 64<<20))
		wrote <- err
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case err := <-wrote:
		if err == nil {
			t.Error("all of it was taken")
		}
	case <-time.After(20 * time.Second):
		t.Error("it waits for somebody who does not read")
	}
}
