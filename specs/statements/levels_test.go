package statements_test

import (
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
)

// replays is how often each kept schedule is run again; the slow lane does it 1,000 times.
func replays() int {
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		return 1000
	}
	return 40
}

var _ = Describe("the same defect at two levels", func() {
	r := races[len(races)-1] // the quota
	It("is not seen by an exploration of requests, and is by one of statements", func(ctx SpecContext) {
		w := newWorkbench(ctx, r, r.defect)
		requests := w.at(ctx, r, harness.At(harness.StepStarts|harness.Requests|harness.Responses))
		Expect(requests).To(harness.HoldInEverySchedule())
		Expect(requests.Complete).To(BeTrue())

		statements := w.explore(ctx, r)
		Expect(statements).NotTo(harness.HoldInEverySchedule())
		GinkgoWriter.Printf("requests:   %s: %d failures\nstatements: %s: %d failures\n", requests.Shown, len(requests.Failures), statements.Shown, len(statements.Failures))
	})
})

var _ = Describe("a schedule of statements", func() {
	for _, r := range races {
		It("fails each time that it is replayed, with "+string(r.defect), func(ctx SpecContext) {
			w := newWorkbench(ctx, r, r.defect)
			found := w.explore(ctx, r)
			Expect(found.Failures).NotTo(BeEmpty())
			again := w.replay(ctx, r, found.Failures[0].Points, harness.Times(replays()))
			Expect(again.Stopped).To(BeEmpty())
			Expect(again.Schedules).To(Equal(replays()))
			Expect(again.Failures).To(HaveLen(replays()))
		})
	}
})
