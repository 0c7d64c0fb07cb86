package phonebook_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
)

var _ = Describe("a phonebook that two users share", func() {
	withEachDriver(func(driver string) {
		It("refuses to rename a phonebook that somebody has filled", func(ctx SpecContext) {
			h := harnessFor(phonebookApp(ctx), driver)
			acme := h.Tenant("acme")
			owner, colleague := acme.Browser("owner"), acme.Browser("colleague")

			sc := h.Scenario("rename a filled phonebook")
			created := sc.Precondition(owner, "creates a phonebook", createsPhonebooks("Suppliers"))
			filled := sc.Precondition(colleague, "adds a contact", addsContact("Suppliers", "Ada"), harness.Requires(created))
			sc.Step(owner, "presses edit", pressesAndIsRefused("#edit-phonebook"), harness.Requires(filled))

			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(60e9))
	})
})
