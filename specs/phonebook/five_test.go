package phonebook_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/drivers"
)

var _ = Describe("five users at once", func() {
	users := []string{"owner", "colleague", "clerk", "intern", "auditor"}

	drivers.Each(func(driver string) {
		// adding says how many of the users add a contact; the others only come.
		declare := func(ctx context.Context, adding int, options ...harness.Option) *harness.Scenario {
			h := harnessFor(phonebookApp(ctx), driver, options...)
			acme := h.Tenant("acme")
			sc := h.Scenario("five users fill one phonebook")
			together := sc.Barrier("all forms are filled in")

			var all []*harness.Session
			for _, user := range users {
				all = append(all, acme.Browser(user))
			}
			created := sc.Precondition(all[0], "creates a phonebook", createsPhonebooks("Shared"))
			var added []*harness.Step
			for i, user := range all {
				added = append(added, sc.Step(user, "adds a contact", func(ctx context.Context, g Gomega, s *sessions.Browser) {
					if i > 0 {
						logIn(ctx, g, s)
					}
					opens(ctx, g, s, "Shared")
					g.Expect(s.Fill(ctx, "#contact-name", "Contact of "+s.Name())).To(Succeed())
					g.Expect(s.Fill(ctx, "#contact-phone", "1")).To(Succeed())
					g.Expect(together.Wait(ctx)).To(Succeed())
					if i < adding {
						g.Expect(s.Click(ctx, "#contact-add")).To(Succeed())
						g.Expect(s.Text(ctx, fmt.Sprintf("[data-name=%q]", "Contact of "+s.Name()))).NotTo(BeEmpty())
					}
				}, harness.Requires(created), harness.Meets(together)))
			}
			for _, user := range all {
				sc.Step(user, "sees all five", func(ctx context.Context, g Gomega, s *sessions.Browser) {
					opens(ctx, g, s, "Shared")
					var count string
					g.Expect(s.Evaluate(ctx, `document.querySelector("#contacts").dataset.count`, &count)).To(Succeed())
					g.Expect(count).To(Equal("5"))
				}, harness.Requires(added...))
			}
			return sc
		}

		It("lose nothing that any of them added", func(ctx SpecContext) {
			Expect(declare(ctx, 5).Run(ctx)).To(harness.Pass())
		}, SpecTimeout(time.Minute))

		It("all notice when one contact is missing", twin, func(ctx SpecContext) {
			result := declare(ctx, 4, quickly).Run(ctx)
			Expect(result.Totals()).To(Equal(map[harness.Outcome]int{harness.Passed: 5, harness.Failed: 5}))
			for _, user := range users {
				Expect(result.Err()).To(MatchError(ContainSubstring(user+", in")), "every session speaks")
			}
		}, SpecTimeout(time.Minute))
	})
})
