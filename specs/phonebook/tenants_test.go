package phonebook_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/drivers"
)

var _ = Describe("two tenants", func() {
	drivers.Each(func(driver string) {
		declare := func(ctx context.Context, defects ...phonebook.Defect) (*harness.Scenario, *harness.Step) {
			app := phonebookApp(ctx, defects...)
			Expect(app.AddTenant(ctx, phonebook.Tenant{Name: "globex", Users: []phonebook.User{{Name: "stranger"}}})).To(Succeed())
			h := harnessFor(app, driver)
			owner, stranger := h.Tenant("acme").Browser("owner"), h.Tenant("globex").Browser("stranger")

			sc := h.Scenario("two tenants search for the same name")
			created := sc.Precondition(owner, "creates a phonebook", createsPhonebooks("Suppliers"))
			filled := sc.Precondition(owner, "adds a contact", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				addContact(ctx, g, s, "Suppliers", "Ada")
			}, harness.Requires(created))
			arrived := sc.Precondition(stranger, "logs in", logIn)
			found := sc.Step(owner, "finds the contact", searches("Ada", HaveLen(1)), harness.Requires(filled))
			leak := sc.Step(stranger, "finds nothing", searches("Ada", BeEmpty()), harness.Requires(found, arrived))
			return sc, leak
		}

		It("never find each other's contacts", func(ctx SpecContext) {
			sc, _ := declare(ctx)
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(time.Minute))

		It("do, with a cache that forgets the tenant, and the check tells who saw what", twin, func(ctx SpecContext) {
			sc, leak := declare(ctx, phonebook.TenantCacheKey)
			result := sc.Run(ctx)
			Expect(result).To(harness.HaveOutcome(harness.Failed))
			Expect(result.Record(leak).Session).To(Equal("stranger"))
			Expect(result.Record(leak).Cause).To(ConsistOf(ContainSubstring("Ada")))
		}, SpecTimeout(time.Minute))
	})
})

// searches looks for a text by the search field of the page and compares the contacts that are found.
func searches(text string, matcher OmegaMatcher) browserBody {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		g.Expect(s.Fill(ctx, "#search-query", text)).To(Succeed())
		g.Expect(s.Press(ctx, "Enter")).To(Succeed())
		g.Expect(s.Text(ctx, "#search-results")).NotTo(BeEmpty())
		var found []string
		g.Expect(s.Evaluate(ctx, `[...document.querySelectorAll("[data-testid=search-contact]")].map(e => e.innerText)`, &found)).To(Succeed())
		g.Expect(found).To(matcher)
	}
}
