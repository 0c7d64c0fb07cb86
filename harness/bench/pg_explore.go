package bench

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// threeStatements are what the application sends for a request, each by itself: it looks, acts, and looks again.
var threeStatements = [...]string{
	"SELECT stock FROM items WHERE id = $1",
	"UPDATE items SET stock = stock + 1 WHERE id = $1",
	"SELECT sum(stock) FROM items WHERE id <= $1",
}

// exploreStatements tells how many schedules a second are run at the statements of a small application.
func exploreStatements(ctx context.Context, g *pg.Gateway, schedules int) (perSecond float64, err error) {
	pool, err := pgxpool.New(ctx, g.URL())
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, sql := range threeStatements {
			if _, err := pool.Exec(r.Context(), sql, 1); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
	}))
	defer app.Close()
	test := &quiet{}
	defer test.end()

	h := harness.New(test, harness.BaseURL(app.URL), harness.Progress(nil), harness.Seed(1))
	sc := h.Scenario("three statements each")
	for _, name := range []string{"owner", "colleague"} {
		sc.Step(h.HTTP(name, harness.WithGateway()), "acts", func(ctx context.Context, g gomega.Gomega, s *sessions.HTTP) error {
			response, err := s.Do(ctx, http.MethodPost, "/act", nil, nil)
			if err == nil {
				g.Expect(response.Status).To(gomega.Equal(http.StatusOK))
			}
			return err
		})
	}
	result := sc.Explore(ctx, harness.RandomOrder(), harness.Statements(g), harness.Schedules(schedules), harness.PointLimit(patience))
	if err := errors.Join(result.Err(), h.Close()); err != nil {
		return 0, err
	}
	return round(float64(result.Schedules) / result.Took.Seconds()), nil
}
