package pg_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(postgres.CloseAfter(m)) }

// limited is a context for what must come to an end.
func limited(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// listen makes a gateway in front of a new database.
func listen(t testing.TB, o pg.Options) (g *pg.Gateway, database string) {
	t.Helper()
	database = postgres.NeedDatabase(t)
	o.Upstream = database
	g, err := pg.Listen(limited(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, database
}

// connect opens a connection that ends with the test.
func connect(t testing.TB, url string, set ...func(*pgx.ConnConfig)) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range set {
		change(config)
	}
	conn, err := pgx.ConnectConfig(limited(t), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	})
	return conn
}

// mode makes a connection speak in one of pgx's ways.
func mode(m pgx.QueryExecMode) func(*pgx.ConnConfig) {
	return func(c *pgx.ConnConfig) { c.DefaultQueryExecMode = m }
}

var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

// do runs statements that have to succeed.
func do(t testing.TB, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(limited(t), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// one is the value that a query returns.
func one[T any](t testing.TB, conn *pgx.Conn, sql string, args ...any) (value T) {
	t.Helper()
	if err := conn.QueryRow(limited(t), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	ctx, tick := limited(t), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it did not come to be: %s", what)
		}
	}
}

// told is what a gate was told, in order.
type told struct {
	what chan string
	pass chan error // one for each Pass
	back chan error
}

func newTold() *told {
	return &told{what: make(chan string, 1000), pass: make(chan error), back: make(chan error)}
}

func (g *told) Begin(s pg.Statement) pg.Passing {
	g.what <- fmt.Sprintf("begin %d %s", s.Connection, s.Name)
	return &passing{g, s}
}

type passing struct {
	*told
	s pg.Statement
}

func (p *passing) Pass(ctx context.Context) error {
	select {
	case err := <-p.pass:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *passing) Waits(by []pg.Backend, still func(context.Context) bool) {
	for _, b := range by {
		p.what <- fmt.Sprintf("waits %d for %d: %v", p.s.Connection, b.Connection, still(context.Background()))
	}
}

func (p *passing) Back(ctx context.Context) error {
	p.what <- fmt.Sprintf("back %d", p.s.Connection)
	select {
	case err := <-p.back:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *passing) End(o pg.Outcome) {
	p.what <- fmt.Sprintf("end %d %s %s %t", p.s.Connection, o.Tag, o.State, o.Err != nil)
}

// heard is the next that the gate was told.
func (g *told) heard(t testing.TB, want string) {
	t.Helper()
	select {
	case got := <-g.what:
		if got != want {
			t.Fatalf("the gate was told %q, want %q", got, want)
		}
	case <-limited(t).Done():
		t.Fatalf("the gate was not told %q", want)
	}
}

// heardAll is the next things that the gate was told, in any order.
func (g *told) heardAll(t testing.TB, want ...string) {
	t.Helper()
	var got []string
	for range want {
		select {
		case what := <-g.what:
			got = append(got, what)
		case <-limited(t).Done():
			t.Fatalf("the gate was told %q, want %q", got, want)
		}
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Fatalf("the gate was told %q, want %q", got, want)
	}
}

// let lets one statement pass.
func (g *told) let(t testing.TB) {
	t.Helper()
	select {
	case g.pass <- nil:
	case <-limited(t).Done():
		t.Fatal("nothing wants to pass")
	}
}
