package zoo_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/harness"
)

// patience is how many schedules PCT may take to find what its bound lets be rare: the worst bound of the zoo is 1 in 2,048, and its defect
// is far more frequent.
const patience = 3000

var _ = Describe("a random search", func() {
	for _, app := range zoo.All() {
		Context("of "+app.Name, func() {
			It("finds the defect by PCT, as often as it promises", func(ctx SpecContext) {
				hits, n := tries(ctx, app, harness.PCT(app.Depth))
				if hits == 0 {
					c := newCage(ctx, app, broken)
					result := c.scenario(", until it is found").Explore(ctx, harness.PCT(app.Depth), c.promises(harness.Schedules(patience), harness.Replays(-1))...)
					Expect(result.Failures).NotTo(BeEmpty(), result.String())
				}
				if stress() {
					Expect(atLeast(hits, n)).To(BeNumerically(">=", figures()[app.Name].bound(app.Depth)), "%d of %d", hits, n)
				}
			})

			It("has a rate by POS and by chance", func(ctx SpecContext) {
				for _, strategy := range []harness.Strategy{harness.POS(), harness.RandomOrder()} {
					tries(ctx, app, strategy)
				}
			})

			It("is silent where the rule is asked again", func(ctx SpecContext) {
				for _, strategy := range []harness.Strategy{harness.PCT(app.Depth), harness.POS(), harness.RandomOrder()} {
					c := newCage(ctx, app, sound)
					n := times(20, 200)
					result := c.scenario(", sound").Explore(ctx, strategy, c.promises(harness.Schedules(n))...)
					Expect(result).To(harness.HoldInEverySchedule())
					Expect(result.Schedules).To(Equal(n))
				}
			})
		})
	}
})

// tries tells in how many of n schedules a strategy finds the defect.
func tries(ctx SpecContext, app zoo.App, strategy harness.Strategy) (hits, n int) {
	GinkgoHelper()
	c := newCage(ctx, app, broken)
	n = times(30, 1000)
	result := c.scenario("").Explore(ctx, strategy, c.promises(harness.Schedules(n), harness.Failures(-1), harness.Replays(-1))...)
	Expect(result.Stopped).To(BeEmpty())
	Expect(result.Schedules).To(Equal(n))
	return len(result.Failures), n
}
