package statements_test

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

var takesOne = script{lines: `SELECT set_config('app.seen', balance::text, true) FROM account WHERE id = 'a'
	UPDATE account SET balance = current_setting('app.seen')::int - 1 WHERE id = 'a'`}

var takesOneSafely = script{lines: `UPDATE account SET balance = balance - 1 WHERE id = 'a'`}

// finds is what is shown of an application whatever it does with its connections: the defect is found and comes back, and its twin
// is silent.
func finds(ctx context.Context, change func(*application)) {
	GinkgoHelper()
	for _, s := range []script{takesOne, takesOneSafely} {
		a := newApplication(ctx, accounts, s, s)
		change(a)
		result := a.explore(ctx, fresh, oneRefused("40001"), a.counts())
		GinkgoWriter.Println(result)
		if s.lines == takesOneSafely.lines {
			Expect(result).To(harness.HoldInEverySchedule())
			continue
		}
		Expect(result).NotTo(harness.HoldInEverySchedule())
		Expect(result.Failures[0].Unstable).To(BeEmpty())
	}
}

var _ = Describe("an application that treats its connections badly", func() {
	It("may open one for each request", func(ctx SpecContext) {
		finds(ctx, func(a *application) {
			a.serve(func(ctx context.Context, do func(transactions) error) error {
				c, err := pgx.Connect(ctx, a.database.URL())
				if err != nil {
					return err
				}
				defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
				return do(c)
			})
		})
	})

	It("may retry what was refused", func(ctx SpecContext) {
		serializable := script{level: pgx.Serializable, lines: takesOne.lines}
		a := newApplication(ctx, accounts, serializable, serializable)
		retries := 0
		a.serve(func(_ context.Context, do func(transactions) error) error {
			for {
				err := do(a.pool)
				if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "40001" {
					return err
				}
				retries++
			}
		})
		result := a.explore(ctx, fresh, both, a.counts())
		GinkgoWriter.Println(result)
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(retries).To(BeNumerically(">", 0))
	})

	// Which of two statements comes first is then the application's own chance, so that the same order of points does not lead to the
	// same points: orders are drawn at random, and a failure is not replayed.
	It("may speak on several at once, if it says for which request", func(ctx SpecContext) {
		for _, s := range []script{takesOne, takesOneSafely} {
			a := newApplication(ctx, accounts, s, s)
			a.serveOnSeveral(true)
			result := a.search(ctx, harness.RandomOrder(), fresh, oneRefused("40001"), a.counts(), harness.Schedules(40), harness.Replays(-1))
			Expect(result.Stopped).To(BeEmpty())
			Expect(len(result.Failures) > 0).To(Equal(s.lines == takesOne.lines), result.String())
		}
	})

	It("is told what to do where it does not say so", func(ctx SpecContext) {
		a := newApplication(ctx, accounts, takesOne, takesOne)
		a.serveOnSeveral(false)
		result := a.explore(ctx, fresh, oneRefused("40001"), harness.PointLimit(time.Second), harness.Replays(-1))
		GinkgoWriter.Println(result)
		Expect(result.Stopped).To(Or(BeEmpty(), ContainSubstring("sqlcommenter"), ContainSubstring("cannot be followed")))
	})

	It("may have one for all, which the error names", func(ctx SpecContext) {
		a := newApplication(ctx, accounts, takesOne, takesOne)
		one := make(chan struct{}, 1) // a pool of one connection
		a.serve(func(ctx context.Context, do func(transactions) error) error {
			select {
			case one <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			defer func() { <-one }()
			return do(a.pool)
		})
		result := a.explore(ctx, fresh, both, harness.PointLimit(time.Second))
		GinkgoWriter.Println(result)
		Expect(result.Stopped).To(SatisfyAll(ContainSubstring("POST /"), ContainSubstring("waits for its server"), ContainSubstring("pool")))
	})
})

var _ = Describe("a database that fails", func() {
	It("is named where a statement does not come back", func(ctx SpecContext) {
		a := newApplication(ctx, accounts, script{lines: `SELECT pg_sleep(600)`}, takesOne)
		result := a.explore(ctx, fresh, both, harness.PointLimit(time.Second))
		Expect(result.Stopped).To(SatisfyAll(ContainSubstring("POST /one · SELECT pg_sleep"), ContainSubstring("is at the database")))
	})

	It("ends the exploration when it is killed, with an answer for everybody", func(ctx SpecContext) {
		server, err := postgres.Start(ctx)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(server.Close)
		url, err := server.NewDatabase(ctx, "killed")
		Expect(err).NotTo(HaveOccurred())
		gateway, err := pg.Listen(ctx, pg.Options{Upstream: url})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(gateway.Close)
		a := applicationOn(ctx, gateway, accounts, takesOne, takesOne)
		a.serve(func(_ context.Context, do func(transactions) error) error {
			err := do(a.pool)
			server.Kill()
			return err
		})
		result := a.explore(ctx, fresh, both)
		GinkgoWriter.Println(result)
		Expect(result.Err()).To(HaveOccurred())
	})
})
