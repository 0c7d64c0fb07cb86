package harness_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness"
)

// TestExplorationsThatAreRefused checks that all mistakes are found before anything starts, each with its place.
func TestExplorationsThatAreRefused(t *testing.T) {
	var text strings.Builder
	refused := func(title string, explore func(c *clients, sc *harness.Scenario, one, other *harness.Step) *harness.ExploreResult) {
		c := newClients(t, "http://app.test")
		sc := c.Scenario("refused")
		one, other := sc.Step(c.owner, "one", passes), sc.Step(c.colleague, "other", passes)
		result := explore(c, sc, one, other)
		if !errors.Is(result.Err(), harness.ErrInvalidScenario) {
			t.Errorf("%s: %v", title, result.Err())
			return
		}
		text.WriteString("# " + title + "\n" + result.Err().Error() + "\n\n")
	}
	var step *harness.Step
	ran := harness.Before(func(context.Context, int) error { t.Error("something was started"); return nil })
	refused("options", func(_ *clients, sc *harness.Scenario, _, _ *harness.Step) *harness.ExploreResult {
		return sc.Explore(t.Context(), harness.PCT(0), ran, nil, harness.Before(nil), harness.Invariant("", nil), harness.Invariant("holds", nil),
			harness.At(64), harness.Schedules(-1), harness.Times(-1), harness.Within(-time.Second), harness.PointLimit(-1), harness.Named("no path"), harness.Background("/{", "GET"))
	})
	refused("no strategy", func(_ *clients, sc *harness.Scenario, _, _ *harness.Step) *harness.ExploreResult {
		return sc.Explore(t.Context(), harness.Strategy{}, ran)
	})
	refused("from", func(c *clients, sc *harness.Scenario, _, _ *harness.Step) *harness.ExploreResult {
		foreign := c.Scenario("another").Step(c.owner, "elsewhere", passes)
		return sc.Explore(t.Context(), harness.POS(), ran, harness.From(step, foreign))
	})
	refused("ordered", func(c *clients, _ *harness.Scenario, _, _ *harness.Step) *harness.ExploreResult {
		sc := c.Scenario("ordered")
		first := sc.Step(c.owner, "first", passes)
		sc.Step(c.colleague, "then", passes, harness.Requires(first))
		return sc.Explore(t.Context(), harness.POS(), ran)
	})
	refused("no gateway", func(c *clients, sc *harness.Scenario, _, _ *harness.Step) *harness.ExploreResult {
		sc.Step(c.HTTP("robot"), "third", passes)
		sc.Step(c.Browser("visitor", harness.WithoutGateway()), "fourth", passes)
		return sc.Explore(t.Context(), harness.POS(), ran)
	})
	refused("the scenario itself", func(c *clients, sc *harness.Scenario, one, _ *harness.Step) *harness.ExploreResult {
		sc.Step(c.owner, "one", passes, harness.Requires(one))
		return sc.Explore(t.Context(), harness.POS(), ran)
	})
	for title, kept := range map[string]string{"replay of nothing": " ", "replay of no schedule": "owner does it#1\nowner", "replay of no file": "gone.json"} {
		refused(title, func(_ *clients, sc *harness.Scenario, _, _ *harness.Step) *harness.ExploreResult {
			return sc.Replay(t.Context(), kept, ran)
		})
	}
	golden(t, "explore-refused", sortedParts(text.String()))
}

// sortedParts puts what came from a map into an order.
func sortedParts(text string) string {
	parts := strings.SplitAfter(text, "\n\n")
	for i := range parts {
		for j := i + 1; j < len(parts); j++ {
			if parts[j] != "" && parts[j] < parts[i] {
				parts[i], parts[j] = parts[j], parts[i]
			}
		}
	}
	return strings.Join(parts, "")
}
