package zoo_test

import (
	"errors"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/zoo"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// failsAgain replays what is left of a failure, as a schedule and as constraints: it always fails on the broken app, and never on its twin.
func failsAgain(ctx SpecContext, app zoo.App, f harness.ExploreFailure) {
	GinkgoHelper()
	n := times(10, 100)
	one, twin := newCage(ctx, app, broken), newCage(ctx, app, sound)
	again, never := one.scenario(", replayed"), twin.scenario(", sound, replayed")
	for _, kept := range []string{f.Points, strings.Join(f.Constraints, "\n")} {
		result := again.Replay(ctx, kept, one.promises(harness.Times(n))...)
		Expect(result.Stopped).To(BeEmpty())
		Expect(result.Failures).To(HaveLen(n))
		silent(never.Replay(ctx, kept, twin.promises(harness.Times(n))...), n)
	}
}

// silent expects that nothing failed. What the twin refuses ends a program early, so that there are points of the schedule that cannot come.
func silent(result *harness.ExploreResult, n int) {
	GinkgoHelper()
	Expect(result.Failures).To(BeEmpty())
	if err := result.Err(); err != nil {
		_, diverged := errors.AsType[*schedule.DivergedError](err)
		Expect(diverged).To(BeTrue(), err.Error())
		return
	}
	Expect(result.Schedules).To(Equal(n))
}
