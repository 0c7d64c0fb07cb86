package tiddlywiki_test

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

var _ = Describe("two users who edit one tiddler, one after the other", func() {
	var p *pair
	var annSaved *harness.Step // what ann wrote is at the server; both have the page open since before

	BeforeEach(func(ctx SpecContext) {
		p = newPair("edit one tiddler, one after the other")
		Expect(p.getsTiddlers(ctx, 1)).To(Succeed())
		opened := p.open()
		edited := p.Precondition(p.ann.user, "edits it", p.ann.edits, harness.Requires(opened...))
		annSaved = p.Step(p.ann.user, "saves it", p.ann.saves, harness.Requires(edited))
	})

	It("lose nothing if the second gets the latest changes first", func(ctx SpecContext) {
		refreshed := p.Precondition(p.bob.user, "gets the latest changes", p.bob.refreshes, harness.Requires(annSaved))
		edited := p.Precondition(p.bob.user, "edits it", p.bob.edits, harness.Requires(refreshed))
		p.Step(p.bob.user, "saves it", p.bob.saves, harness.Requires(edited))

		Expect(p.Run(ctx)).To(harness.Pass())
		Expect(p.promiseKept(ctx)).To(Succeed())
		Expect(p.stored(ctx)).To(Equal("milk, bread, eggs"))
	}, SpecTimeout(10*time.Minute))

	It("lose the first's edit if the second does not", func(ctx SpecContext) {
		edited := p.Precondition(p.bob.user, "edits it", p.bob.edits, harness.Requires(annSaved))
		p.Step(p.bob.user, "saves it", p.bob.saves, harness.Requires(edited))

		Expect(p.Run(ctx)).To(harness.Pass())
		Expect(p.promiseKept(ctx)).To(MatchError(`"bread" of ann is lost, the tiddler is "milk\neggs"; nobody was told`))
	}, SpecTimeout(10*time.Minute))

	It("would be told by their pages, if the server refused a write that is out of date", func(ctx SpecContext) {
		edited := p.Precondition(p.bob.user, "edits it", p.bob.edits, harness.Requires(annSaved))
		p.Step(p.bob.user, "saves it and is refused", func(ctx context.Context, g Gomega, s *sessions.Browser) {
			refused := p.bob.write()
			refused.Count = gateway.Every // the page tries again
			g.Expect(s.Gateway().Status(refused, http.StatusConflict)).Error().NotTo(HaveOccurred())
			p.bob.saves(ctx, g, s)
			g.Expect(p.bob.told).To(ContainSubstring("409"))
		}, harness.Requires(edited))

		Expect(p.Run(ctx)).To(harness.Pass())
		Expect(p.promiseKept(ctx)).To(Succeed())
		Expect(p.stored(ctx)).To(Equal("milk, bread"))
	}, SpecTimeout(10*time.Minute))
})
