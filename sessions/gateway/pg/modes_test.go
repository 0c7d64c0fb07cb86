package pg_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// open is a gate that lets everything pass.
type open struct{}

func (open) Begin(pg.Statement) pg.Passing { return nil }

func TestEveryModeOfPgx(t *testing.T) {
	for _, m := range modes {
		for name, gate := range map[string]pg.Gate{"free": nil, "guarded": open{}} {
			t.Run(m.String()+" "+name, func(t *testing.T) {
				g, _ := listen(t, pg.Options{})
				g.Guard(gate)
				conn := connect(t, g.URL(), mode(m))
				do(t, conn, "create table t (id int primary key, name text)", "insert into t select i, 'n' || i from generate_series(1, 10000) i")
				tx, err := conn.Begin(limited(t))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tx.Exec(limited(t), "update t set name = $1 where id < $2", "x", 11); err != nil {
					t.Fatal(err)
				}
				if err := tx.Commit(limited(t)); err != nil {
					t.Fatal(err)
				}
				rows, err := conn.Query(limited(t), "select id, name from t order by id")
				if err != nil {
					t.Fatal(err)
				}
				var id, n, changed int
				var text string
				if _, err := pgx.ForEachRow(rows, []any{&id, &text}, func() error {
					n++
					if text == "x" {
						changed++
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if n != 10000 || changed != 10 {
					t.Errorf("%d rows, %d changed", n, changed)
				}
				if _, err := conn.Exec(limited(t), "select 1/(id-5) from t"); err == nil {
					t.Error("a division by zero did not fail")
				}
				if one[int](t, conn, "select count(*) from t where id = $1", 5) != 1 {
					t.Error("the connection is not usable after an error")
				}
				for _, note := range g.Notes() {
					t.Error(note)
				}
				record := g.Record()
				if len(record) < 7 {
					t.Errorf("%d statements were recorded", len(record))
				}
				for _, e := range record {
					t.Logf("%+v", e)
				}
			})
		}
	}
}
