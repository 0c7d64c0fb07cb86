package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

func TestARefusedNavigationIsToldOnce(t *testing.T) {
	errLost := errors.New("the connection was lost")
	for name, c := range map[string]struct {
		events []string // "refuse", or a method of the domain Page
		text   string
		err    error
		want   string // in the error; empty: there is none
	}{
		"not refused":                   {events: []string{"Page.frameStartedNavigating", "Page.frameNavigated"}, text: "hello"},
		"refused":                       {events: []string{"Page.frameStartedNavigating", "refuse", "Page.frameNavigated"}, text: "gateway of owner: why\n", want: "no answer from the server: gateway of owner: why"},
		"a fault":                       {events: []string{"refuse"}, text: "gateway of owner: " + gateway.ErrFault.Error()},
		"it goes elsewhere meanwhile":   {events: []string{"refuse", "Page.frameStartedNavigating"}, text: "never asked"},
		"its reason could not be asked": {events: []string{"refuse"}, err: errLost, want: "its gateway's reason could not be read: the connection was lost"},
	} {
		var n browser.Navigation
		for _, event := range c.events {
			if event == "refuse" {
				n.Refuse()
			} else {
				n.Observe(event)
			}
		}
		read := func(context.Context, string) (json.RawMessage, error) {
			text, err := json.Marshal(c.text)
			return text, errors.Join(c.err, err)
		}
		err := n.Refusal(t.Context(), read)
		if (err != nil) != (c.want != "") || err != nil && (!errors.Is(err, browser.ErrNoAnswer) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
		if again := n.Refusal(t.Context(), read); again != nil {
			t.Errorf("%s: told again: %v", name, again)
		}
	}
}

func TestAPageWithAGatewayHasNoOtherWay(t *testing.T) {
	g, err := gateway.Listen(t.Context(), gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}()
	pool, err := browser.NewPool(nil, browser.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []browser.PageOptions{{Gateway: g, Direct: true}, {Gateway: g, Proxy: "http://127.0.0.1:3128"}} {
		if _, err := pool.Acquire(t.Context(), "owner", o); !errors.Is(err, browser.ErrInvalidOption) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
