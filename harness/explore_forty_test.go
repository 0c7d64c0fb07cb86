package harness_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

// busy is the scenario of the voucher among 36 requests that have nothing to do with it, and change something each: 40 points.
func (c *clients) busy(app *till) (*harness.Scenario, []harness.ExploreOption) {
	sc := c.Scenario("one voucher on a busy day")
	for _, user := range []*harness.Session{c.owner, c.colleague} {
		sc.Step(user, "works", func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
			for i := range 18 {
				if i == 9 {
					if err := redeems(ctx, g, s); err != nil {
						return err
					}
				}
				if err := sends(fmt.Sprintf("/note/%s-%02d", s.Name(), i))(ctx, g, s); err != nil {
					return err
				}
			}
			return nil
		})
	}
	_, options := c.voucher(app)
	return sc, append(options, harness.At(harness.Requests))
}

// A failure that was found at random, of 40 points, shrinks to 4 constraints at most in 60 replays at most. What is left fails each time that it is
// replayed, and never on the sound twin.
func TestAFailureOfFortyPoints(t *testing.T) {
	const times = 100
	app := newTill(t, false)
	c := newClients(t, app.URL)
	sc, options := c.busy(app)
	result := sc.Explore(t.Context(), harness.RandomOrder(), options...)
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	f := result.Failures[0]
	if n := strings.Count(f.Points, "\n") + 1; n < 40 || len(f.Constraints) > 4 || f.Replays > 60 || !f.Minimal || !f.Forcing || f.Unstable != "" {
		t.Errorf("%d points, %d constraints, %d replays, minimal %v, forcing %v, %s", n, len(f.Constraints), f.Replays, f.Minimal, f.Forcing, f.Unstable)
	}
	const lookAndTake = "owner GET /vouchers/{id} before colleague POST /vouchers/{id}/redeem"
	t.Logf("%d replays: %s", f.Replays, f.Words)
	if !strings.Contains(f.Words, lookAndTake) {
		t.Errorf("%q does not say %q", f.Words, lookAndTake)
	}
	for _, kept := range []string{f.Points, strings.Join(f.Constraints, "\n")} {
		for _, sound := range []bool{false, true} {
			app := newTill(t, sound)
			c := newClients(t, app.URL)
			sc, options := c.busy(app)
			again := sc.Replay(t.Context(), kept, append(options, harness.Times(times))...)
			want := times
			if sound {
				want = 0
			}
			if again.Schedules != times || len(again.Failures) != want || again.Stopped != "" {
				t.Errorf("sound %v: %d of %d failed; %.400s", sound, len(again.Failures), again.Schedules, again)
			}
		}
	}
}
