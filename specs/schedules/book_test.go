package schedules_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/drivers"
)

type body = func(ctx context.Context, g Gomega, s *sessions.Browser)

func opens(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/book")).To(Succeed())
}

func renames(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Click(ctx, "#edit")).To(Succeed())
	if open, err := s.Visible(ctx, "#save"); err != nil || !open {
		g.Expect(err).NotTo(HaveOccurred())
		return
	}
	g.Expect(s.Fill(ctx, "#new", "Partners")).To(Succeed())
	g.Expect(s.Click(ctx, "#save")).To(Succeed())
}

func deletes(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Click(ctx, "#remove")).To(Succeed())
	if open, err := s.Visible(ctx, "#confirm"); err != nil || !open {
		g.Expect(err).NotTo(HaveOccurred())
		return
	}
	g.Expect(s.Click(ctx, "#confirm")).To(Succeed())
}

func adds(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Fill(ctx, "#contact", "Ada")).To(Succeed())
	g.Expect(s.Click(ctx, "#add")).To(Succeed())
	g.Eventually(func() (string, error) { return s.Text(ctx, "#notice") }).WithTimeout(20 * time.Second).ShouldNot(BeEmpty())
}

// explore is what a spec says of two users: one changes the book, the other adds a contact.
func explore(ctx context.Context, app *book, driver, what string, changes body) *harness.ExploreResult {
	h := harness.New(GinkgoT(), harness.Driver(driver), harness.BaseURL(app.URL))
	owner, colleague := h.Browser("owner"), h.Browser("colleague")
	sc := h.Scenario(what + " a filled book")
	one := sc.Precondition(owner, "opens the book", opens)
	other := sc.Precondition(colleague, "opens the book", opens)
	sc.Step(owner, what, changes, harness.Requires(one))
	sc.Step(colleague, "adds a contact", adds, harness.Requires(other))
	return sc.Explore(ctx, harness.Exhaustive(), patient, harness.Before(app.fresh), harness.Invariant("a filled book is kept", app.kept))
}

var _ = Describe("two users of a book", func() {
	drivers.Each(func(driver string) {
		for what, changes := range map[string]body{"renames": renames, "deletes": deletes} {
			if what == "deletes" && driver != drivers.First() {
				continue // it takes seconds, and shows nothing new of a driver
			}
			Context("one of whom "+what+" it", func() {
				It("finds the order in which its rule is broken", func(ctx SpecContext) {
					result := explore(ctx, newBook(false), driver, what, changes)
					GinkgoWriter.Println(result.String())
					Expect(result).NotTo(harness.HoldInEverySchedule())
					Expect(result.Failures[0].Unstable).To(BeEmpty())
				})

				if driver != drivers.First() && !stress() {
					return
				}
				It("finds none where the rule is asked again", func(ctx SpecContext) {
					result := explore(ctx, newBook(true), driver, what, changes)
					GinkgoWriter.Println(result.String())
					Expect(result).To(harness.HoldInEverySchedule())
					Expect(result.Complete).To(BeTrue())
				})
			})
		}
	})
})
