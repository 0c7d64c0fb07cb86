package virtual_test

import (
	"context"
	"testing"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/sessiontest"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// TestSessions holds virtual users to what all kinds of sessions promise.
func TestSessions(t *testing.T) {
	shared := virtual.NewConnections(0)
	t.Cleanup(func() { shared.Close() })
	for name, o := range map[string]virtual.Options{
		"over connections of its own": {}, "over shared connections": {Connections: shared}, "over net http": {HTTP2: true},
	} {
		t.Run(name, func(t *testing.T) {
			sessiontest.Run(t, sessions.KindHTTP, func(t *testing.T, id sessions.Identity, base string) sessions.Session {
				options := o // tests of all kinds run at the same time
				options.BaseURL = base
				target, err := virtual.NewTarget(options)
				if err != nil {
					t.Fatal(err)
				}
				u, err := target.User(id, nil)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = u.Close(context.Background()) })
				return u
			})
		})
	}
}
