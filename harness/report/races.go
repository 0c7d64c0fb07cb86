package report

import (
	"fmt"
	"strings"

	"github.com/seed49090845/lockstep/harness"
)

// RaceTable is a row for each race, in Markdown: in how many rounds an invariant was violated, with the bounds of the rate at
// 95 % confidence, and how far apart the requests were, released by the gateways and, where that was measured, with a
// plain barrier.
func RaceTable(races []*harness.RaceResult) string {
	var b strings.Builder
	b.WriteString("| race | released together | spread p50 | plain barrier | spread p50 |\n|---|---|---|---|---|\n")
	for _, r := range races {
		rate, apart := tallied(&r.Released)
		plainRate, plainApart := tallied(r.Plain)
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.Scenario, rate, apart, plainRate, plainApart)
	}
	return b.String()
}

func tallied(t *harness.Tally) (rate, apart string) {
	switch {
	case t == nil:
		return "–", "–"
	case t.Rounds == 0:
		return "no round counted", "–"
	}
	return fmt.Sprintf("%d of %d (%.0f–%.0f %%)", t.Violations, t.Rounds, 100*t.Low, 100*t.High), fmt.Sprintf("%.2f ms", t.Spread.P50)
}
