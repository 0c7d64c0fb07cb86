package harness_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/schedule"
)

func looksAtTheVoucher(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
	_, err := s.Get(ctx, "/vouchers/18")
	return err
}

// crowded is the scenario of the voucher with a session and a step that have nothing to do with it, and preconditions of these.
func (c *clients) crowded(app *till) (*harness.Scenario, []harness.ExploreOption) {
	support := c.HTTP("support", harness.WithGateway())
	sc := c.Scenario("one voucher, and support")
	printed := sc.Precondition(c.owner, "prints a list", sends("/note/list"))
	opened := sc.Precondition(support, "opens the list", sends("/note/open"), harness.Requires(printed))
	sc.Step(c.owner, "notes something", sends("/note/a"))
	sc.Step(c.owner, "redeems it", redeems)
	sc.Step(c.colleague, "redeems it, too", redeems)
	sc.Step(support, "looks at another", looksAtTheVoucher, harness.Requires(opened))
	_, options := c.voucher(app)
	return sc, append(options, harness.At(harness.Requests))
}

// What is not needed is left out: a session, a step and what only these need. What is kept replays the whole, in each form.
func TestWhoIsNotNeededIsLeftOut(t *testing.T) {
	app := newTill(t, false)
	c := newClients(t, app.URL)
	sc, options := c.crowded(app)
	spared := 0 // how often support had not even opened the list
	options = append(options, harness.Invariant("it is counted", func(context.Context) error {
		app.mu.Lock()
		defer app.mu.Unlock()
		if !slices.Contains(app.order, "open") {
			spared++
		}
		return nil
	}))
	result := sc.Explore(t.Context(), harness.PCT(2), options...)
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	f := result.Failures[0]
	golden(t, "explore-parts", strings.ReplaceAll(result.String(), c.artifacts, "<tmp>"))
	if got := fmt.Sprint(f.LeftOut); got != `["notes something" of owner support]` {
		t.Error(got)
	}
	if spared == 0 {
		t.Error("support opened the list in each schedule, though nobody needed that")
	}
	for form, kept := range map[string]string{"short": f.Short, "long": f.Points, "constraints": strings.Join(f.Constraints, "\n"), "file": f.Files[0]} {
		for _, sound := range []bool{false, true} {
			app := newTill(t, sound)
			c := newClients(t, app.URL)
			sc, options := c.crowded(app)
			again := sc.Replay(t.Context(), kept, append(options, harness.Times(5))...)
			if failed := len(again.Failures); failed != 5 && !sound || failed > 0 && sound {
				t.Errorf("%s, sound %v: %d of %d failed; %.400s", form, sound, failed, again.Schedules, again)
			}
		}
	}
}

// Who is required by somebody who matters stays, as does whoever meets them at a barrier.
func TestWhoIsNeededStays(t *testing.T) {
	app := newTill(t, false)
	c := newClients(t, app.URL)
	support := c.HTTP("support", harness.WithGateway())
	sc := c.Scenario("one voucher, that somebody has to offer")
	met := sc.Barrier("met")
	meets := func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
		if err := met.Wait(ctx); err != nil {
			return err
		}
		return redeems(ctx, g, s)
	}
	offered := sc.Step(support, "offers it", looksAtTheVoucher)
	sc.Step(c.owner, "redeems it", meets, harness.Requires(offered), harness.Meets(met))
	sc.Step(c.colleague, "redeems it, too", meets, harness.Meets(met))
	sc.Step(support, "looks again", looksAtTheVoucher)
	_, options := c.voucher(app)
	result := sc.Explore(t.Context(), harness.Exhaustive(), append(options, harness.At(harness.Requests))...)
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	if got := fmt.Sprint(result.Failures[0].LeftOut); got != `["looks again" of support]` {
		t.Error(got, result)
	}
}

// One who fails alone needs nobody, in any order.
func TestOneWhoFailsAlone(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("alone")
	sc.Step(c.owner, "redeems twice", func(ctx context.Context, g Gomega, s *sessions.HTTP) {
		for range 2 {
			answer, err := s.Do(ctx, http.MethodPost, "/vouchers/17/redeem", nil, nil)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(answer.Status).To(Equal(http.StatusOK))
		}
	})
	sc.Step(c.colleague, "notes", sends("/note/x"))
	result := sc.Explore(t.Context(), harness.Exhaustive(), patient(), harness.Before(app.fresh))
	if len(result.Failures) != 1 || fmt.Sprint(result.Failures[0].LeftOut) != "[colleague]" || result.Failures[0].Words != "" {
		t.Error(result)
	}
}

// A schedule that is broken off lets nothing through: a request that comes late would meet the data of the next one.
func TestWhatIsBrokenOffReachesNoServer(t *testing.T) {
	for range 20 {
		app := newTill(t, true)
		c := newClients(t, app.URL)
		sc := c.Scenario("broken off")
		sc.Step(c.owner, "sends", sends("/note/a"))
		sc.Step(c.colleague, "sends", sends("/note/x"))
		const never = "owner POST /never#1 before owner POST /note/a#1\nowner POST /never#1 before colleague POST /note/x#1"
		result := sc.Replay(t.Context(), never, patient(), harness.At(harness.Requests))
		if _, unmet := errors.AsType[*schedule.UnmetError](result.Err()); !unmet {
			t.Fatal(result)
		}
		app.Close() // it waits for the requests that it has
		if len(app.order) > 0 {
			t.Fatalf("%v came to the server", app.order)
		}
	}
}
