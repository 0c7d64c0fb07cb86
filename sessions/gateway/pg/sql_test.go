package pg

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT count(*) FROM contacts WHERE id = $1":                             "SELECT count(*) FROM contacts WHERE id = ?",
		"select  *\n\tfrom t -- why\nwhere a='it''s' and b = -1.5e3 and c=E'\\''": "select * from t where a=? and b = ? and c=E?",
		"INSERT INTO t VALUES ($1, $2, $3), ( 4 ,5, 'x')":                         "INSERT INTO t VALUES (?), (?)",
		"select a-1, a -1, b": "select a-?, a ?, b",
		"/* c */ UPDATE t SET a = $tag$ x; y $tag$ WHERE b IN (1,2,3) RETURNING a": "UPDATE t SET a = ? WHERE b IN (?) RETURNING a",
		"begin; update t set a = 1; commit;":                                       "begin; update t set a = ?; commit",
		"select 1, now(), 2, 3":                                                    "select ?, now(), ?",
		"":                                                                         "",
		" ; ;":                                                                     "",
	} {
		if got := (&source{sql: sql}).analyse().name(); got != want {
			t.Errorf("%q is named %q, want %q", sql, got, want)
		}
	}
}

func TestLongNamesDiffer(t *testing.T) {
	long := "SELECT " + strings.Repeat("é, ", 100)
	a, b := (&source{sql: long + "a"}).analyse().name(), (&source{sql: long + "b"}).analyse().name()
	if a == b || utf8.RuneCountInString(a) > maxName || !strings.HasPrefix(a, "SELECT é, é") || !strings.Contains(a, "…") {
		t.Errorf("the names are %q and %q", a, b)
	}
}

func TestKinds(t *testing.T) {
	for sql, want := range map[string]Kind{
		"COMMIT": Commit, "commit work;": Commit, "END": Commit, "COMMIT PREPARED 'x'": Query,
		"rollback": Rollback, "ABORT": Rollback, "ROLLBACK TO SAVEPOINT s": Query, "rollback work to s": Query,
		"BEGIN": Other, "start transaction isolation level serializable": Other, "": Other, ";": Other, "/* x */": Other,
		"set x = 1": Other, "SET CONSTRAINTS ALL IMMEDIATE": Query, "show x": Other, "reset all": Other, "discard all": Other,
		"deallocate x": Other, "savepoint s": Other, "release s": Other,
		"copy t from stdin": Copy, "select 1": Query, "begin; select 1; commit": Query, "begin; select 1": Query, "begin; commit": Commit,
		"/* a */ -- b\n commit": Commit, "truncate t": Query,
	} {
		if got := (&source{sql: sql}).analyse().kind; got != want {
			t.Errorf("%q is %v, want %v", sql, got, want)
		}
	}
}

func TestReadOnly(t *testing.T) {
	for sql, want := range map[string]bool{
		"select 1": true, "SELECT count(*), max(a) FROM t WHERE b IN (1, 2) AND NOT (c = 'x;y')": true,
		"select coalesce(a, 'b') from t join u on (t.id = u.id) order by lower(a) limit 3": true,
		"values (1), (2)": true, "table t": true, "select 1; select 2": true, "show all": true,
		"with x (a, b) as (select 1, 2) select * from x": true, "(select 1) union (select 2)": true,
		"select a, (select b from u) from t": true, "/*controller='x'*/ select 1": true, "select * from t -- all": true,
		`select "a" from "t"`: true, "select -1": true, "select e'a' from t": true,

		"select nextval('s')": false, "select pg_advisory_lock(1)": false, "select f(1)": false, "select pg_catalog.f (1)": false,
		`select "f"(1)`: false, "select a /* x */ (1)": false, "select f/**/(1)": false,
		"select * from t for update": false, "select * from t FOR SHARE": false, "select * into u from t": false,
		"with x as (delete from t returning *) select * from x": false, "insert into t values (1)": false, "update t set a = 1": false,
		"select 1; delete from t": false, "begin": false, "commit": false, "": false, "explain analyze select 1": false, "execute p": false, "call p()": false,
		`select '\'; delete from t; --'`: false, `select E'\'', nextval('s')`: false, "select a/*'*/ , nextval('x') , '*/'": false,
		"select /* /* */ '*/' , nextval('s')": false, `select a"'", nextval('s'), '"'`: false, "select $$a$$": false, "select $a$ $b$ $a$, f(1)": false,
		"select 'open": false, "select \xff": false, "copy t to stdout": false, "do $$ begin end $$": false, "lock t": false,
	} {
		if got := (&source{sql: sql, whole: true}).analyse().readOnly; got != want {
			t.Errorf("%q reads only: %t, want %t", sql, got, want)
		}
	}
	if (&source{sql: "select 1"}).analyse().readOnly {
		t.Error("a statement whose end is not known is said to read only")
	}
}

func TestComments(t *testing.T) {
	const sql = "select 1 /*action='re%20name',traceparent='00-ab-cd-01',odd=,x='it\\'s'*/"
	want := map[string]string{"action": "re name", "traceparent": "00-ab-cd-01", "x": "it's"}
	if got := (&source{sql: sql}).analyse().comment; !maps.Equal(got, want) {
		t.Errorf("the tags are %q", got)
	}
}

func TestValuesDoNotChangeNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template := rapid.SampledFrom([]string{
			"select * from t where a = # and b < #", "insert into t values (#, #, now())", "update t set a = a + # where b in (#, #, #)", "call p(#)",
		}).Draw(t, "template")
		value := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) string {
				return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", "''") + "'"
			}),
			rapid.StringMatching(`(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?`), rapid.StringMatching(`\$[1-9]`),
		)
		fill := func(label string) string {
			parts := strings.Split(template, "#")
			var b strings.Builder
			for i, part := range parts {
				b.WriteString(part)
				if i < len(parts)-1 {
					b.WriteString(value.Draw(t, label))
				}
			}
			return (&source{sql: b.String()}).analyse().name()
		}
		if a, b := fill("first"), fill("second"); a != b {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

func FuzzSQL(f *testing.F) {
	for _, seed := range []string{"select 1", "/* x", "$a$ b", "select 'x", "E'\\", "a;b;;c", "\"", "/*a='b'*/", "((((", "-", "+1", ":x", "@@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		sql, _, _ = strings.Cut(sql, "\x00")
		s := (&source{sql: sql, whole: true}).analyse()
		if n := s.name(); utf8.RuneCountInString(n) > maxName || !utf8.ValidString(n) {
			t.Errorf("%q is named %q", sql, n)
		}
		if s.readOnly && (s.kind != Query && s.kind != Other) {
			t.Errorf("%q reads only and is %v", sql, s.kind)
		}
	})
}
