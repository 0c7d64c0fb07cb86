package zoo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/minimise"
)

var _ = Describe("what is left of a failure", func() {
	for _, app := range zoo.All() {
		It("of "+app.Name+" brings it about in every order, where that is said", func(ctx SpecContext) {
			p, n := newPlayer(app, broken), times(10, 200)
			all, err := p.all(ctx)
			Expect(err).NotTo(HaveOccurred())
			var replays []int
			everyOrder := 0
			for seed := range uint64(n) {
				least := p.minimised(ctx, seed)
				Expect(len(least.Constraints)).To(BeNumerically("<=", 4))
				Expect(least.Replays).To(BeNumerically("<=", 60))
				Expect([]bool{least.Minimal, least.Forcing}).To(HaveEach(true))
				if replays = append(replays, least.Replays); least.EveryOrder {
					everyOrder++
					Expect(silentOrders(all, least.Constraints)).To(BeEmpty(), schedule.Words(least.Constraints))
				}
			}
			slices.Sort(replays)
			AddReportEntry("replays", fmt.Sprintf("%d to %d, median %d; confirmed in every order: %d of %d", replays[0], replays[n-1], replays[n/2], everyOrder, n))
		})
	}
})

// minimised is what is left of a failure that was found at random.
func (p *player) minimised(ctx context.Context, seed uint64) minimise.Result {
	GinkgoHelper()
	report, err := schedule.Explore(ctx, schedule.Random(seed), schedule.Budget{Schedules: patience}, p.execute)
	Expect(err).NotTo(HaveOccurred())
	Expect(report.Failures).To(HaveLen(1))
	whole := func(ctx context.Context, c schedule.Chooser, _ []minimise.Part) (schedule.Outcome, error) {
		return p.execute(ctx, c)
	}
	least, err := minimise.Trace(ctx, report.Failures[0].Trace, whole, minimise.Options{})
	Expect(err).NotTo(HaveOccurred())
	return least
}

// silentOrders are those that obey the constraints, and in which nothing is wrong.
func silentOrders(all []execution, constraints []schedule.Constraint) (silent []schedule.Schedule) {
	for _, e := range all {
		if !e.broken && obeys(e.order, constraints) {
			silent = append(silent, e.order)
		}
	}
	return silent
}

// isEnough expects that every order of the app which obeys the constraints of a failure is broken, if that is what the failure says.
func isEnough(ctx context.Context, app zoo.App, f harness.ExploreFailure) {
	GinkgoHelper()
	if !f.EveryOrder {
		return
	}
	constraints, err := schedule.ParseConstraints(strings.Join(f.Constraints, "\n"))
	Expect(err).NotTo(HaveOccurred())
	all, err := newPlayer(app, broken).all(ctx)
	Expect(err).NotTo(HaveOccurred())
	Expect(silentOrders(all, constraints)).To(BeEmpty(), f.Words)
}
