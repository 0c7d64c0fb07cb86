package tripwire_test

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/fixtures/traps"
	"github.com/seed49090845/lockstep/sessions"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loads is how often each trap is loaded with each driver.
func loads() int {
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		return 12
	}
	return 1
}

// pending are the traps that the gateway is known not to be up to yet, and why.
var pending = map[string]string{
	"websocket": "browsers speak to a WebSocket through a tunnel (CONNECT), which the gateway passes on unread",
	"aborted":   "the gateway does not tell a server that has not answered yet that the session has gone, and Close waits for its answer",
}

func TestNothingSlipsPast(t *testing.T) {
	start := time.Now()
	var loaded, requests atomic.Int64
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			b := newBench(t, driver, traps.Options{})
			t.Run("traps", func(t *testing.T) {
				for _, trap := range traps.All() {
					if trap.TLS {
						continue
					}
					t.Run(trap.Name, func(t *testing.T) {
						if reason, known := pending[trap.Name]; known {
							t.Skip(reason)
						}
						t.Parallel()
						for range loads() {
							l := b.load(t, trap, true)
							check(t, trap, l)
							loaded.Add(1)
							requests.Add(int64(len(l.counted)))
						}
					})
				}
			})
			if strays := b.server.Strays(); len(strays) > 0 {
				t.Errorf("requests that belong to no load: %v", strays)
			}
		})
	}
	t.Logf("%d loads with %d requests in %v", loaded.Load(), requests.Load(), time.Since(start).Round(time.Millisecond))
}

func check(t *testing.T, trap traps.Trap, l ledger) {
	t.Helper()
	if unseen := l.unseen(); len(unseen) > 0 {
		t.Errorf("%d of %d requests slipped past the gateway:\n  %s", len(unseen), len(l.counted), strings.Join(unseen, "\n  "))
	}
	if phantoms := l.phantoms(); len(phantoms) > 0 {
		t.Errorf("the gateway recorded %d requests that the server did not count so:\n  %s", len(phantoms), strings.Join(phantoms, "\n  "))
	}
	if !follows(l.order(), trap.Order) {
		t.Errorf("the record has the order\n  %v\nwant\n  %v", l.order(), trap.Order)
	}
}

// TestTheTripwireCanFail loads every trap in sessions that do not use their gateway: nothing may be seen then.
func TestTheTripwireCanFail(t *testing.T) {
	b := newBench(t, sessions.Drivers()[0], traps.Options{})
	for _, trap := range traps.All() {
		if trap.TLS {
			continue
		}
		t.Run(trap.Name, func(t *testing.T) {
			t.Parallel()
			l := b.load(t, trap, false)
			if unseen := l.unseen(); len(unseen) != len(l.counted) || len(unseen) < len(trap.Wants) {
				t.Errorf("%d of %d requests are unseen, want all, and at least %d", len(unseen), len(l.counted), len(trap.Wants))
			}
		})
	}
}
