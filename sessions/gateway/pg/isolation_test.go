package pg_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

func TestIsolation(t *testing.T) {
	for _, m := range modes {
		t.Run(m.String(), func(t *testing.T) {
			g, _ := listen(t, pg.Options{})
			level := func(conn *pgx.Conn) string {
				return one[string](t, conn, "select current_setting('transaction_isolation')")
			}
			want := func(conn *pgx.Conn, want string) {
				t.Helper()
				if got := level(conn); got != want {
					t.Errorf("the level is %q, want %q", got, want)
				}
			}
			set := func(level string) {
				t.Helper()
				if err := g.Isolation(level); err != nil {
					t.Fatal(err)
				}
			}
			old := connect(t, g.URL(), mode(m))
			want(old, pg.ReadCommitted)
			set(pg.Serializable)
			want(old, pg.Serializable)
			fresh := connect(t, g.URL(), mode(m))
			own := connect(t, g.URL()+"&default_transaction_isolation=repeatable%20read", mode(m))
			want(fresh, pg.Serializable)
			want(own, pg.Serializable)
			do(t, old, "begin")
			set(pg.RepeatableRead)
			want(old, pg.Serializable) // a transaction keeps what it has
			do(t, old, "commit")
			want(old, pg.RepeatableRead)
			want(fresh, pg.RepeatableRead)
			do(t, old, "reset all")
			want(old, pg.RepeatableRead)
			do(t, old, "begin isolation level read committed")
			want(old, pg.ReadCommitted)
			do(t, old, "rollback")
			set("")
			want(old, pg.ReadCommitted)
			want(fresh, pg.ReadCommitted)
			want(own, pg.RepeatableRead)
			if err := g.Isolation("chaos"); err == nil {
				t.Error("a level that there is not is taken")
			}
			for _, note := range g.Notes() {
				t.Error(note)
			}
		})
	}
}
