package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

func TestTogether(t *testing.T) {
	const sessions = 8
	reached := make(chan time.Time, sessions)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reached <- time.Now()
	})
	var all []*gateway.Held
	answers := make(chan error, sessions)
	for i := range sessions {
		g, client := listen(t, fmt.Sprintf("user %d", i))
		rule, err := g.Hold(gateway.Match{Path: "/act"})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			response, err := client.Post(url+"/act", "text/plain", strings.NewReader("now"))
			if err == nil {
				response.Body.Close()
			}
			answers <- err
		}()
		held, err := rule.Held(limited(t))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, held)
	}
	burst, err := gateway.Together(limited(t), all...)
	if err != nil {
		t.Fatal(err)
	}
	for range sessions {
		if err := <-answers; err != nil {
			t.Error(err)
		}
		<-reached
	}
	for range 3 { // who was released is not released again, and asking does not hang
		if _, err := gateway.Together(limited(t), all[0]); err == nil || !strings.Contains(err.Error(), "released before") {
			t.Errorf("released again: %v", err)
		}
	}
	if burst.Spread() <= 0 || len(burst.Sent) != sessions {
		t.Errorf("burst %v", burst)
	}
	t.Logf("the last bytes of %d requests were sent within %v", sessions, burst.Spread())
}

// TestTogetherTooLate has no time for the burst: the request is named, and goes by itself.
func TestTogetherTooLate(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, client := listen(t, "owner")
	rule, err := g.Hold(gateway.Match{})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		response, err := client.Get(url)
		if err == nil {
			response.Body.Close()
		}
		answered <- err
	}()
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	burst, err := gateway.Together(ended, held)
	if err != nil && !strings.Contains(err.Error(), "owner GET /") {
		t.Errorf("error %v", err)
	}
	if burst.Spread() != 0 {
		t.Errorf("the spread of one request, or none, is %v", burst.Spread())
	}
	if err := <-answered; err != nil {
		t.Errorf("the request did not go: %v", err)
	}
}
