package zoo_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/harness"
)

// mostChecks is how often a fickle app is checked: one check compares two executions, which can be the same by chance.
const mostChecks = 100

var _ = Describe("the check for nondeterminism", func() {
	for _, app := range zoo.Fickle() {
		It("flags "+app.Name+" ("+app.Model+")", func(ctx SpecContext) {
			check := checkOf(ctx, app)
			n := 1
			for ; n < mostChecks && check() == ""; n++ {
			}
			AddReportEntry("checks", n)
			Expect(n).To(BeNumerically("<", mostChecks))
		})
	}

	for _, app := range zoo.All() {
		It("has nothing against "+app.Name, func(ctx SpecContext) {
			check := checkOf(ctx, app)
			for range times(3, 200) {
				Expect(check()).To(BeEmpty())
			}
		})
	}
})

// checkOf returns what runs one schedule twice, and tells what differs: points, statuses, or what anybody was told.
func checkOf(ctx SpecContext, app zoo.App) (check func() string) {
	GinkgoHelper()
	c := newCage(ctx, app, broken)
	sc := c.scenario(", twice")
	return func() string {
		GinkgoHelper()
		result := sc.Explore(ctx, harness.RandomOrder(), harness.At(harness.Requests), patient, harness.Before(c.fresh),
			harness.Schedules(1), harness.Stored(c.told), harness.Twice())
		Expect(result.Stopped).To(BeEmpty())
		Expect(result.Failures).To(BeEmpty())
		return result.Nondeterminism
	}
}
