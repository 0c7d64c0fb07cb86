package pg_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

func TestARuleHolds(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	a := connect(t, g.URL(), func(c *pgx.ConnConfig) { c.RuntimeParams["application_name"] = "phonebook" })
	b := connect(t, g.URL())
	do(t, a, "create table t (id int)")
	rule, err := g.Hold(pg.Match{SQL: "^INSERT into t", Application: "phonebook", Nth: 2})
	if err != nil {
		t.Fatal(err)
	}
	do(t, b, "insert into t values (1)")
	do(t, a, "insert into t values (2)")
	ended := behind(t, a, "insert into t values (3)")
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	if held.String() != "connection 1 insert into t values (?)" || rule.Seen() != 2 {
		t.Errorf("%s is held, %d matched", held, rule.Seen())
	}
	if n := one[int](t, b, "select count(*) from t"); n != 2 {
		t.Errorf("%d rows", n)
	}
	runs(t, ended)
	held.Release()
	exchange, err := held.Answered(limited(t))
	if err != nil || exchange.Tag != "INSERT 0 1" || exchange.Rows() != 1 || exchange.Held.IsZero() || exchange.Released.Seq <= exchange.Held.Seq {
		t.Errorf("%v, %+v", err, exchange)
	}
	ends(t, ended, "")
}

func TestHeldTellsWhatWasSeenInstead(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	conn := connect(t, g.URL())
	rule, err := g.Hold(pg.Match{SQL: "^update", Connection: 1})
	if err != nil {
		t.Fatal(err)
	}
	do(t, conn, "select 42")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, err = rule.Held(ctx)
	if want := "for ^update on connection 1 to be held: enough; 0 matched; it saw connection 1 select ?"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want %s", err, want)
	}
	if idle := g.Unmatched(); len(idle) != 1 || idle[0] != rule {
		t.Errorf("unmatched are %v", idle)
	}
}

func TestRulesThatDoNotFit(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	for name, c := range map[string]struct {
		make func() (*pg.Rule, error)
		want []string
	}{
		"match": {func() (*pg.Rule, error) {
			return g.Hold(pg.Match{SQL: "(", Nth: -1, Count: -2, Connection: -3})
		}, []string{"Nth is -1", "Count is -2", "Connection is -3", "missing closing )"}},
		"delay": {func() (*pg.Rule, error) { return g.Delay(pg.Match{}, 0) }, []string{"a delay of 0s: it must be positive"}},
		"state": {func() (*pg.Rule, error) { return g.Fail(pg.Match{}, "4000") }, []string{`SQLSTATE "4000"`}},
	} {
		_, err := c.make()
		if !errors.Is(err, pg.ErrInvalidRule) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not say %q", name, err, want)
			}
		}
	}
}

func TestARuleDelays(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	conn := connect(t, g.URL())
	const delay = 50 * time.Millisecond
	if _, err := g.Delay(pg.Match{SQL: "^select"}, delay); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	do(t, conn, "select 1")
	if took := time.Since(start); took < delay {
		t.Errorf("it took %v", took)
	}
}

func TestARuleWatches(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	conn := connect(t, g.URL())
	rule, err := g.Watch(pg.Match{SQL: "^select", Count: pg.Every})
	if err != nil {
		t.Fatal(err)
	}
	do(t, conn, "select 1", "select 2", "begin", "commit")
	taken, err := rule.Taken(limited(t))
	if err != nil || rule.Seen() != 2 || taken.Statement().SQL != "select 1" {
		t.Errorf("%v, %d, %v", err, rule.Seen(), taken)
	}
}

