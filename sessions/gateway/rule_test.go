package gateway_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

func TestFaults(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	for _, make := range []func() (*gateway.Rule, error){
		func() (*gateway.Rule, error) { return g.Status(gateway.Match{Path: "/status"}, 503) },
		func() (*gateway.Rule, error) { return g.Reset(gateway.Match{Path: "/reset"}) },
		func() (*gateway.Rule, error) { return g.Delay(gateway.Match{Path: "/delay"}, 50*time.Millisecond) },
		func() (*gateway.Rule, error) { return g.Status(gateway.Match{Path: "/never"}, 500) },
	} {
		if _, err := make(); err != nil {
			t.Fatal(err)
		}
	}
	response, err := client.Get(url + "/status")
	if err != nil || response.StatusCode != 503 {
		t.Fatalf("%v, %v", response, err)
	}
	response.Body.Close()
	if _, err := client.Get(url + "/reset"); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("reset: %v", err)
	}
	start := time.Now()
	if response, err = client.Get(url + "/delay"); err != nil || time.Since(start) < 50*time.Millisecond {
		t.Errorf("delay: %v after %v", err, time.Since(start))
	}
	response.Body.Close()
	for range 2 { // a rule takes one unless it is told otherwise
		if response, err = client.Get(url + "/status"); err != nil || response.StatusCode != 200 {
			t.Fatalf("%v, %v", response, err)
		}
		response.Body.Close()
	}
	if idle := g.Unmatched(); len(idle) != 1 || idle[0].String() != "/never" {
		t.Errorf("unmatched: %v", idle)
	}
}

func TestNthAndCount(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	rule, err := g.Status(gateway.Match{Method: "GET", Nth: 2, Count: 2}, 500)
	if err != nil {
		t.Fatal(err)
	}
	var statuses []int
	for range 5 {
		response, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		statuses = append(statuses, response.StatusCode)
	}
	if want := []int{200, 500, 500, 200, 200}; !slices.Equal(statuses, want) {
		t.Errorf("statuses %v, want %v", statuses, want)
	}
	if rule.Seen() != 5 {
		t.Errorf("seen %d", rule.Seen())
	}
}

func TestInvalidRules(t *testing.T) {
	g, _ := listen(t, "owner")
	if _, err := g.Status(gateway.Match{}, 100); !errors.Is(err, gateway.ErrInvalidRule) {
		t.Errorf("status 100: %v", err)
	}
	if _, err := g.Delay(gateway.Match{}, 0); !errors.Is(err, gateway.ErrInvalidRule) {
		t.Errorf("no delay: %v", err)
	}
	if _, err := g.Hold(gateway.Match{Stage: 7}); !errors.Is(err, gateway.ErrInvalidRule) {
		t.Errorf("stage 7: %v", err)
	}
	for _, m := range []gateway.Match{{Nth: -1}, {Method: "GET /"}, {Path: "books"}, {Path: "/{"}, {Path: "/{id}/{id}"}} {
		if _, err := g.Hold(m); !errors.Is(err, gateway.ErrInvalidRule) || !strings.Contains(err.Error(), "owner") {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

// TestAFaultIsNotUndoneByTheBrowser does what browsers do when a connection that they had used before breaks.
func TestAFaultIsNotUndoneByTheBrowser(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, _ := listen(t, "owner")
	if _, err := g.Reset(gateway.Match{Path: "/x"}); err != nil {
		t.Fatal(err)
	}
	ask := func(conn net.Conn, reader *bufio.Reader, path string) error {
		fmt.Fprintf(conn, "GET %s%s HTTP/1.1\r\n%sHost: x\r\n\r\n", address, path, authorization(g))
		response, err := http.ReadResponse(reader, nil)
		if err == nil {
			response.Body.Close()
		}
		return err
	}
	conn, reader := dial(t, g)
	if err := ask(conn, reader, "/first"); err != nil {
		t.Fatal(err)
	}
	if err := ask(conn, reader, "/x"); err == nil {
		t.Error("the rule did not break it")
	}
	conn, reader = dial(t, g)
	if err := ask(conn, reader, "/x"); err == nil {
		t.Error("sent again it was answered")
	}
	conn, reader = dial(t, g)
	if err := ask(conn, reader, "/x"); err != nil { // somebody asks anew
		t.Error(err)
	}
}
