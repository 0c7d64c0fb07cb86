package pg_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// lockers are two connections with a table of two rows, and a gate that lets pass.
func lockers(t *testing.T) (g *pg.Gateway, gate *told, a, b *pgx.Conn) {
	g, _ = listen(t, pg.Options{})
	a, b = connect(t, g.URL()), connect(t, g.URL())
	do(t, a, "create table t (id int primary key, n int)", "insert into t values (1, 0), (2, 0)")
	do(t, b, "select 1")
	gate = newTold()
	g.Guard(gate)
	return g, gate, a, b
}

// ran runs a statement through the gate.
func (g *told) ran(t *testing.T, number string, conn *pgx.Conn, sql, outcome string) {
	t.Helper()
	ended := behind(t, conn, sql)
	g.heard(t, "begin "+number+" "+placeholders(sql))
	g.let(t)
	g.heard(t, "end "+number+" "+outcome)
	words := strings.Split(outcome, " ")
	ends(t, ended, words[len(words)-2])
}

// placeholders is the name of a statement with digits for values.
func placeholders(sql string) string {
	return strings.NewReplacer("1", "?", "2", "?", "3", "?", "4", "?").Replace(sql)
}

func TestLockWaitsAreSeen(t *testing.T) {
	for name, c := range map[string]struct{ first, second, tag string }{
		"row":          {"update t set n = n + 1 where id = 1", "update t set n = n + 2 where id = 1", "UPDATE 1"},
		"for update":   {"select * from t where id = 1 for update", "select * from t where id = 1 for update", "SELECT 1"},
		"table":        {"lock table t", "select * from t", "SELECT 2"},
		"advisory":     {"select pg_advisory_xact_lock(1)", "select pg_advisory_xact_lock(1)", "SELECT 1"},
		"unique index": {"insert into t values (3)", "insert into t values (3)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g, gate, a, b := lockers(t)
			do(t, a, "begin")
			do(t, b, "begin")
			var tag string
			switch name {
			case "row", "table":
				tag = map[string]string{"row": "UPDATE 1", "table": "LOCK TABLE"}[name]
			case "unique index":
				tag = "INSERT 0 1"
			default:
				tag = "SELECT 1"
			}
			gate.ran(t, "1", a, c.first, tag+"  false")
			waiter := behind(t, b, c.second)
			gate.heard(t, "begin 2 "+placeholders(c.second))
			gate.let(t)
			gate.heard(t, "waits 2 for 1: true")
			commit := behind(t, a, "commit")
			gate.heard(t, "begin 1 commit")
			runs(t, waiter)
			gate.let(t)
			gate.heardAll(t, "back 2", "end 1 COMMIT  false")
			ends(t, commit, "")
			runs(t, waiter)
			gate.back <- nil
			state := ""
			if name == "unique index" {
				state = "23505"
			}
			gate.heard(t, "end 2 "+c.tag+" "+state+" false")
			ends(t, waiter, state)
			var waits []pg.Wait
			for _, e := range g.Record() {
				waits = append(waits, e.Waits...)
			}
			if len(waits) != 1 || len(waits[0].By) != 1 || waits[0].By[0].Connection != 1 {
				t.Errorf("the record has the waits %+v", waits)
			}
		})
	}
}

func TestADeadlockIsAnOutcome(t *testing.T) {
	_, gate, a, b := lockers(t)
	do(t, a, "begin")
	do(t, b, "begin")
	gate.ran(t, "1", a, "update t set n = 1 where id = 1", "UPDATE 1  false")
	gate.ran(t, "2", b, "update t set n = 2 where id = 2", "UPDATE 1  false")
	first := behind(t, a, "update t set n = 1 where id = 2")
	gate.heard(t, "begin 1 update t set n = ? where id = ?")
	gate.let(t)
	gate.heard(t, "waits 1 for 2: true")
	second := behind(t, b, "update t set n = 2 where id = 1")
	gate.heard(t, "begin 2 update t set n = ? where id = ?")
	gate.let(t)
	// Which one the server ends, and whether it was seen to wait before, is the server's affair; one is ended, and the other goes on.
	states, told := map[string]int{}, 0
	for told < 2 {
		select {
		case what := <-gate.what:
			if strings.HasPrefix(what, "back") {
				gate.back <- nil
			}
			if strings.HasPrefix(what, "end") {
				told++
				states[strings.Fields(what)[2]]++
			}
		case <-limited(t).Done():
			t.Fatalf("the gate was told of the ends %v", states)
		}
	}
	_, _ = <-first, <-second
	if states["40P01"] != 1 || states["UPDATE"] != 1 {
		t.Errorf("the ends were %v", states)
	}
}

