package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

func TestHoldsUntilReleased(t *testing.T) {
	reached := make(chan string, 10)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { reached <- r.URL.Path })
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{Method: "POST", Path: "/books/{id}/rename"})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		response, err := client.Post(url+"/books/7/rename", "text/plain", strings.NewReader("x"))
		if err == nil {
			response.Body.Close()
		}
		answered <- err
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := held.String(); got != "owner POST /books/7/rename" {
		t.Errorf("held %q", got)
	}
	if _, err := client.Get(url + "/books/7"); err != nil { // others pass
		t.Fatal(err)
	}
	if got := <-reached; got != "/books/7" {
		t.Fatalf("%s reached the server first", got)
	}
	held.Release()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if got := <-reached; got != "/books/7/rename" {
		t.Errorf("%s reached the server", got)
	}
}

func TestHeldSaysWhatItSawInstead(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{Method: "POST", Path: "/books/{id}/rename"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Get(url + "/books/7/edit"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = rule.Held(ctx)
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"owner", "POST /books/{id}/rename", "GET /books/7/edit"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
}

func TestTheSessionGoesAwayWhileHeld(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the request reached the server") })
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		request, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		_, err := client.Do(request)
		ended <- err
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("a request whose context ended was answered")
	}
	deadline, tick := limited(t), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for g.Record()[0].Err == "" { // the gateway notices by the connection's end
		select {
		case <-tick.C:
		case <-deadline.Done():
			t.Fatal("it was not noticed")
		}
	}
	if _, err := gateway.Together(limited(t), held); err == nil || !strings.Contains(err.Error(), "owner GET /") {
		t.Errorf("error %v, want one that names the request", err)
	}
}

func TestHoldsResponses(t *testing.T) {
	reached := make(chan struct{}, 1)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reached <- struct{}{}
		_, _ = io.WriteString(w, "answer")
	})
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{Stage: gateway.ResponseIn, Path: "/x"})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		response, err := client.Post(url+"/x", "text/plain", strings.NewReader("body"))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	<-reached // the server has done its work
	select {
	case got := <-answered:
		t.Fatalf("the session got %q before the response was released", got)
	default:
	}
	if _, err := gateway.Together(limited(t), held); err == nil {
		t.Error("a response was released together with requests")
	}
	held.Release()
	if got := <-answered; got != "answer" {
		t.Errorf("the session got %q", got)
	}
}

func TestHoldsWhoExpects100(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	g, _ := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{})
	if err != nil {
		t.Fatal(err)
	}
	conn, reader := dial(t, g)
	fmt.Fprintf(conn, "POST %s/ HTTP/1.1\r\n%sHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", address, authorization(g))
	if line, err := reader.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	_, _ = reader.ReadString('\n')
	_, _ = io.WriteString(conn, "body")
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	held.Release()
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != 200 {
		t.Fatal(response, err)
	}
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "body" {
		t.Errorf("%q, %v", body, err)
	}
}

// TestAConnectionThatIsClosedWhileHeld is the server's right: it has heard nothing on it for a while.
func TestAConnectionThatIsClosedWhileHeld(t *testing.T) {
	first, closing, closed := true, make(chan struct{}), make(chan struct{})
	address := raw(t, func(conn *net.TCPConn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		if first {
			first = false
			<-closing
			conn.Close()
			close(closed)
		}
	})
	g, client := listen(t, "owner")
	if got := get(client, address+"/1"); got != "200 ok" {
		t.Fatal(got)
	}
	rule, err := g.Hold(gateway.Match{Method: "POST"})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		response, err := client.Post(address+"/2", "text/plain", strings.NewReader("x"))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		answered <- response.Status
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	close(closing)
	<-closed
	held.Release()
	if got := <-answered; got != "200 OK" {
		t.Error(got)
	}
}
