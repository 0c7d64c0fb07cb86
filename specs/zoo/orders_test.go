package zoo_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/harness"
)

// fewOrders is how many all orders of an app are at most that are run one by one in an ordinary run.
const fewOrders = 40

var _ = Describe("a search of all orders", func() {
	for _, app := range zoo.All() {
		Context("of "+app.Name, func() {
			It("finds the defect, says in a few words what it needs, and replays it", func(ctx SpecContext) {
				c := newCage(ctx, app, broken)
				result := c.scenario("").Explore(ctx, harness.Exhaustive(), c.promises(harness.Failures(-1))...)
				GinkgoWriter.Println(result)
				Expect(result.Stopped).To(BeEmpty())
				Expect(result.Failures).NotTo(BeEmpty())
				Expect(result.Redundant).To(BeZero())
				_, all := shown(result.Shown)
				Expect(all).To(Equal(figures()[app.Name].orders))

				least := result.Failures[0]
				Expect(least.Unstable).To(BeEmpty())
				Expect(least.Words).NotTo(BeEmpty())
				Expect(least.Minimal).To(BeTrue())
				Expect(len(least.Constraints)).To(BeNumerically("<=", 4))
				Expect(least.Replays).To(BeNumerically("<=", 60))
				isEnough(ctx, app, least)
				failsAgain(ctx, app, least)
			})

			It("is silent where the rule is asked again", func(ctx SpecContext) {
				c := newCage(ctx, app, sound)
				result := c.scenario(", sound").Explore(ctx, harness.Exhaustive(), c.promises(harness.Schedules(200))...)
				Expect(result).To(harness.HoldInEverySchedule())
				Expect(result.Complete || result.Schedules == 200).To(BeTrue(), result.Shown)
			})

			It("counts as many orders, and as many broken ones, as there are", func(ctx SpecContext) {
				want := figures()[app.Name]
				if want.orders > fewOrders && !stress() {
					Skip("it has many orders: LOCKSTEP_STRESS=1 runs them all")
				}
				c := newCage(ctx, app, broken)
				result := c.scenario(", each order").Explore(ctx, harness.Exhaustive(), c.promises(harness.EveryOrder(), harness.Failures(-1), harness.Replays(-1))...)
				Expect(result.Stopped).To(BeEmpty())
				ran, all := shown(result.Shown)
				Expect([]int{ran, all, len(result.Failures)}).To(Equal([]int{want.orders, want.orders, want.broken}))
			})
		})
	}
})
