package virtual_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestOptionsAreChecked(t *testing.T) {
	const ok = "http://a"
	for _, o := range []virtual.Options{
		{}, {BaseURL: "a"}, {BaseURL: "ftp://a"}, {BaseURL: "http://u:p@a"}, {BaseURL: ok, Timeouts: virtual.Timeouts{Connect: -1}},
		{BaseURL: ok, MaxBody: -1}, {BaseURL: ok, HTTP2: true, Connections: virtual.NewConnections(0)}, {BaseURL: ok, Header: http.Header{"Host": {"b"}}},
		{BaseURL: ok, Header: http.Header{"A": {"b\n"}}},
	} {
		if _, err := virtual.NewTarget(o); !errors.Is(err, sessions.ErrInvalidOption) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	target, err := virtual.NewTarget(virtual.Options{BaseURL: ok})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := target.User(sessions.Identity{}, nil); !errors.Is(err, sessions.ErrInvalidOption) {
		t.Error(err)
	}
}
