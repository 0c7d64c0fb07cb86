package zoo_test

import (
	"cmp"
	"context"
	"fmt"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

var _ = Describe("users in browsers", func() {
	for name, driver := range map[string]string{"voucher": "chromedp", "refund": "rod"} {
		It("show the defect of "+name+", by "+driver+" or whatever LOCKSTEP_DRIVER says", func(ctx SpecContext) {
			browsertest.NeedBrowser(GinkgoTB())
			drives := harness.Driver(cmp.Or(os.Getenv(sessions.EnvDriver), driver))
			app, _ := zoo.Named(name)
			c := newCage(ctx, app, broken, drives)
			result := c.pages("").Explore(ctx, harness.Exhaustive(), c.promises()...)
			GinkgoWriter.Println(result)
			Expect(result.Failures).To(HaveLen(1))
			least := result.Failures[0]
			Expect(least.Unstable).To(BeEmpty())
			Expect(least.Minimal).To(BeTrue())
			Expect(len(least.Constraints)).To(BeNumerically("<=", 4))
			Expect(least.Replays).To(BeNumerically("<=", 60))

			n := times(3, 100)
			one, twin := newCage(ctx, app, broken, drives), newCage(ctx, app, sound, drives)
			again := one.pages(", replayed").Replay(ctx, least.Points, one.promises(harness.Times(n))...)
			Expect(again.Stopped).To(BeEmpty())
			Expect(again.Failures).To(HaveLen(n))
			silent(twin.pages(", sound").Replay(ctx, least.Points, twin.promises(harness.Times(n))...), n)
		})
	}
})

// pages is scenario with browsers: each body presses the buttons of the session's page.
func (c *cage) pages(purpose string) *harness.Scenario {
	sc := c.harness.Scenario(c.app.Name + " in browsers" + purpose)
	for _, visitor := range c.app.Sessions {
		user := c.harness.Browser(visitor.Name)
		opened := sc.Precondition(user, "opens the page", func(ctx context.Context, _ Gomega, s *sessions.Browser) error {
			return s.Navigate(ctx, zoo.PageAt(c.world, visitor.Name))
		})
		sc.Step(user, "presses the buttons", func(ctx context.Context, g Gomega, s *sessions.Browser) {
			for i := range visitor.Program {
				g.Expect(s.Click(ctx, fmt.Sprintf("#request-%d", i))).To(Succeed())
				if cameOf(ctx, g, s) == "refused" {
					return
				}
			}
		}, harness.Requires(opened))
	}
	return sc
}

// cameOf waits for what comes of a request.
func cameOf(ctx context.Context, g Gomega, s *sessions.Browser) (state string) {
	state, err := s.Text(ctx, "#visit:not([data-state=waiting])")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(state).To(BeElementOf("ready", "finished", "refused"))
	return state
}
