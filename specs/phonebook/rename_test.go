package phonebook_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/specs/internal/drivers"
)

var _ = Describe("renaming a phonebook that two users share", func() {
	drivers.Each(func(driver string) {
		It("is refused once somebody has filled it", func(ctx SpecContext) {
			h := harnessFor(phonebookApp(ctx), driver)
			acme := h.Tenant("acme")
			window := harness.WindowSize(1000, 500) // as in the README's picture
			owner, colleague := acme.Browser("owner", window), acme.Browser("colleague", window)

			sc := h.Scenario("rename a filled phonebook")
			created := sc.Precondition(owner, "creates a phonebook", createsPhonebooks("Suppliers"))
			filled := sc.Precondition(colleague, "adds a contact", addsContact("Suppliers", "Ada"), harness.Requires(created))
			sc.Step(owner, "presses edit", pressesAndIsRefused("#edit-phonebook"), harness.Requires(filled))

			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(time.Minute))

		It("is allowed while it is empty, and then the check for the error fails", twin, func(ctx SpecContext) {
			h := harnessFor(phonebookApp(ctx), driver, quickly)
			acme := h.Tenant("acme")
			owner, colleague := acme.Browser("owner"), acme.Browser("colleague")

			sc := h.Scenario("rename an empty phonebook")
			created := sc.Precondition(owner, "creates a phonebook", createsPhonebooks("Suppliers"))
			looked := sc.Precondition(colleague, "only looks", logIn, harness.Requires(created))
			edit := sc.Step(owner, "presses edit", pressesAndIsRefused("#edit-phonebook"), harness.Requires(looked))

			result := sc.Run(ctx)
			Expect(result).To(harness.HaveOutcome(harness.Failed))
			Expect(result.Record(edit).Cause).To(ConsistOf(And(
				ContainSubstring(`read "[role=alert]"`), ContainSubstring("no element matches"), ContainSubstring("/edit"))))
		}, SpecTimeout(time.Minute))
	})
})
