package sessions_test

import (
	"context"
	"testing"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/sessiontest"
)

func TestSessions(t *testing.T) {
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) { sessiontest.RunBrowser(t, driver) })
	}
	t.Run("without a gateway", func(t *testing.T) { sessiontest.RunDirect(t, sessions.Drivers()[0]) })
	t.Run("http through a gateway", func(t *testing.T) {
		sessiontest.Run(t, sessions.KindHTTP, func(t *testing.T, id sessions.Identity, base string) sessions.Session {
			s, err := sessions.OpenHTTP(id, sessions.HTTPOptions{BaseURL: base, Gateway: &gateway.Options{}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			return s
		})
	})
	t.Run("http", func(t *testing.T) {
		sessiontest.Run(t, sessions.KindHTTP, func(t *testing.T, id sessions.Identity, base string) sessions.Session {
			s, err := sessions.OpenHTTP(id, sessions.HTTPOptions{BaseURL: base})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			return s
		})
	})
}
