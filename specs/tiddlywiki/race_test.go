package tiddlywiki_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
)

// race declares that both save at the same moment what they edited: one tiddler, or one each.
func race(name string, n int) *harness.Race {
	p := newPair(name)
	edited := p.openAndEdit()
	var saved []*harness.Step
	for _, w := range p.both() {
		saved = append(saved, p.Step(w.user, "saves it", w.saves, harness.Requires(edited...), harness.Marks(w.write())))
	}
	return p.Race(saved...).
		Before(func(ctx context.Context, _ int) error { return p.getsTiddlers(ctx, n) }).
		Invariant(promise, p.promiseKept).
		Stored(p.stored)
}

var _ = Describe("two users who save at the same moment", func() {
	It("edit one tiddler, and one edit is lost in every round", func(ctx SpecContext) {
		n := rounds(2, 50)
		result := race("edit one tiddler", 1).Repeat(ctx, harness.Rounds{N: n, Plain: stress(), Limit: patience})
		AddReportEntry("race", result.String(), ReportEntryVisibilityAlways)
		Expect(result.Released.Problems).To(BeEmpty())
		Expect(result.Released.Violations).To(Equal(n), "%s", result)
	}, SpecTimeout(2*time.Hour))

	It("edit a tiddler each, and nothing is lost in any round", func(ctx SpecContext) {
		result := race("edit a tiddler each", 2).Repeat(ctx, harness.Rounds{N: rounds(1, 20), Limit: patience})
		Expect(result).To(harness.HoldInEveryRound())
	}, SpecTimeout(time.Hour))
})
