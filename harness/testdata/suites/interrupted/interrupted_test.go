// Package interrupted is a suite that waits to be interrupted, with two browser sessions open.
package interrupted_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

func TestInterrupted(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Interrupted")
}

var _ = It("waits", func(ctx SpecContext) {
	h := harness.New(GinkgoT())
	sc := h.Scenario("wait for the interrupt")
	waits := func(ctx context.Context, _ Gomega, s *sessions.Browser) error {
		fmt.Fprintln(os.Stdout, "READY "+s.Name())
		<-ctx.Done()
		return context.Cause(ctx)
	}
	sc.Step(h.Browser("owner"), "waits", waits).Postcondition(h.HTTP("clerk"), "tidies up", func(context.Context, Gomega, *sessions.HTTP) {
		fmt.Fprintln(os.Stdout, "TIDY")
	})
	sc.Step(h.Browser("colleague"), "waits", waits)
	Expect(sc.Run(ctx)).To(harness.Pass())
})
