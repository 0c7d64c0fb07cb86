package pg_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// tool runs a program of PostgreSQL's.
func tool(t testing.TB, input, name string, arguments ...string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(limited(t), filepath.Join(postgres.Need(t).Bin(), name), arguments...)
	command.Stdin = strings.NewReader(input)
	command.Env = append(os.Environ(), "PSQLRC=/dev/null", "LC_ALL=C")
	out, err := command.CombinedOutput()
	return string(out), err
}

func need(t testing.TB, output string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return output
}

const script = `
create table people (id serial primary key, name text unique, born date);
insert into people (name, born) values ('Ada', '1815-12-10'), ('Grace', '1906-12-09'); select count(*) from people;
\copy people (name, born) from stdin csv
Alan,1912-06-23
"Edsger, W.",1930-05-11
\.
\copy (select name from people order by id) to stdout
insert into people (name) values ('Ada');
begin; insert into people (name) values ('Barbara'); select 1/0; commit;
rollback;
select name from people order by name;
\copy people (name, born) from stdin csv
Kurt,never
\.
set client_min_messages = debug1;
do $$ begin raise notice 'a notice'; end $$;
select lo_from_bytea(4242, 'large object');
\lo_export 4242 /dev/null
select repeat('x', 100000) = repeat('x', 100000), length(repeat('é', 70000));
\set FETCH_COUNT 3
select * from generate_series(1, 10);
\unset FETCH_COUNT
select 'a;b' as "semi;colon" \; select 2 \; select 3;
;
prepare p as select $1::int + 1; execute p(41); deallocate p;
explain (costs off) select 1;
listen bell; notify bell, 'rings';
\d people
`

func TestPsqlSeesNoDifference(t *testing.T) {
	for name, gate := range map[string]pg.Gate{"free": nil, "guarded": open{}} {
		t.Run(name, func(t *testing.T) {
			g, _ := listen(t, pg.Options{})
			g.Guard(gate)
			through, err := tool(t, script, "psql", "-X", "-a", g.URL())
			need(t, through, err)
			direct, err := tool(t, script, "psql", "-X", "-a", postgres.NeedDatabase(t))
			need(t, direct, err)
			for _, want := range []string{"Edsger", "division by zero", "invalid input syntax", "a notice", "rings"} {
				if !strings.Contains(through, want) {
					t.Errorf("the script did not come to %q:\n%s", want, through)
				}
			}
			if a, b := scrub(through), scrub(direct); a != b {
				t.Errorf("through the gateway:\n%s\ndirect:\n%s", a, b)
			}
			for _, note := range g.Notes() {
				t.Error(note)
			}
		})
	}
}

// scrub takes out process numbers, which differ.
func scrub(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if before, _, found := strings.Cut(line, "from server process with PID"); found {
			lines[i] = before
		}
	}
	return strings.Join(lines, "\n")
}

