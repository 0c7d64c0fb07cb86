package races_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/report"
)

func TestRaces(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Races")
}

// envRounds is how many rounds each race has; with it the baseline is measured, too. Empty means a few, without.
const envRounds = "LOCKSTEP_ROUNDS"

// rounds are those that were asked for, or as many as are usual.
func rounds(usual harness.Rounds) harness.Rounds {
	GinkgoHelper()
	text := os.Getenv(envRounds)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	Expect(err).NotTo(HaveOccurred(), envRounds)
	return harness.Rounds{N: n, Plain: true}
}

// The table, for people and for the README.
var _ = ReportAfterSuite("rates", func(r Report) {
	races, err := harness.Races(r)
	Expect(err).NotTo(HaveOccurred())
	table := report.RaceTable(races)
	fmt.Print("\n", table)
	if folder := os.Getenv(harness.EnvArtifacts); folder != "" {
		Expect(os.WriteFile(filepath.Join(folder, "races.md"), []byte(table), 0o644)).To(Succeed())
	}
})
