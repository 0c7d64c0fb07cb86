// Package fails is a suite that fails on purpose: ginkgo_test.go reads what its user sees.
package fails_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

func TestFails(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Fails")
}

// What the reports have is printed by whoever has them all: the one process, or the first of several.
var _ = ReportAfterSuite("results", func(report Report) {
	results, err := harness.Results(report)
	fmt.Fprintf(os.Stdout, "RESULTS %d, error %v\n", len(results), err)
	for _, result := range results {
		fmt.Fprintf(os.Stdout, "RESULT %s %s %v, seed of the suite: %t\n", result.Scenario, result.Outcome, result.Totals(), result.Seed == GinkgoRandomSeed())
	}
})

var _ = Describe("a harness in Ginkgo", func() {
	It("fails once, with the errors of all sessions", func(ctx SpecContext) {
		h := harness.New(GinkgoT())
		sc := h.Scenario("both fail")
		saved := sc.Step(h.HTTP("owner"), "saves", func(_ context.Context, g Gomega, _ *sessions.HTTP) { g.Expect("Ada").To(Equal("Bob")) })
		sc.Step(h.HTTP("colleague"), "reads", func(context.Context, Gomega, *sessions.HTTP) error { return errors.New("the list is empty") },
			harness.After(saved))
		Expect(sc.Run(ctx)).To(harness.Pass())
	})

	It("fails after a run that passed", func(ctx SpecContext) {
		h := harness.New(GinkgoTB())
		sc := h.Scenario("all is well")
		sc.Step(h.HTTP("owner"), "saves", func(context.Context, Gomega, *sessions.HTTP) {})
		Expect(sc.Run(ctx)).To(harness.Pass())
		Expect(1).To(Equal(2))
	})

	It("is not valid", func(ctx SpecContext) {
		h := harness.New(GinkgoT())
		Expect(h.Scenario("empty").Run(ctx)).To(harness.Pass())
	})

	It("hangs", func(ctx SpecContext) {
		h := harness.New(GinkgoT())
		sc := h.Scenario("hangs")
		sc.Step(h.HTTP("owner"), "waits", func(ctx context.Context, _ Gomega, _ *sessions.HTTP) error {
			<-ctx.Done()
			return context.Cause(ctx)
		})
		Expect(sc.Run(ctx)).To(harness.Pass())
	}, SpecTimeout(500e6), PollProgressAfter(100e6))
})
