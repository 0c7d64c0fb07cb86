package load_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions/virtual"
	"github.com/seed49090845/lockstep/sync/vars"
)

var _ = Describe("a person in a browser while 20 virtual users work", func() {
	It("is measured beside them, in one result", func(ctx SpecContext) {
		app := phonebookApp(ctx)
		target, err := virtual.NewTarget(virtual.Options{BaseURL: app.URL()})
		Expect(err).NotTo(HaveOccurred())
		done := make(chan struct{})
		shared, err := vars.New(vars.Options{})
		Expect(err).NotTo(HaveOccurred())

		var seen *harness.Result
		look := func(ctx context.Context, live *load.Live) {
			defer close(done) // the load lasts as long as the person needs
			h := harness.New(GinkgoT(), harness.BaseURL(app.URL()))
			sc := h.Scenario("a person looks while others work")
			beside := live.Beside("browser", "owner")
			sc.Step(h.Browser("owner"), "opens the list again and again", owner(beside))
			_, _ = shared.Await(ctx, "owner", "clerks", vars.AtLeast(1)) // until somebody has worked
			seen = sc.Run(ctx)
			beside.End(seen.Err())
		}
		result, err := load.Run(ctx, load.Options{Vars: shared, Stop: done, MaxLateness: -1, Watch: []func(context.Context, *load.Live){look}}, load.Scenario{
			Name: "clerks", Target: target, User: clerk, Pause: profile.ExponentialPause(20 * time.Millisecond),
			Profile: profile.Must(profile.Parse("constantConcurrentUsers(20).during(10.minutes)")),
		})
		Expect(err).NotTo(HaveOccurred())

		Expect(seen).To(harness.Pass())
		Expect(result.Ended).To(MatchError(load.ErrStopped), "the person decides when it ends")
		Expect(result.Snapshot).To(assert.Hold("errors = 0", `"opens the list" count = 5`, `"list" count > 20`, `scenario "clerks" errors = 0`))
		Expect(result.Users.MaxPresent).To(BeNumerically("==", 21), "20 clerks and the owner")
		Expect(result.Users.Failed + result.Users.Interrupted).To(BeZero())
	}, SpecTimeout(2*time.Minute))
})
