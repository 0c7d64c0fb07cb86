package pg_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// behind runs a statement in the background.
func behind(t testing.TB, conn *pgx.Conn, sql string, args ...any) <-chan error {
	return background(t, func(ctx context.Context) error {
		_, err := conn.Exec(ctx, sql, args...)
		return err
	})
}

// background runs something that the test waits for in any case.
func background(t testing.TB, run func(context.Context) error) <-chan error {
	ended, over := make(chan error, 1), make(chan struct{})
	ctx, cancel := context.WithCancel(limited(t))
	go func() {
		defer close(over)
		ended <- run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-over })
	return ended
}

// ends waits for what runs in the background, and wants its SQLSTATE.
func ends(t testing.TB, ended <-chan error, state string) {
	t.Helper()
	select {
	case err := <-ended:
		var refused *pgconn.PgError
		switch {
		case err == nil && state == "":
		case errors.As(err, &refused) && refused.Code == state:
		default:
			t.Fatalf("it ended with %v, want SQLSTATE %q", err, state)
		}
	case <-limited(t).Done():
		t.Fatal("it did not end")
	}
}

func runs(t testing.TB, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		t.Fatalf("it ended too early: %v", err)
	default:
	}
}

func TestAGateHoldsEachStatement(t *testing.T) {
	for _, m := range modes {
		t.Run(m.String(), func(t *testing.T) {
			g, _ := listen(t, pg.Options{})
			conn := connect(t, g.URL(), mode(m))
			do(t, conn, "create table t (id int primary key)")
			gate := newTold()
			g.Guard(gate)
			do(t, conn, "begin", "set statement_timeout = 0", "")
			ended := behind(t, conn, "insert into t values ($1)", 7)
			gate.heard(t, "begin 1 insert into t values (?)")
			runs(t, ended)
			gate.let(t)
			gate.heard(t, "end 1 INSERT 0 1  false")
			ends(t, ended, "")
			ended = behind(t, conn, "commit")
			gate.heard(t, "begin 1 commit")
			gate.let(t)
			gate.heard(t, "end 1 COMMIT  false")
			ends(t, ended, "")
			g.Guard(nil)
			if n := one[int](t, conn, "select count(*) from t"); n != 1 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

func TestWhatAGateRefusesNeverReachesTheServer(t *testing.T) {
	g, database := listen(t, pg.Options{})
	conn, direct := connect(t, g.URL()), connect(t, database)
	do(t, direct, "create table t (id int)")
	gate := newTold()
	g.Guard(gate)
	ended := behind(t, conn, "insert into t values (1)")
	gate.heard(t, "begin 1 insert into t values (?)")
	gate.pass <- errors.New("it does not fit")
	gate.heard(t, "end 1   true")
	if err := <-ended; err == nil {
		t.Error("the application was not told")
	}
	if one[int](t, direct, "select count(*) from t") != 0 {
		t.Error("it was inserted")
	}
}

func TestAnApplicationThatGoesWhileItIsHeld(t *testing.T) {
	for name, leave := range map[string]func(*frontend){
		"closes":     func(f *frontend) { _ = f.Close() },
		"terminates": func(f *frontend) { f.write(encode(&pgproto3.Terminate{})) },
	} {
		t.Run(name, func(t *testing.T) {
			g, database := listen(t, pg.Options{})
			direct := connect(t, database)
			do(t, direct, "create table t (id int)")
			f := dial(t, g)
			f.startup(t)
			gate := newTold()
			g.Guard(gate)
			f.write(encode(&pgproto3.Query{String: "insert into t values (1)"}))
			gate.heard(t, "begin 1 insert into t values (?)")
			leave(f)
			gate.heard(t, "end 1   true")
			if one[int](t, direct, "select count(*) from t") != 0 {
				t.Error("it was inserted")
			}
		})
	}
}

func TestWhatIsHeldCanBeCancelled(t *testing.T) {
	for _, m := range modes {
		t.Run(m.String(), func(t *testing.T) {
			g, _ := listen(t, pg.Options{})
			conn := connect(t, g.URL(), mode(m))
			do(t, conn, "create table t (id int)")
			gate := newTold()
			g.Guard(gate)
			ended := behind(t, conn, "insert into t values ($1)", 1)
			gate.heard(t, "begin 1 insert into t values (?)")
			if err := conn.PgConn().CancelRequest(limited(t)); err != nil {
				t.Fatal(err)
			}
			gate.heard(t, "end 1  57014 false")
			ends(t, ended, "57014")
			g.Guard(nil)
			if one[int](t, conn, "select count(*) from t") != 0 {
				t.Error("it was inserted")
			}
		})
	}
}

func TestWhatRunsCanBeCancelled(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	conn := connect(t, g.URL())
	gate := newTold()
	g.Guard(gate)
	ended := behind(t, conn, "select pg_sleep(60)")
	gate.heard(t, "begin 1 select pg_sleep(?)")
	gate.let(t)
	eventually(t, "it runs", func() bool { return !g.Record()[0].Sent.IsZero() })
	for range 100 { // one that comes before the statement does nothing
		if err := conn.PgConn().CancelRequest(limited(t)); err != nil {
			t.Fatal(err)
		}
		if len(gate.what) > 0 {
			break
		}
	}
	gate.heard(t, "end 1  57014 false")
	ends(t, ended, "57014")
}

func TestAPipelineIsTakenApart(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	conn := connect(t, g.URL(), mode(pgx.QueryExecModeExec))
	do(t, conn, "create table t (id int primary key)")
	gate := newTold()
	g.Guard(gate)
	batch := &pgx.Batch{}
	batch.Queue("insert into t values ($1)", 1)
	batch.Queue("insert into t values ($1), (2)", 3)
	batch.Queue("select count(*) from t")
	ended := background(t, func(ctx context.Context) error { return conn.SendBatch(ctx, batch).Close() })
	for _, step := range []struct{ name, tag string }{
		{"insert into t values (?)", "INSERT 0 1"}, {"insert into t values (?), (?)", "INSERT 0 2"}, {"select count(*) from t", "SELECT 1"},
	} {
		gate.heard(t, "begin 1 "+step.name)
		runs(t, ended)
		gate.let(t)
		gate.heard(t, "end 1 "+step.tag+"  false")
	}
	ends(t, ended, "")
}

func TestAnErrorInAPipelineEndsIt(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	conn := connect(t, g.URL(), mode(pgx.QueryExecModeExec))
	do(t, conn, "create table t (id int primary key)", "insert into t values (1)")
	gate := newTold()
	g.Guard(gate)
	batch := &pgx.Batch{}
	batch.Queue("insert into t values ($1)", 1)
	batch.Queue("insert into t values ($1)", 2)
	ended := background(t, func(ctx context.Context) error { return conn.SendBatch(ctx, batch).Close() })
	gate.heard(t, "begin 1 insert into t values (?)")
	gate.let(t)
	gate.heard(t, "end 1  23505 false")
	ends(t, ended, "23505")
	g.Guard(nil)
	if n := one[int](t, conn, "select count(*) from t"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestFurtherRowsOfAPortalAreNoNewStatement(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	f := dial(t, g)
	f.startup(t)
	gate := newTold()
	g.Guard(gate)
	f.query(t, "begin")
	f.write(parseMessage("", "select generate_series(1, 5)"), bindMessage("p", ""), executeMessage("p", 2), flushMessage)
	gate.heard(t, "begin 1 select generate_series(?)")
	gate.let(t)
	gate.heard(t, "end 1   false")
	if got := f.until(t, 's'); got != "12DDs" {
		t.Errorf("the answers are %q", got)
	}
	f.write(executeMessage("p", 2), flushMessage)
	if got := f.until(t, 's'); got != "DDs" {
		t.Errorf("the answers are %q", got)
	}
	f.write(executeMessage("p", 0), syncMessage)
	if got := f.until(t, 'Z'); got != "DCZ" {
		t.Errorf("the answers are %q", got)
	}
}

func TestASyncThatCommitsIsAPoint(t *testing.T) {
	g, database := listen(t, pg.Options{})
	direct := connect(t, database)
	do(t, direct, "create table t (id int)")
	f := dial(t, g)
	f.startup(t)
	gate := newTold()
	g.Guard(gate)
	f.write(parseMessage("", "insert into t values (1)"), bindMessage("", ""), executeMessage("", 0), flushMessage)
	gate.heard(t, "begin 1 insert into t values (?)")
	gate.let(t)
	gate.heard(t, "end 1 INSERT 0 1  false")
	if got := f.until(t, 'C'); got != "12C" {
		t.Errorf("the answers are %q", got)
	}
	f.write(syncMessage)
	gate.heard(t, "begin 1 COMMIT")
	if one[int](t, direct, "select count(*) from t") != 0 {
		t.Error("it was committed before the gate let it")
	}
	gate.let(t)
	gate.heard(t, "end 1   false")
	if got := f.until(t, 'Z'); got != "Z" {
		t.Errorf("the answers are %q", got)
	}
	if one[int](t, direct, "select count(*) from t") != 1 {
		t.Error("it was not committed")
	}
}

// knowing keeps what it is told of statements, and lets them pass.
type knowing struct{ all chan pg.Statement }

func (k knowing) Begin(s pg.Statement) pg.Passing { k.all <- s; return nil }

func TestWhatAGateKnows(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	gate := knowing{make(chan pg.Statement, 10)}
	conn := connect(t, g.URL(), func(c *pgx.ConnConfig) { c.RuntimeParams["application_name"] = "phonebook" })
	other := connect(t, g.URL())
	do(t, other, "set session characteristics as transaction isolation level serializable")
	g.Guard(gate)
	do(t, conn, "begin", "select 1 /*action='rename'*/")
	s := <-gate.all
	if s.Connection != 1 || s.Backend != conn.PgConn().PID() || s.Application != "phonebook" || s.Name != "select ?" || s.Kind != pg.Query ||
		s.Comment["action"] != "rename" || !s.InTransaction || !s.ReadOnly {
		t.Errorf("%+v", s)
	}
	do(t, conn, "rollback")
	if s := <-gate.all; s.Kind != pg.Rollback || !s.InTransaction || s.ReadOnly {
		t.Errorf("%+v", s)
	}
	do(t, other, "select 1")
	if s := <-gate.all; s.Connection != 2 || s.InTransaction || s.ReadOnly {
		t.Errorf("a read of a serializable connection: %+v", s)
	}
}

func TestAStatementEndsWhenItIsCommitted(t *testing.T) {
	for _, m := range modes {
		t.Run(m.String(), func(t *testing.T) {
			g, _ := listen(t, pg.Options{})
			conn := connect(t, g.URL(), mode(m))
			do(t, conn, "create table t (id int unique deferrable initially deferred)", "insert into t values (1)")
			gate := newTold()
			g.Guard(gate)
			ended := behind(t, conn, "insert into t values ($1)", 1)
			gate.heard(t, "begin 1 insert into t values (?)")
			gate.let(t)
			gate.heard(t, "end 1  23505 false")
			ends(t, ended, "23505")
		})
	}
}

func TestCopyInTheExtendedProtocol(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	f := dial(t, g)
	f.startup(t)
	gate := newTold()
	g.Guard(gate)
	f.write(encode(&pgproto3.Query{String: "create temporary table t (id int)"}))
	gate.heard(t, "begin 1 create temporary table t (id int)")
	gate.let(t)
	gate.heard(t, "end 1 CREATE TABLE  false")
	f.until(t, 'Z')
	begin := slices.Concat(parseMessage("", "copy t from stdin"), bindMessage("", ""), executeMessage("", 0), syncMessage)
	good, bad := encode(&pgproto3.CopyData{Data: []byte("8\n")}), encode(&pgproto3.CopyData{Data: []byte("x\n")})
	done := encode(&pgproto3.CopyDone{})
	for name, c := range map[string]struct {
		data   []byte
		wait   bool // for the server to be ready for data
		answer string
		end    string
	}{
		"in turns":         {good, true, "CZ", "COPY 1  false"},
		"a Sync too many":  {slices.Concat(syncMessage, good), true, "CZ", "COPY 1  false"},
		"at once":          {good, false, "12GCZ", "COPY 1  false"},
		"refused":          {bad, true, "EZ", " 22P02 false"},
		"refused, at once": {bad, false, "12GEZ", " 22P02 false"},
	} {
		t.Run(name, func(t *testing.T) {
			rest := slices.Concat(c.data, done, syncMessage)
			if c.wait {
				f.write(begin)
			} else {
				f.write(begin, rest)
			}
			gate.heard(t, "begin 1 copy t from stdin")
			gate.let(t)
			if c.wait {
				f.until(t, 'G')
				f.write(rest)
			}
			gate.heard(t, "end 1 "+c.end)
			if got := f.until(t, 'Z'); got != c.answer {
				t.Errorf("the answers are %q, want %q", got, c.answer)
			}
			f.write(encode(&pgproto3.Query{String: "select 1"})) // both sides still agree
			gate.heard(t, "begin 1 select ?")
			gate.let(t)
			gate.heard(t, "end 1 SELECT 1  false")
			if got := f.until(t, 'Z'); got != "TDCZ" {
				t.Errorf("the answers are %q", got)
			}
		})
	}
}

func TestWhichTransactionAStatementIsIn(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	gate := knowing{make(chan pg.Statement, 10)}
	conn := connect(t, g.URL(), mode(pgx.QueryExecModeExec))
	g.Guard(gate)
	for _, step := range []struct {
		say  string
		want int
	}{
		{"select 1", 0}, {"begin", -1}, {"select 2", 1}, {"commit", 1}, {"select 3", 0},
		{"begin", -1}, {"select 4; commit", 2}, {"select 5", 0}, {"begin; select 6", 0}, {"rollback", 3},
	} {
		if _, err := conn.PgConn().Exec(limited(t), step.say).ReadAll(); err != nil {
			t.Fatal(err)
		}
		if step.want < 0 {
			continue // it is no point
		}
		if s := <-gate.all; s.Transaction != step.want || s.InTransaction != (step.want > 0) {
			t.Errorf("%s: transaction %d, %t; want %d", step.say, s.Transaction, s.InTransaction, step.want)
		}
	}
	batch := &pgx.Batch{} // its BEGIN has no answer when the rest is sent
	for _, sql := range []string{"begin", "select 7", "commit"} {
		batch.Queue(sql)
	}
	if err := conn.SendBatch(limited(t), batch).Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if s := <-gate.all; s.Transaction != 4 || !s.InTransaction {
			t.Errorf("%s in a pipeline: transaction %d, %t", s.Name, s.Transaction, s.InTransaction)
		}
	}
}