func TestASerializationFailureIsAnOutcome(t *testing.T) {
	_, gate, a, b := lockers(t)
	do(t, a, "begin isolation level serializable")
	do(t, b, "begin isolation level serializable")
	gate.ran(t, "1", a, "select sum(n) from t", "SELECT 1  false")
	gate.ran(t, "2", b, "select sum(n) from t", "SELECT 1  false")
	gate.ran(t, "1", a, "update t set n = 1 where id = 1", "UPDATE 1  false")
	gate.ran(t, "2", b, "update t set n = 1 where id = 2", "UPDATE 1  false")
	gate.ran(t, "1", a, "commit", "COMMIT  false")
	gate.ran(t, "2", b, "commit", " 40001 false")
}

func TestLockWaitsOfWhatNobodyGuards(t *testing.T) {
	g, _ := listen(t, pg.Options{LockWaits: true})
	a, b := connect(t, g.URL()), connect(t, g.URL())
	do(t, a, "select pg_advisory_lock(1)")
	waiter := behind(t, b, "select pg_advisory_lock(1)")
	eventually(t, "the record has the wait", func() bool {
		record := g.Record()
		return len(record) == 2 && len(record[1].Waits) == 1 && record[1].Waits[0].By[0].Connection == 1
	})
	do(t, a, "select pg_advisory_unlock(1)")
	ends(t, waiter, "")
}

func TestALockOfSomebodyElse(t *testing.T) {
	g, database := listen(t, pg.Options{})
	direct, conn := connect(t, database), connect(t, g.URL())
	do(t, direct, "select pg_advisory_lock(1)")
	gate := newTold()
	g.Guard(gate)
	waiter := behind(t, conn, "select pg_advisory_lock(1)")
	gate.heard(t, "begin 1 select pg_advisory_lock(?)")
	gate.let(t)
	gate.heard(t, "waits 1 for 0: true")
	do(t, direct, "select pg_advisory_unlock(1)")
	gate.heard(t, "back 1")
	gate.back <- nil
	gate.heard(t, "end 1 SELECT 1  false")
	ends(t, waiter, "")
}

func TestWaitingTwice(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	a, b, c := connect(t, g.URL()), connect(t, g.URL()), connect(t, g.URL())
	do(t, a, "select pg_advisory_lock(1)")
	do(t, b, "select pg_advisory_lock(2)")
	do(t, c, "select 1")
	gate := newTold()
	g.Guard(gate)
	waiter := behind(t, c, "select pg_advisory_lock(1), pg_advisory_lock(2)")
	gate.heard(t, "begin 3 select pg_advisory_lock(?), pg_advisory_lock(?)")
	gate.let(t)
	gate.heard(t, "waits 3 for 1: true")
	first := behind(t, a, "select pg_advisory_unlock(1)")
	gate.heard(t, "begin 1 select pg_advisory_unlock(?)")
	gate.let(t)
	gate.heardAll(t, "end 1 SELECT 1  false", "waits 3 for 2: true")
	ends(t, first, "")
	unlock := behind(t, b, "select pg_advisory_unlock(2)")
	gate.heard(t, "begin 2 select pg_advisory_unlock(?)")
	gate.let(t)
	gate.heardAll(t, "back 3", "end 2 SELECT 1  false")
	ends(t, unlock, "")
	gate.back <- nil
	gate.heard(t, "end 3 SELECT 1  false")
	ends(t, waiter, "")
}
