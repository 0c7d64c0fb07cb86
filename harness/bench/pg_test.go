package bench_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/harness/bench"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// TestPG checks that every figure is there, and that the benchmark leaves nothing behind.
func TestPG(t *testing.T) {
	server := postgres.Need(t)
	r, err := bench.PG(t.Context(), bench.PGOptions{Database: server.URL(), Schedules: 20, Statements: 100, Rounds: 1, PgbenchTime: time.Second,
		Pgbench: filepath.Join(server.Bin(), "pgbench")})
	if err != nil {
		t.Fatal(err)
	}
	if r.SchedulesPerSecond <= 0 || r.Direct.P50 <= 0 || r.Gateway.P99 < r.Gateway.P50 || !strings.HasPrefix(r.Server, "PostgreSQL ") {
		t.Errorf("%+v", r)
	}
	if r.Note == "" && (r.Pgbench.TPCB.Ratio <= 0 || r.Pgbench.Select.GatewayTPS <= 0) {
		t.Errorf("%+v", r.Pgbench)
	}
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var left int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname LIKE 'lockstep_bench%'`).Scan(&left); err != nil || left > 0 {
		t.Errorf("%d databases are left, %v", left, err)
	}
}

// TestPGWithoutPgbench checks that what cannot be measured is said to be missing, and no error.
func TestPGWithoutPgbench(t *testing.T) {
	o := bench.PGOptions{Database: postgres.Need(t).SocketURL(), Schedules: 1, Statements: 1, Rounds: 1, Pgbench: filepath.Join(t.TempDir(), "pgbench")}
	r, err := bench.PG(t.Context(), o)
	if err != nil || r.Pgbench != nil || !strings.Contains(r.Note, "without pgbench") {
		t.Errorf("%+v, %v", r, err)
	}
	if err := os.WriteFile(o.Pgbench, []byte("#!/bin/sh\necho no room >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := bench.PG(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("pgbench failed, and the benchmark says %v", err)
	}
}

func TestPGRefuses(t *testing.T) {
	for name, o := range map[string]bench.PGOptions{
		"no database":   {},
		"negative":      {Database: "postgres://127.0.0.1:1/x", Schedules: -1},
		"empty rounds":  {Database: "postgres://127.0.0.1:1/x", Statements: 2, Rounds: 3},
		"half a second": {Database: "postgres://127.0.0.1:1/x", PgbenchTime: time.Second / 2},
	} {
		if _, err := bench.PG(t.Context(), o); !errors.Is(err, browser.ErrInvalidOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := bench.PG(t.Context(), bench.PGOptions{Database: "postgres://nobody:hush@127.0.0.1:1/x"}); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("no server: %v", err)
	}
}
