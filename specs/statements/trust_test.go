package statements_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jackc/pgx/v5/pgxpool"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// late answers before it commits, and commits when the next request has come.
func (a *application) late() {
	open := make(chan chan struct{}, 1) // closed to commit
	done := make(chan error, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /one", func(http.ResponseWriter, *http.Request) {
		ctx, commit := context.Background(), make(chan struct{})
		tx, err := a.pool.Begin(ctx)
		if err == nil {
			_, err = tx.Exec(ctx, a.scripts["one"].lines)
		}
		open <- commit
		go func() {
			<-commit
			done <- errorOf(err, func() error { return tx.Commit(ctx) })
		}()
	})
	mux.HandleFunc("POST /next", func(w http.ResponseWriter, r *http.Request) {
		close(<-open)
		answer(w, errorOf(<-done, func() error { return run(r.Context(), a.pool, a.scripts["two"]) }))
	})
	mux.HandleFunc("POST /two", func(w http.ResponseWriter, r *http.Request) { answer(w, run(r.Context(), a.pool, a.scripts["two"])) })
	a.listen(mux)
}

func errorOf(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

func sendsAll(paths ...string) func(context.Context, Gomega, *sessions.HTTP) error {
	return func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
		for _, path := range paths {
			response, err := s.Do(ctx, http.MethodPost, path, nil, nil)
			if err != nil {
				return err
			}
			g.Expect(response.Status).To(Equal(http.StatusOK), string(response.Body))
		}
		return nil
	}
}

var reads = script{lines: `SELECT balance FROM account WHERE id = 'a'`}

var _ = Describe("an exploration that cannot see everything", func() {
	It("says that an application answers before it commits", func(ctx SpecContext) {
		a := newApplication(ctx, accounts, takesOneSafely, reads)
		a.late()
		h := harness.New(GinkgoT(), harness.BaseURL(a.server.URL))
		sc := h.Scenario("two users")
		sc.Step(h.HTTP("owner", harness.WithGateway()), "acts", sendsAll("/one", "/next"))
		sc.Step(h.HTTP("colleague", harness.WithGateway()), "acts", sendsAll("/two"))
		result := sc.Explore(ctx, harness.RandomOrder(), harness.Statements(a.database), patient, harness.Schedules(3),
			harness.Before(func(ctx context.Context, _ int) error { _, err := a.pool.Exec(ctx, fresh); return err }))
		Expect(result.Stopped).To(BeEmpty())
		Expect(result.Noticed).To(ConsistOf(SatisfyAll(ContainSubstring(`"commit"`), ContainSubstring("owner POST /one, which had been answered already"))))
	})

	It("does not call it good that no statement came to the gateway", func(ctx SpecContext) {
		direct := newURL(ctx)
		a := applicationOn(ctx, gatewayTo(ctx, direct), accounts, takesOne, takesOne)
		pool, err := pgxpool.New(ctx, direct)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(pool.Close)
		a.serve(func(_ context.Context, do func(transactions) error) error { return do(pool) })
		result := a.explore(ctx, fresh, both)
		Expect(result.Stopped).To(SatisfyAll(ContainSubstring("no statement of any request came to the database gateway"), ContainSubstring("URL of the gateway")))
		Expect(result.Err()).To(HaveOccurred())
	})

	It("is refused while another one has the gateway, which goes on", func(ctx SpecContext) {
		a := newApplication(ctx, accounts, takesOne, takesOne)
		var inner *harness.ExploreResult
		nested := harness.Before(func(ctx context.Context, n int) error {
			if n == 2 {
				inner = a.explore(ctx, fresh, both)
			}
			return nil
		})
		result := a.explore(ctx, fresh, oneRefused("40001"), a.counts(), nested)
		Expect(inner.Stopped).To(SatisfyAll(ContainSubstring("its database gateway is that of the exploration of"), ContainSubstring("a gateway each")))
		Expect(result.Stopped).To(BeEmpty())
		Expect(result.Failures).NotTo(BeEmpty())
		Expect(result.Failures[0].Unstable).To(BeEmpty())
	})
})

var _ = Describe("the isolation level that somebody gave the gateway", func() {
	It("is that of the schedules, and is the same when others were tried", func(ctx SpecContext) {
		a := newApplication(ctx, accounts, takesOne, takesOne)
		Expect(a.database.Isolation(pg.ReadCommitted)).To(Succeed())
		result := a.explore(ctx, fresh, oneRefused("40001"), a.counts())
		Expect(result.Failures[0].Unstable).To(BeEmpty())
		Expect(a.database.Level()).To(Equal(pg.ReadCommitted))

		Expect(a.database.Isolation(pg.RepeatableRead)).To(Succeed())
		result = a.explore(ctx, fresh, oneRefused("40001"), a.counts())
		Expect(result).To(harness.HoldInEverySchedule())
	})
})

// An application that begins its answer and goes on has points of both at once, and it has to say whose its statements are.
var _ = Describe("an application that answers bit by bit", func() {
	It("is explored with its responses, too", func(ctx SpecContext) {
		a := newApplication(ctx, accounts, takesOneSafely, takesOneSafely)
		mux := http.NewServeMux()
		mux.HandleFunc("POST /{script}", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "wait")
			w.(http.Flusher).Flush()
			name := r.PathValue("script")
			if err := run(r.Context(), a.pool, a.scripts[name].by(name)); err != nil {
				panic(http.ErrAbortHandler)
			}
			fmt.Fprintln(w, "done")
		})
		a.server = httptest.NewServer(mux)
		DeferCleanup(a.server.Close)
		want := func(one, two string) error {
			if want := "200 wait\ndone"; one != want || two != want {
				return fmt.Errorf("the answers are %q and %q", one, two)
			}
			return nil
		}
		result := a.search(ctx, harness.RandomOrder(), fresh, want, harness.At(harness.Requests|harness.Responses), harness.Schedules(15), harness.Replays(-1))
		GinkgoWriter.Println(result)
		Expect(result).To(harness.HoldInEverySchedule())
	})
})
