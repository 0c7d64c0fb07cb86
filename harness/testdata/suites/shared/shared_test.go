// Package shared is a suite whose parallel processes use one browser.
package shared_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

func TestShared(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Shared")
}

var address string

var _ = SynchronizedBeforeSuite(
	func(ctx SpecContext) []byte { return harness.LaunchBrowser(ctx, browser.LaunchOptions{}) },
	func(given []byte) { address = string(given) },
)

var _ = ReportAfterSuite("results", func(report Report) {
	results, err := harness.Results(report)
	fmt.Fprintf(os.Stdout, "RESULTS %d, error %v\n", len(results), err)
	for _, result := range results {
		fmt.Fprintf(os.Stdout, "RESULT %s\n", result.Outcome)
	}
})

var _ = Describe("one browser", func() {
	for i := range 4 {
		It(fmt.Sprintf("is used by spec %d", i), func(ctx SpecContext) {
			h := harness.New(GinkgoT(), harness.Attach(address))
			sc := h.Scenario("attached")
			looks := func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Navigate(ctx, "data:text/html,<h1>hello</h1>")).To(Succeed())
				g.Expect(s.Text(ctx, "h1")).To(Equal("hello"))
			}
			sc.Step(h.Browser("owner"), "looks", looks)
			sc.Step(h.Browser("colleague"), "looks", looks)
			Expect(sc.Run(ctx)).To(harness.Pass())
		})
	}
})
