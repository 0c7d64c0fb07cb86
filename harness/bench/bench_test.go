package bench

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

func TestPercentiles(t *testing.T) {
	var times []time.Duration
	for i := 100; i > 0; i-- {
		times = append(times, time.Duration(i)*time.Millisecond)
	}
	if got, want := percentiles(times), (Percentiles{50, 95, 99, 100}); got != want {
		t.Errorf("of 1 to 100 ms: %v, want %v", got, want)
	}
	if got, want := percentiles(times[:1]), (Percentiles{100, 100, 100, 100}); got != want {
		t.Errorf("of one time: %v, want %v", got, want)
	}
	if got := percentiles(nil); got != (Percentiles{}) {
		t.Errorf("of none: %v", got)
	}
}

// TestSessions checks that every figure is there, not how good it is: that depends on the machine.
func TestSessions(t *testing.T) {
	browsertest.NeedBrowser(t)
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			r, err := Sessions(t.Context(), SessionsOptions{Driver: driver, Count: 2, Blocked: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			for name, figure := range map[string]float64{
				"launch": r.LaunchMS, "cold p50": r.ColdMS.P50, "cold p95": r.ColdMS.P95,
				"warm p50": r.WarmMS.P50, "warm p95": r.WarmMS.P95, "round trip p99": r.Blocked.RoundTripMS.P99,
				"round trips": float64(r.Blocked.RoundTrips), "behind": float64(r.Blocked.Waiting),
			} {
				if figure <= 0 {
					t.Errorf("%s is %v", name, figure)
				}
			}
			// What two sessions add is less than what a browser that has just been launched may still give back.
			if _, err := os.Stat("/proc/self/smaps_rollup"); err == nil && (r.PSSPerSession == 0 || r.PSSBrowser <= 0) {
				t.Errorf("memory: %v a session, %v the browser", r.PSSPerSession, r.PSSBrowser)
			}
		})
	}
}

func TestSessionsEndsWithItsContext(t *testing.T) {
	browsertest.NeedBrowser(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Sessions(ctx, SessionsOptions{Driver: sessions.Drivers()[0], Count: 1}); err == nil {
		t.Error("no error with a context that has ended")
	}
}

func TestSessionsRefusesNegatives(t *testing.T) {
	if _, err := Sessions(t.Context(), SessionsOptions{Driver: sessions.Drivers()[0], Count: -1}); err == nil {
		t.Error("a negative count was taken")
	}
}

// TestArrival checks that every figure is there, and that released requests arrive closer than clicks: by so much
// that no machine's noise hides it.
func TestArrival(t *testing.T) {
	browsertest.NeedBrowser(t)
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			r, err := Arrival(t.Context(), ArrivalOptions{Driver: driver, Sessions: 4, Rounds: 7})
			if err != nil {
				t.Fatal(err)
			}
			if r.Gateway.P50 <= 0 || r.GatewayHTTP2.P50 <= 0 || r.BarrierClick.P50 <= 0 || r.Gateway.Max < r.Gateway.P50 || r.RatioBarrier < 2 ||
				(r.CDPFetch != nil) != (driver.Name() == "chromedp") {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestGateway checks that every figure is there.
func TestGateway(t *testing.T) {
	r, err := Gateway(t.Context(), GatewayOptions{Requests: 100, Connections: 2, Rounds: 2})
	if err != nil {
		t.Fatal(err)
	}
	if r.Direct.P50 <= 0 || r.Gateway.P99 < r.Gateway.P50 || r.DirectRPS <= 0 || r.GatewayRPS <= 0 {
		t.Errorf("%+v", r)
	}
	if _, err := Gateway(t.Context(), GatewayOptions{Requests: -1}); err == nil {
		t.Error("a negative number was taken")
	}
}
