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

// The second scenario of the seed: the phonebook to be deleted is created along with the one to be edited, and
// the preconditions of the second step are in the other user's session.
var _ = Describe("deleting a phonebook that two users share", func() {
	drivers.Each(func(driver string) {
		// fills is the phonebook that the colleague fills before the owner presses delete.
		declare := func(ctx context.Context, fills string, options ...harness.Option) (*harness.Scenario, *harness.Step) {
			h := harnessFor(phonebookApp(ctx), driver, options...)
			acme := h.Tenant("acme")
			owner, colleague := acme.Browser("owner"), acme.Browser("colleague")

			sc := h.Scenario("edit the first phonebook, delete the second")
			created := sc.Precondition(owner, "creates two phonebooks", createsPhonebooks("First", "Second"))
			filled := sc.Precondition(colleague, "adds a contact to the first", addsContact("First", "Ada"), harness.Requires(created))
			edit := sc.Step(owner, "presses edit", pressesAndIsRefused("#edit-phonebook"), harness.Requires(filled))

			del := sc.Step(owner, "presses delete", pressesAndIsRefused("#delete-phonebook"), harness.After(edit))
			opened := del.Precondition(owner, "opens the second", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				opens(ctx, g, s, "Second")
			})
			del.Precondition(colleague, "adds a contact to it", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				addContact(ctx, g, s, fills, "Grace")
			}, harness.Requires(opened))
			del.Postcondition(owner, "logs out", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Click(ctx, "#logout")).To(Succeed())
			})
			return sc, del
		}

		It("is refused once somebody has filled it", func(ctx SpecContext) {
			sc, _ := declare(ctx, "Second")
			result := sc.Run(ctx)
			Expect(result).To(harness.Pass())
			Expect(result.Totals()).To(Equal(map[harness.Outcome]int{harness.Passed: 2}), "preconditions are not counted")
		}, SpecTimeout(time.Minute))

		It("is allowed if the contact went elsewhere, and then the check for the error fails", twin, func(ctx SpecContext) {
			sc, del := declare(ctx, "First", quickly)
			result := sc.Run(ctx)
			Expect(result).To(harness.HaveOutcome(harness.Failed))
			Expect(result.Record(del).Outcome).To(Equal(harness.Failed))
			Expect(result.Totals()).To(Equal(map[harness.Outcome]int{harness.Passed: 1, harness.Failed: 1}))
		}, SpecTimeout(time.Minute))
	})
})
