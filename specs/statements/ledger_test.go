package statements_test

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/ledger"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// books is the server of all apps, with the gateway between its users' requests and the database.
type books struct {
	database *pg.Gateway
	server   *ledger.Server
}

func openBooks(ctx context.Context, defects ...ledger.Defect) *books {
	GinkgoHelper()
	direct := newURL(ctx)
	b := &books{database: gatewayTo(ctx, direct)}
	var err error
	b.server, err = ledger.Start(ctx, ledger.Options{Database: b.database.URL() + "&default_query_exec_mode=exec", Direct: direct, Defects: defects})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(b.server.Close)
	return b
}

func (b *books) scenario(app ledger.App) *harness.Scenario {
	GinkgoHelper()
	h := harness.New(GinkgoT(), harness.BaseURL(b.server.URL()))
	sc := h.Scenario(app.Model)
	for _, r := range app.Requests {
		sc.Step(h.HTTP(r.Who, harness.WithGateway()), "acts", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
			_, err := s.Do(ctx, r.Method, r.Path, nil, nil) // whatever the answer
			return err
		})
	}
	return sc
}

func (b *books) promises(app ledger.App, more ...harness.ExploreOption) []harness.ExploreOption {
	return append([]harness.ExploreOption{
		harness.Statements(b.database), patient,
		harness.Before(func(ctx context.Context, _ int) error { return b.server.Reset(ctx, app.Name) }),
		harness.Invariant("the rule is kept", func(ctx context.Context) error { return b.server.Violation(ctx, app.Name) }),
	}, more...)
}

// levelsOf is what must become of the defect at each level: it is refused from one on, or never.
func levelsOf(app ledger.App) map[string]string {
	all := []ledger.Level{ledger.ReadCommitted, ledger.RepeatableRead, ledger.Serializable}
	from := slices.Index(all, app.SilentFrom)
	want := map[string]string{}
	for i, level := range all {
		want[string(level)] = "still wrong"
		if from >= 0 && i >= from {
			want[string(level)] = "refused"
		}
	}
	return want
}

var _ = Describe("small applications on PostgreSQL, statement by statement", func() {
	for _, app := range ledger.Apps() {
		It("finds, shrinks and replays: "+app.Model, func(ctx SpecContext) {
			b := openBooks(ctx, app.Name)
			result := b.scenario(app).Explore(ctx, harness.Exhaustive(), b.promises(app)...)
			GinkgoWriter.Println(result)
			Expect(result).NotTo(harness.HoldInEverySchedule())
			Expect(result.Noticed).To(BeEmpty())
			failure := result.Failures[0]
			Expect(failure.Unstable).To(BeEmpty())
			Expect(len(failure.Constraints)).To(BeNumerically("<=", 3))
			Expect(verdicts(result)).To(Equal(levelsOf(app)))

			again := b.scenario(app).Replay(ctx, failure.Points, b.promises(app, harness.Times(replays()))...)
			Expect(again.Stopped).To(BeEmpty())
			Expect(again.Failures).To(HaveLen(replays()))
		})

		It("is silent in all orders of the sound twin: "+app.Model, func(ctx SpecContext) {
			b := openBooks(ctx)
			result := b.scenario(app).Explore(ctx, harness.Exhaustive(), b.promises(app)...)
			GinkgoWriter.Println(result)
			Expect(result).To(harness.HoldInEverySchedule())
			Expect(result.Complete).To(BeTrue())
			Expect(result.Noticed).To(BeEmpty())
		})
	}
})
