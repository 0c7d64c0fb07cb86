package phonebook_test

import (
	"context"
	"time"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/cdpdriver"
	"github.com/seed49090845/lockstep/sessions/roddriver"
	"github.com/seed49090845/lockstep/specs/internal/drivers"
)

var _ = Describe("a body that wants more than the neutral verbs", func() {
	title := map[string]func(context.Context, *sessions.Browser) (string, error){
		cdpdriver.Name: func(ctx context.Context, s *sessions.Browser) (string, error) {
			tab, err := cdpdriver.Context(ctx, s)
			if err != nil {
				return "", err
			}
			return chromedp.Run(tab, chromedp.Title())
		},
		roddriver.Name: func(ctx context.Context, s *sessions.Browser) (string, error) {
			page, err := roddriver.Page(ctx, s)
			if err != nil {
				return "", err
			}
			info, err := page.Info()
			if err != nil {
				return "", err
			}
			return info.Title, nil
		},
	}

	drivers.Each(func(driver string) {
		It("gets the driver's own handle of its page", func(ctx SpecContext) {
			h := harnessFor(phonebookApp(ctx), driver)
			sc := h.Scenario("read the title with the driver itself")
			sc.Step(h.Tenant("acme").Browser("owner"), "reads the title", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Navigate(ctx, "/login")).To(Succeed())
				g.Expect(title[driver](ctx, s)).To(ContainSubstring("Phonebook"))
			})
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(time.Minute))

		It("is told when it asks for the other driver's", twin, func(ctx SpecContext) {
			h := harnessFor(phonebookApp(ctx), driver)
			sc := h.Scenario("ask for the other driver's page")
			sc.Step(h.Tenant("acme").Browser("owner"), "asks", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				for name, ask := range title {
					if name != driver {
						_, err := ask(ctx, s)
						g.Expect(err).To(MatchError(ContainSubstring("LOCKSTEP_DRIVER=" + name)))
					}
				}
			})
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(time.Minute))
	})
})
