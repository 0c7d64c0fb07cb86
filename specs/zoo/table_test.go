package zoo_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/harness"
)

// The table, for people.
var _ = ReportAfterSuite("hit rates", func(r Report) {
	results, err := harness.Explorations(r)
	Expect(err).NotTo(HaveOccurred())
	table := tableOf(results)
	fmt.Print("\n", table)
	folder := cmp.Or(os.Getenv(harness.EnvArtifacts), "artifacts")
	Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
	Expect(os.WriteFile(filepath.Join(folder, "zoo.md"), []byte(table), 0o644)).To(Succeed())
})

// tableOf has a row for each app, in Markdown: the first schedule of the exhaustive search that failed and how many there are, and in how many
// schedules the others found the defect.
func tableOf(results []*harness.ExploreResult) string {
	var b strings.Builder
	b.WriteString("| app | depth | broken orders | exhaustive | PCT | at least (95 %) | promised | POS | random |\n|---|---|---|---|---|---|---|---|---|\n")
	all := figures()
	for _, app := range zoo.All() {
		f, found := all[app.Name], func(strategy string) *harness.ExploreResult { return find(results, app.Name, strategy) }
		pct := found("PCT")
		fmt.Fprintf(&b, "| %s | %d | %d of %d | %s | %s | %s | %.2f %% | %s | %s |\n", app.Name, app.Depth, f.broken, f.orders,
			first(found("exhaustive")), rate(pct), lowest(pct), 100*f.bound(app.Depth), rate(found("POS")), rate(found("random")))
	}
	return b.String()
}

// find returns what a strategy has shown of a broken app; nil if it was not run.
func find(results []*harness.ExploreResult, app, strategy string) *harness.ExploreResult {
	for _, r := range results {
		if r.Scenario == app && strings.HasPrefix(r.Strategy, strategy) {
			return r
		}
	}
	return nil
}

func first(r *harness.ExploreResult) string {
	if r == nil || len(r.Failures) == 0 {
		return "–"
	}
	return fmt.Sprintf("no. %d of %d", r.Failures[0].Schedule, r.Schedules)
}

func rate(r *harness.ExploreResult) string {
	if r == nil {
		return "–"
	}
	return fmt.Sprintf("%d of %d", len(r.Failures), r.Schedules)
}

// lowest is the lower bound of the rate, where there are enough schedules for one.
func lowest(r *harness.ExploreResult) string {
	if r == nil || !stress() {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", 100*atLeast(len(r.Failures), r.Schedules))
}
