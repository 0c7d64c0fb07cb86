package statements_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// script is what a request of the application does in one transaction: each of the lines is a statement.
type script struct {
	level pgx.TxIsoLevel // empty: the default
	lines string
}

func (s script) statements() (all []string) {
	for line := range strings.Lines(s.lines) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// by is the script with comments that tell which request it is of.
func (s script) by(name string) script {
	lines := ""
	for _, statement := range s.statements() {
		lines += statement + routeComment(name) + "\n"
	}
	return script{s.level, lines}
}

func routeComment(name string) string { return fmt.Sprintf(" /*route='%%2F%s'*/", name) }

// application runs scripts: POST /one and POST /two. A statement that the database refuses ends the request with 409 and the
// SQLSTATE.
type application struct {
	server   *httptest.Server
	database *pg.Gateway
	pool     *pgxpool.Pool
	scripts  map[string]script

	mu      sync.Mutex
	answers map[string]string // of the latest schedule, by session: "200 ", "409 40P01"
	seen    map[string]int    // how many schedules ended with these answers
}

func newApplication(ctx context.Context, schema string, one, two script) *application {
	GinkgoHelper()
	return applicationOn(ctx, newDatabase(ctx), schema, one, two)
}

func applicationOn(ctx context.Context, database *pg.Gateway, schema string, one, two script) *application {
	GinkgoHelper()
	a := &application{database: database, scripts: map[string]script{"one": one, "two": two}, seen: map[string]int{}}
	var err error
	// Whoever waited first is refused, unless the other comes to wait only when that long is over.
	a.pool, err = pgxpool.New(ctx, a.database.URL()+"&deadlock_timeout=500ms")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(a.pool.Close)
	_, err = a.pool.Exec(ctx, schema)
	Expect(err).NotTo(HaveOccurred())
	a.serve(func(ctx context.Context, do func(transactions) error) error { return do(a.pool) })
	return a
}

// serveOnSeveral starts an application each of whose requests speaks on two connections at once. Its comments tell, or not, which
// request a statement is of.
func (a *application) serveOnSeveral(tells bool) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{script}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("script")
		s, comment := a.scripts[name], ""
		if tells {
			s, comment = s.by(name), routeComment(name)
		}
		var all errgroup.Group
		all.Go(func() error { return run(r.Context(), a.pool, s) })
		all.Go(func() error {
			_, err := a.pool.Exec(r.Context(), `SELECT count(*) FROM account`+comment)
			return err
		})
		answer(w, all.Wait())
	})
	a.listen(mux)
}

// transactions are a pool or a connection.
type transactions interface {
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}

// serve starts the application, which has its connection from there.
func (a *application) serve(connected func(ctx context.Context, do func(transactions) error) error) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{script}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, connected(r.Context(), func(db transactions) error { return run(r.Context(), db, a.scripts[r.PathValue("script")]) }))
	})
	a.listen(mux)
}

func (a *application) listen(h http.Handler) {
	a.server = httptest.NewServer(h)
	DeferCleanup(a.server.Close)
}

func answer(w http.ResponseWriter, err error) {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		http.Error(w, refused.Code, http.StatusConflict)
	} else if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func run(ctx context.Context, db transactions, s script) (err error) {
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: s.level})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	for _, statement := range s.statements() {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

// explore runs both scripts at once, in every order. Its invariant is what must be so of the answers of each schedule.
func (a *application) explore(ctx context.Context, fresh string, promise func(one, two string) error, more ...harness.ExploreOption) *harness.ExploreResult {
	GinkgoHelper()
	return a.search(ctx, harness.Exhaustive(), fresh, promise, more...)
}

func (a *application) search(ctx context.Context, strategy harness.Strategy, fresh string, promise func(one, two string) error, more ...harness.ExploreOption) *harness.ExploreResult {
	GinkgoHelper()
	h := harness.New(GinkgoT(), harness.BaseURL(a.server.URL))
	sc := h.Scenario("two transactions")
	for user, path := range map[string]string{"owner": "/one", "colleague": "/two"} {
		sc.Step(h.HTTP(user, harness.WithGateway()), "acts", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
			response, err := s.Do(ctx, http.MethodPost, path, nil, nil)
			if err == nil {
				a.answered(user, strings.TrimSpace(fmt.Sprint(response.Status, " ", string(response.Body))))
			}
			return err
		})
	}
	return sc.Explore(ctx, strategy, append([]harness.ExploreOption{
		harness.Statements(a.database), patient, harness.Before(func(ctx context.Context, _ int) error {
			a.mu.Lock()
			a.answers = map[string]string{}
			a.mu.Unlock()
			_, err := a.pool.Exec(ctx, fresh)
			return err
		}),
		harness.Invariant("the answers are as they must be", func(context.Context) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			one, two := a.answers["owner"], a.answers["colleague"]
			a.seen[one+" and "+two]++
			return promise(one, two)
		}),
	}, more...)...)
}

func (a *application) answered(user, answer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[user] = answer
}

// waited counts the statements that were seen to wait for a lock.
func (a *application) waited() (n int) {
	for _, x := range a.database.Record() {
		if len(x.Waits) > 0 {
			n++
		}
	}
	return n
}

// count is how many got an answer in the latest schedule.
func (a *application) count(answer string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, other := range a.answers {
		if other == answer {
			n++
		}
	}
	return n
}