func TestPgbench(t *testing.T) {
	pipelined := filepath.Join(t.TempDir(), "pipelined.sql")
	const lines = "\\set aid random(1, 100000)\n\\startpipeline\nbegin;\nupdate pgbench_accounts set abalance = abalance + 1 where aid = :aid;\nselect abalance from pgbench_accounts where aid = :aid;\ncommit;\n\\endpipeline\n"
	if err := os.WriteFile(pipelined, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, gate := range map[string]pg.Gate{"free": nil, "guarded": open{}} {
		t.Run(name, func(t *testing.T) {
			g, database := listen(t, pg.Options{})
			direct := connect(t, database)
			g.Guard(gate)
			out, err := tool(t, "", "pgbench", "-i", "-q", g.URL())
			need(t, out, err)
			for _, arguments := range [][]string{
				{"-M", "simple"}, {"-M", "extended"}, {"-M", "prepared"}, {"-S", "-M", "prepared"}, {"-M", "extended", "-f", pipelined}, {"-M", "prepared", "-f", pipelined},
			} {
				before := one[int](t, direct, "select count(*) from pgbench_history")
				out, err := tool(t, "", "pgbench", append(append([]string{"-n", "-c", "4", "-t", "25"}, arguments...), g.URL())...)
				need(t, out, err)
				if !strings.Contains(out, "number of transactions actually processed: 100/100") || !strings.Contains(out, "number of failed transactions: 0 ") {
					t.Errorf("%q:\n%s", arguments, out)
				}
				if added := one[int](t, direct, "select count(*) from pgbench_history") - before; len(arguments) == 2 && added != 100 {
					t.Errorf("%q: %d transactions are in the history", arguments, added)
				}
			}
			if !one[bool](t, direct, "select sum(bbalance) = (select sum(delta) from pgbench_history) from pgbench_branches") {
				t.Error("the sums differ")
			}
			for _, note := range g.Notes() {
				t.Error(note)
			}
		})
	}
}

func TestDumpAndRestore(t *testing.T) {
	g, database := listen(t, pg.Options{})
	out, err := tool(t, script, "psql", "-X", g.URL())
	need(t, out, err)
	g.Guard(open{})
	file := filepath.Join(t.TempDir(), "dump")
	out, err = tool(t, "", "pg_dump", "-Fc", "-f", file, g.URL())
	need(t, out, err)
	other, there := listen(t, pg.Options{})
	other.Guard(open{})
	out, err = tool(t, "", "pg_restore", "--exit-on-error", "-d", other.URL(), file)
	need(t, out, err)
	before, err := tool(t, "", "pg_dump", database)
	need(t, before, err)
	after, err := tool(t, "", "pg_dump", there)
	need(t, after, err)
	if before = unrestricted(before); before != unrestricted(after) || !strings.Contains(before, "Edsger, W.") {
		t.Errorf("the dump is\n%s\nthe restored one\n%s", before, after)
	}
}

// unrestricted takes out lines with keys that are made at random.
func unrestricted(dump string) string {
	var kept []string
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

func TestNotificationsFlow(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	a, b := connect(t, g.URL()), connect(t, g.URL())
	do(t, a, "listen bell")
	do(t, b, "notify bell, 'rings'")
	n, err := a.WaitForNotification(limited(t))
	if err != nil || n.Payload != "rings" {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestCopyOfPgx(t *testing.T) {
	for name, gate := range map[string]pg.Gate{"free": nil, "guarded": open{}} {
		t.Run(name, func(t *testing.T) {
			g, _ := listen(t, pg.Options{})
			g.Guard(gate)
			conn := connect(t, g.URL())
			do(t, conn, "create table t (id int, text text)")
			const rows = 20_000
			n, err := conn.CopyFrom(limited(t), pgx.Identifier{"t"}, []string{"id", "text"},
				pgx.CopyFromSlice(rows, func(i int) ([]any, error) { return []any{i, strings.Repeat("x", i%200)}, nil }))
			if err != nil || n != rows {
				t.Fatalf("%d, %v", n, err)
			}
			var out bytes.Buffer
			if _, err := conn.PgConn().CopyTo(limited(t), &out, "copy t to stdout"); err != nil || bytes.Count(out.Bytes(), []byte("\n")) != rows {
				t.Errorf("%d bytes, %v", out.Len(), err)
			}
			failed := fmt.Errorf("no more")
			if _, err := conn.CopyFrom(limited(t), pgx.Identifier{"t"}, []string{"id"}, pgx.CopyFromFunc(func() ([]any, error) { return nil, failed })); err == nil {
				t.Error("a copy that the application broke off succeeded")
			}
			if one[int](t, conn, "select count(*) from t") != rows {
				t.Error("there are other rows")
			}
		})
	}
}

func TestALargeResultFlows(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	g.Guard(open{})
	conn := connect(t, g.URL())
	rows, err := conn.Query(limited(t), "select repeat('x', 1000000) from generate_series(1, 40) union all select repeat('y', 10) from generate_series(1, 100000)")
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for rows.Next() {
		size += len(rows.RawValues()[0])
	}
	if err := rows.Err(); err != nil || size != 41_000_000 {
		t.Errorf("%d bytes, %v", size, err)
	}
}

func TestALargeStatementFlows(t *testing.T) {
	for _, m := range modes {
		t.Run(m.String(), func(t *testing.T) {
			g, _ := listen(t, pg.Options{})
			g.Guard(open{})
			conn := connect(t, g.URL(), mode(m))
			text := strings.Repeat("é'", 200_000)
			if got := one[string](t, conn, "select $1::text || '"+strings.Repeat("z", 100_000)+"'", text); got != text+strings.Repeat("z", 100_000) {
				t.Errorf("%d bytes came back", len(got))
			}
			if e := g.Record()[0]; len([]rune(e.Name)) > 80 || e.Err != "" {
				t.Errorf("%q %s", e.Name, e.Err)
			}
		})
	}
}

func TestReplicationPasses(t *testing.T) {
	g, _ := listen(t, pg.Options{})
	out, err := tool(t, "IDENTIFY_SYSTEM;\n", "psql", "-X", "-t", g.URL()+"&replication=1")
	need(t, out, err)
	if strings.Count(out, "|") < 3 {
		t.Errorf("it says %q", out)
	}
	if notes := g.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "replicates") {
		t.Errorf("the notes are %q", notes)
	}
}
