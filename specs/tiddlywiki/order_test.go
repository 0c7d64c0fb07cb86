package tiddlywiki_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

var _ = DescribeTable("a write with an out-of-date revision is accepted, and undoes what was written before",
	func(ctx SpecContext, order func(*pair) (first, second *writer)) {
		p := newPair("edit one tiddler, write in a chosen order")
		first, second := order(p)
		edited := p.openAndEdit()
		var saved []*harness.Step
		for _, w := range p.both() {
			saved = append(saved, p.Step(w.user, "saves it", w.savesAtLast, harness.Requires(edited...)))
		}
		accepted := p.Step(first.user, "is accepted first", first.isAccepted, harness.Requires(saved...))
		p.Step(second.user, "is accepted too", func(ctx context.Context, g Gomega, s *sessions.Browser) {
			now, err := wiki.Get(ctx, second.title)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(second.base()).To(BeNumerically("<", now.Revision), "the write is not based on the other's")
			second.isAccepted(ctx, g, s)
		}, harness.Requires(accepted))

		start, n := time.Now(), rounds(3, 50)
		for range n {
			Expect(p.getsTiddlers(ctx, 1)).To(Succeed())
			Expect(p.Run(ctx)).To(harness.Pass())
			Expect(p.promiseKept(ctx)).To(MatchError(HavePrefix("%q of %s is lost", first.line, first.user.Name())))
		}
		took := time.Since(start) / time.Duration(n)
		AddReportEntry("tally", fmt.Sprintf("%d of %d edits of %s were lost to a write of %s that was out of date; %v a round",
			n, n, first.user.Name(), second.user.Name(), took.Round(10*time.Millisecond)), ReportEntryVisibilityAlways)
	},
	Entry("that of ann", func(p *pair) (first, second *writer) { return p.ann, p.bob }, SpecTimeout(time.Hour)),
	Entry("that of bob", func(p *pair) (first, second *writer) { return p.bob, p.ann }, SpecTimeout(time.Hour)),
)
