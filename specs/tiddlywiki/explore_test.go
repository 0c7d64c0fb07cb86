package tiddlywiki_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/drivers"
)

// visits is all that a writer does: he opens the tiddler, whatever it says by then, adds his line and saves.
func (w *writer) visits(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/#"+w.title)).To(Succeed())
	g.Expect(s.Text(ctx, shownText)).To(HavePrefix("milk"))
	w.edits(ctx, g, s)
	w.saves(ctx, g, s)
	w.saved = true
}

// bothAreThere is the invariant of those who have saved.
func (p *pair) bothAreThere(ctx context.Context) error {
	for _, w := range p.both() {
		now, err := wiki.Get(ctx, w.title)
		if err != nil {
			return err
		}
		if w.saved && !slices.Contains(strings.Split(now.Text, "\n"), w.line) {
			return fmt.Errorf("%q of %s is lost, and the page has told: %q", w.line, w.user.Name(), w.told)
		}
	}
	return nil
}

// explored is what an exploration shows of both, without a hint of where the defect is.
func explored(ctx context.Context, tiddlers int, driver string, options ...harness.ExploreOption) *harness.ExploreResult {
	p := newPair("edit in any order", harness.Driver(driver))
	for _, w := range p.both() {
		p.Step(w.user, "opens, edits and saves", w.visits)
	}
	options = append(options, harness.PointLimit(patience), harness.At(harness.Requests),
		harness.Named("/recipes/default/tiddlers/{title}", "/bags/default/tiddlers/{title}"),
		harness.Before(func(ctx context.Context, _ int) error {
			p.ann.saved, p.bob.saved = false, false
			return p.getsTiddlers(ctx, tiddlers)
		}),
		harness.Invariant("what was saved is there", p.bothAreThere))
	return p.Explore(ctx, harness.POS(), options...)
}

var _ = Describe("two users who open, edit and save as they like", func() {
	find := func(ctx context.Context, driver string) {
		GinkgoHelper()
		result := explored(ctx, 1, driver, harness.Schedules(30), harness.Replays(rounds(-1, 60)))
		AddReportEntry("exploration", result.String(), ReportEntryVisibilityAlways)
		Expect(result).NotTo(harness.HoldInEverySchedule())
		f := result.Failures[0]
		Expect(f.Errors).To(ConsistOf(ContainSubstring("is lost, and the page has told: \"\"")))
		Expect(f.Unstable).To(BeEmpty())
		if stress() { // else it is not minimised
			Expect(f.Words).To(MatchRegexp(`^(ann GET / before bob|bob GET / before ann) PUT /recipes/default/tiddlers/\{title\}(#\d)?$`))
		}
	}

	It("lose an edit in an order that an exploration finds", func(ctx SpecContext) {
		find(ctx, drivers.First())
	}, SpecTimeout(time.Hour))

	It("lose it with every driver", func(ctx SpecContext) {
		if !stress() {
			Skip("it takes minutes: LOCKSTEP_STRESS=1 runs it")
		}
		for _, driver := range sessions.Drivers() {
			find(ctx, driver.Name())
		}
	}, SpecTimeout(2*time.Hour))

	It("lose nothing in any, if each has a tiddler of his own", func(ctx SpecContext) {
		result := explored(ctx, 2, drivers.First(), harness.Schedules(rounds(2, 30)))
		Expect(result).To(harness.HoldInEverySchedule())
	}, SpecTimeout(time.Hour))
})
