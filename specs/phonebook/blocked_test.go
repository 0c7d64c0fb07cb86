package phonebook_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/drivers"
)

var _ = Describe("a step whose precondition fails", func() {
	drivers.Each(func(driver string) {
		// wants is the phonebook that the colleague looks for.
		declare := func(ctx context.Context, wants string, options ...harness.Option) (sc *harness.Scenario, filled, edit, later, after *harness.Step) {
			h := harnessFor(phonebookApp(ctx), driver, options...)
			acme := h.Tenant("acme")
			owner, colleague := acme.Browser("owner"), acme.Browser("colleague")

			sc = h.Scenario("the colleague looks for " + wants)
			created := sc.Precondition(owner, "creates a phonebook", createsPhonebooks("Suppliers"))
			filled = sc.Precondition(colleague, "adds a contact", addsContact(wants, "Ada"), harness.Requires(created))
			edit = sc.Step(owner, "presses edit", pressesAndIsRefused("#edit-phonebook"), harness.Requires(filled))
			after = edit.Postcondition(owner, "goes back to the list", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Navigate(ctx, "/phonebooks")).To(Succeed())
			})
			later = sc.Step(colleague, "goes on", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Navigate(ctx, "/phonebooks")).To(Succeed())
			}, harness.Requires(edit))
			return sc, filled, edit, later, after
		}

		It("is blocked, with the cause shown", twin, func(ctx SpecContext) {
			sc, filled, edit, later, after := declare(ctx, "Customers", quickly)
			result := sc.Run(ctx)
			Expect(result).To(harness.HaveOutcome(harness.Failed))
			Expect(result.Record(filled).Outcome).To(Equal(harness.Failed))
			Expect(result.Record(edit).Outcome).To(Equal(harness.Blocked))
			Expect(result.Record(edit).Cause[0]).To(ContainSubstring(`precondition "adds a contact" of colleague failed`))
			Expect(result.Record(edit).Cause).To(ContainElement(ContainSubstring("Customers")))
			Expect(result.Record(later).Outcome).To(Equal(harness.Skipped))
			Expect(result.Record(later).Cause).To(HaveExactElements(
				ContainSubstring(`step "presses edit" of owner blocked`),
				ContainSubstring(`precondition "adds a contact" of colleague failed`),
				ContainSubstring("Customers")))
			Expect(result.Record(after).Outcome).To(Equal(harness.Passed), "the step was reached")
			for _, session := range []string{"owner", "colleague"} {
				Expect(result.Files).To(ContainElement(HaveSuffix(session+".png")), "evidence of all sessions")
			}
		}, SpecTimeout(time.Minute))

		It("runs when the precondition passes", func(ctx SpecContext) {
			sc, _, _, _, _ := declare(ctx, "Suppliers")
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(time.Minute))
	})
})
