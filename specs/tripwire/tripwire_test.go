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

// loads is how often a trap is loaded with a driver, in the clear over HTTP/1.1 or over TLS and HTTP/2. An ordinary run
// loads it once in one way with one driver, and once in the other way with the other; the stress lane in all four ways.
func loads(trap traps.Trap, number, driver int, secure bool) int {
	switch {
	case trap.TLS && !secure:
		return 0
	case os.Getenv("LOCKSTEP_STRESS") != "":
		return 6
	case trap.TLS || secure == ((number+driver)%2 == 0):
		return 1
	}
	return 0
}

func TestNothingSlipsPast(t *testing.T) {
	start := time.Now()
	var loaded, requests atomic.Int64
	lane := func(t *testing.T, driver int, secure bool) {
		b := newBench(t, sessions.Drivers()[driver], traps.Options{TLS: secure})
		t.Run("traps", func(t *testing.T) {
			for number, trap := range traps.All() {
				times := loads(trap, number, driver, secure)
				if times == 0 {
					continue
				}
				t.Run(trap.Name, func(t *testing.T) {
					t.Parallel()
					for range times {
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
	}
	for i, driver := range sessions.Drivers() {
		t.Run(driver.Name()+", in the clear", func(t *testing.T) { lane(t, i, false) })
		t.Run(driver.Name()+", over TLS", func(t *testing.T) { lane(t, i, true) })
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
