package minimise_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/minimise"
)

// TestForcingIsWhatItSays: of three sessions, the failure needs "owner POST /address before inbox POST /verify", and support only reads.
func TestForcingIsWhatItSays(t *testing.T) {
	programs := map[string][]string{
		"owner":   {"GET /account", "POST /address", "GET /account/verified"},
		"inbox":   {"GET /inbox", "POST /verify"},
		"support": {"GET /account", "GET /account/again"},
	}
	names := []string{"owner", "inbox", "support"}
	execute := func(_ context.Context, c schedule.Chooser) (o schedule.Outcome, err error) {
		at, changed := map[string]int{}, false
		for {
			var pending []schedule.Pending
			for _, n := range names {
				if i := at[n]; i < len(programs[n]) {
					what := programs[n][i]
					pending = append(pending, schedule.Pending{Point: schedule.Point{Session: n, What: what, Nth: 1}, Safe: what[:3] == "GET"})
				}
			}
			if len(pending) == 0 {
				return o, nil
			}
			i, err := c.Choose(pending)
			if err != nil {
				return o, err
			}
			at[pending[i].Session]++
			switch pending[i].What {
			case "POST /address":
				changed = true
			case "POST /verify":
				if changed {
					o.Failure = errors.New("verified for another address")
				}
			}
		}
	}
	report, err := schedule.Explore(t.Context(), schedule.Exhaustive(nil), schedule.Budget{}, execute)
	if err != nil {
		t.Fatal(err)
	}
	least, err := minimise.Trace(t.Context(), report.Failures[0].Trace, func(ctx context.Context, c schedule.Chooser, _ []minimise.Part) (schedule.Outcome, error) {
		return execute(ctx, c)
	}, minimise.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := schedule.Words(least.Constraints), "owner POST /address before inbox POST /verify"; !least.Forcing || !least.EveryOrder || got != want {
		t.Errorf("%q, forcing %v, in every order %v; want %q", got, least.Forcing, least.EveryOrder, want)
	}
	for i := range 100 {
		o, err := execute(t.Context(), schedule.Obey(least.Constraints, schedule.Uniform(1, uint64(i))))
		if least.Forcing && (err != nil || o.Failure == nil) {
			t.Fatalf("Forcing, but an order that obeys %q passes", schedule.Words(least.Constraints))
		}
	}
}
