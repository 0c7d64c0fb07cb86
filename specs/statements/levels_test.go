package statements_test

import (
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sync/schedule"
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

	It("is replayed from each form in which it is kept, and is the same twice", func(ctx SpecContext) {
		r := races[0]
		w := newWorkbench(ctx, r, r.defect)
		failure := w.explore(ctx, r).Failures[0]
		Expect(failure.Short).NotTo(BeEmpty())
		Expect(len(failure.Short)).To(BeNumerically("<=", schedule.MaxShort))
		for _, kept := range []string{failure.Short, failure.Points, strings.Join(failure.Constraints, "\n"), failure.Files[0]} {
			again := w.replay(ctx, r, kept)
			Expect(again.Stopped).To(BeEmpty(), kept)
			Expect(again.Failures).To(HaveLen(1), kept)
		}
		sound := newWorkbench(ctx, r)
		twice := sound.scenario(r).Explore(ctx, harness.POS(), append(sound.promises(harness.Statements(sound.database)), harness.Schedules(2), harness.Twice())...)
		Expect(twice.Nondeterminism).To(BeEmpty())
		Expect(twice).To(harness.HoldInEverySchedule())
	})
})
