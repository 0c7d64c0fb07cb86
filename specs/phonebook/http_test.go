package phonebook_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/drivers"
)

var _ = Describe("an HTTP session between browser sessions", func() {
	drivers.Each(func(driver string) {
		declare := func(ctx context.Context, imported string, options ...harness.Option) (*harness.Scenario, *harness.Step) {
			h := harnessFor(phonebookApp(ctx), driver, options...)
			acme := h.Tenant("acme")
			owner, clerk := acme.Browser("owner"), acme.HTTP("clerk")

			sc := h.Scenario("a program imports while a person looks")
			created := sc.Precondition(owner, "creates a phonebook", createsPhonebooks("Suppliers", "Other"))
			live := sc.Precondition(owner, "has the live feed open", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Eventually(ctx, func() (bool, error) { return s.Visible(ctx, "#feed[data-live=true]") }).Should(BeTrue())
			}, harness.Requires(created))
			imports := sc.Step(clerk, "imports a contact", importsContact(imported, "Ada"), harness.Requires(live))
			sees := sc.Step(owner, "sees it in the feed, without a reload", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#feed") }).Should(
					And(ContainSubstring("Ada"), ContainSubstring("Suppliers")))
			}, harness.Requires(imports))
			sc.Step(owner, "presses edit", pressesAndIsRefused("#edit-phonebook"), harness.After(sees))
			return sc, imports
		}

		It("changes what a person sees", func(ctx SpecContext) {
			sc, _ := declare(ctx, "Suppliers")
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(time.Minute))

		It("does not if it imports elsewhere, and then the person's checks fail", twin, func(ctx SpecContext) {
			sc, imports := declare(ctx, "Other", quickly)
			result := sc.Run(ctx)
			Expect(result.Record(imports).Outcome).To(Equal(harness.Passed))
			Expect(result).To(harness.HaveOutcome(harness.Failed))
		}, SpecTimeout(time.Minute))
	})
})

// importsContact logs in to the JSON API and adds a contact.
func importsContact(to, contact string) func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
	return func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		var login struct{ Token string }
		if err := s.JSON(ctx, http.MethodPost, "/api/login", map[string]string{
			"tenant": s.Tenant(), "user": s.Name(), "password": phonebook.DefaultPassword,
		}, &login); err != nil {
			return err
		}
		s.SetHeader("Authorization", "Bearer "+login.Token)
		var list struct {
			Phonebooks []struct {
				ID   int64
				Name string
			}
		}
		if err := s.JSON(ctx, http.MethodGet, "/api/phonebooks", nil, &list); err != nil {
			return err
		}
		for _, p := range list.Phonebooks {
			if p.Name == to {
				return s.JSON(ctx, http.MethodPost, fmt.Sprintf("/api/phonebooks/%d/contacts", p.ID),
					map[string]string{"name": contact, "phone": "1"}, nil)
			}
		}
		return fmt.Errorf("there is no phonebook %q among %v", to, list.Phonebooks)
	}
}