func TestFaults(t *testing.T) {
	for _, m := range modes {
		for name, c := range map[string]struct {
			rule    func(*pg.Gateway) (*pg.Rule, error)
			there   int  // rows afterwards
			usable  bool // the connection, afterwards
			refused string
		}{
			"lost before": {func(g *pg.Gateway) (*pg.Rule, error) { return g.Reset(pg.Match{SQL: "^commit"}) }, 0, false, ""},
			"lost after":  {func(g *pg.Gateway) (*pg.Rule, error) { return g.Lose(pg.Match{SQL: "^commit"}) }, 1, false, ""},
			"fails":       {func(g *pg.Gateway) (*pg.Rule, error) { return g.Fail(pg.Match{SQL: "^commit"}, "40001") }, 0, true, "40001"},
			"fails early": {func(g *pg.Gateway) (*pg.Rule, error) { return g.Fail(pg.Match{SQL: "^insert"}, "53100") }, 0, true, "53100"},
		} {
			t.Run(m.String()+" "+name, func(t *testing.T) {
				g, database := listen(t, pg.Options{})
				conn, direct := connect(t, g.URL(), mode(m)), connect(t, database)
				do(t, direct, "create table t (id int)")
				if _, err := c.rule(g); err != nil {
					t.Fatal(err)
				}
				_, err := conn.Exec(limited(t), "begin")
				if err == nil {
					_, err = conn.Exec(limited(t), "insert into t values ($1)", 1)
				}
				if err == nil {
					_, err = conn.Exec(limited(t), "commit")
				}
				var refused *pgconn.PgError
				if errors.As(err, &refused) && refused.Code != c.refused || err == nil || c.refused == "" && refused != nil {
					t.Errorf("the application is told %v, want %q", err, c.refused)
				}
				if conn.IsClosed() == c.usable {
					t.Errorf("the connection is closed: %t", conn.IsClosed())
				}
				if c.usable {
					do(t, conn, "rollback", "select 1")
				}
				if n := one[int](t, direct, "select count(*) from t"); n != c.there {
					t.Errorf("%d rows, want %d", n, c.there)
				}
				for _, note := range g.Notes() {
					t.Error(note)
				}
			})
		}
	}
}

func TestDropAndClose(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	a, b := connect(t, g.URL()), connect(t, g.URL())
	rule, err := g.Hold(pg.Match{Count: pg.Every})
	if err != nil {
		t.Fatal(err)
	}
	dropped := behind(t, a, "select 1")
	held, err := rule.Held(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	held.Drop()
	if err := <-dropped; err == nil {
		t.Error("what was dropped succeeded")
	}
	kept := behind(t, b, "select 2")
	if _, err := rule.Held(limited(t)); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if err := <-kept; err == nil {
		t.Error("what was held when the gateway closed succeeded")
	}
	if _, err := rule.Held(limited(t)); !errors.Is(err, pg.ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAFaultAtASyncThatCommits(t *testing.T) {
	g, database := listen(t, pg.Options{})
	direct := connect(t, database)
	do(t, direct, "create table t (id int)")
	f := dial(t, g)
	f.startup(t)
	if _, err := g.Fail(pg.Match{SQL: "^commit$"}, "40001"); err != nil {
		t.Fatal(err)
	}
	f.write(parseMessage("", "insert into t values (1)"), bindMessage("", ""), executeMessage("", 0), flushMessage)
	f.until(t, 'C')
	f.write(syncMessage)
	if got := f.until(t, 'Z'); got != "EZ" {
		t.Errorf("the answers are %q", got)
	}
	if one[int](t, direct, "select count(*) from t") != 0 {
		t.Error("it was committed")
	}
}

func TestHolding(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	conn := connect(t, g.URL())
	rule, err := g.Hold(pg.Match{})
	if err != nil {
		t.Fatal(err)
	}
	ended := behind(t, conn, "select 1")
	if _, err := rule.Held(limited(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is held", func() bool { return slices.Equal(g.Holding(), []string{"connection 1 select ?"}) })
	g.ReleaseAll()
	ends(t, ended, "")
	if holding := g.Holding(); len(holding) != 0 {
		t.Errorf("it still has %q", holding)
	}
}
