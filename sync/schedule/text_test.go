package schedule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// words are texts as they come, and such as are made to confuse a parser.
var words = rapid.OneOf(
	rapid.String(),
	rapid.SampledFrom([]string{
		"owner", "acme.clerk", "POST /phonebooks/{id}", "", " ", "#1", "a#1", `"`, `a "b"`, "a,b", "a\nb", "a\r\nb", "before", "x before y",
		"x#1 before y z#1", " before ", "before y", "x before", "\xff", "\u00a0", "\u200b", "é", "日本 語", `"quoted"`, "tab\there", "%2C", "s1:",
	}),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
)

var points = rapid.Custom(func(t *rapid.T) schedule.Point {
	return schedule.Point{
		Session: words.Draw(t, "session"),
		What:    words.Draw(t, "what"),
		Nth:     rapid.SampledFrom([]int{1, 2, 10, 1 << 30}).Draw(t, "nth"),
	}
})

func TestPropertyTextOfSchedules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := schedule.Schedule(rapid.SliceOf(points).Draw(t, "schedule"))
		text := s.String()
		if len(s) > 0 && strings.Count(text, "\n") != len(s)-1 {
			t.Fatalf("%d points in %q", len(s), text)
		}
		again, err := schedule.Parse(text)
		if err != nil || fmt.Sprintf("%q", again) != fmt.Sprintf("%q", s) {
			t.Fatalf("%q\nis read as %q, %v", text, again, err)
		}
		for i, p := range s {
			if q, err := schedule.ParsePoint(p.String()); err != nil || q != p || again[i] != p {
				t.Fatalf("%q: %q, %v", p, q, err)
			}
		}
	})
}

func TestPropertyTextOfConstraints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := schedule.Constraint{First: points.Draw(t, "first"), Then: points.Draw(t, "then")}
		again, err := schedule.ParseConstraints(c.String() + "\n" + c.String())
		if err != nil || len(again) != 2 || again[0] != c || again[1] != c {
			t.Fatalf("%q\nis read as %q, %v", c, again, err)
		}
	})
}

// FuzzParse: what is accepted has one notation. Layout aside, it is printed as it was read.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "owner POST /phonebooks/{id}#1", "\n  owner GET /#1\r\n\tcolleague GET /#12\n", `"a b" "\n"#1`, `a "b"#1`, "a b#01", "a  b#1", "a b", `"a`, "a #1",
		"a b#1 before c d#1", "a b#99999999999999999999",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schedule.Parse(text)
		checkPlace(t, text, err)
		if err != nil {
			return
		}
		var kept []string
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.Trim(line, " \t\r"); line != "" {
				kept = append(kept, line)
			}
		}
		if want := strings.Join(kept, "\n"); s.String() != want {
			t.Fatalf("%q is printed as %q", want, s)
		}
	})
}

func FuzzParseConstraints(f *testing.F) {
	for _, seed := range []string{"", "a b#1 before c d#1", `a "x before y"#1 before b c#2`, "a b#1 before", "a b#1 after c d#1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := schedule.ParseConstraints(text)
		checkPlace(t, text, err)
		for _, c := range all {
			if !strings.Contains(text, c.String()) {
				t.Fatalf("%q is read from %q", c, text)
			}
		}
	})
}

func FuzzParseShort(f *testing.F) {
	for _, seed := range []string{
		"s1:owner,colleague:2ab3.1a:8c2f01d4", "s1:::811c9dc5", "s1:a:a:00000000", "s1:a,b:ba:00000000", "s1:a:1a:00000000", "s1:a,a:aa:00000000",
		"s1:%zz:a:00000000", "s2:a:a:00000000", "s1:a:b:00000000", "s1:a:aa:00000000", "s1:a:a:0000000G", "s1:a+b%2C:a:00000000", "s1:a:.0a:00000000", "s1::a:00000000",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schedule.ParseShort(text)
		checkPlace(t, text, err)
		if err == nil && s.String() != text {
			t.Fatalf("%q is printed as %q", text, s)
		}
	})
}

// checkPlace demands that an error names a place that the text has.
func checkPlace(t *testing.T, text string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	wrong, ok := errors.AsType[*schedule.ParseError](err)
	lines := strings.Split(text, "\n")
	if !ok || wrong.Line < 1 || wrong.Line > len(lines) || wrong.Column < 1 || wrong.Column > len([]rune(lines[wrong.Line-1]))+1 {
		t.Fatalf("%q: %v", text, err)
	}
}

func TestParseErrorsNameThePlace(t *testing.T) {
	var text strings.Builder
	for _, bad := range []string{
		"owner",
		"owner ",
		"owner GET /",
		"owner GET /#",
		"owner GET /#0",
		"owner GET /#01",
		"owner GET /#1 and more",
		" GET /#1",
		"owner  GET /#1",
		"owner GET / #1",
		"\"owner\" GET /#1",
		"\"the owner GET /#1",
		"\"the owner\"GET /#1",
		"owner \"GET /\"#1",
		"owner \"\\u000a\"#1",
		"owner GET /#1\n  colleague PÖST /",
		"zero\u200bwidth GET /#1",
	} {
		_, err := schedule.Parse(bad)
		fmt.Fprintf(&text, "%q\n  %v\n", bad, err)
	}
	for _, bad := range []string{"a b#1", "a b#1 after c d#1", "a b#1 before c"} {
		_, err := schedule.ParseConstraints(bad)
		fmt.Fprintf(&text, "%q\n  %v\n", bad, err)
	}
	for _, bad := range []string{
		"", "s2:a:a:00000000", "s1:a", "s1:%zz:a:00000000", "s1:a,a:ab:00000000", "s1:a:c:00000000", "s1:a:0a:00000000", "s1:a:a", "s1:a:a:xyzxyzxy",
		"s1:a,b:ba:00000000", "s1:a,b:a:00000000", "s1:a:aa:00000000", strings.Repeat("s", 201),
	} {
		_, err := schedule.ParseShort(bad)
		fmt.Fprintf(&text, "%q\n  %v\n", bad, err)
	}
	golden(t, "parse", strings.TrimSpace(text.String()))
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ constraints, want string }{
		{"", ""},
		{"owner GET /edit#1 before colleague POST /contacts#1", "owner GET /edit before colleague POST /contacts"},
		{
			"owner GET /edit#1 before colleague POST /contacts#1\ncolleague POST /contacts#1 before owner POST /rename#1",
			"colleague POST /contacts before owner POST /rename, after owner GET /edit",
		},
		{"a x#1 before b y#1\na x#1 before c z#2\nb y#1 before a x#2", "a x#1 before b y and c z#2; b y before a x#2"},
	} {
		constraints, err := schedule.ParseConstraints(c.constraints)
		if err != nil {
			t.Fatal(err)
		}
		if got := schedule.Words(constraints); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestConstraintHolds(t *testing.T) {
	a, b, c := schedule.Point{Session: "a"}, schedule.Point{Session: "b"}, schedule.Point{Session: "c"}
	s := schedule.Schedule{a, b}
	for _, k := range []struct {
		first, then schedule.Point
		want        bool
	}{{a, b, true}, {b, a, false}, {a, c, false}, {c, a, false}, {a, a, false}} {
		if got := (schedule.Constraint{First: k.first, Then: k.then}).Holds(s); got != k.want {
			t.Errorf("%v before %v: %v", k.first, k.then, got)
		}
	}
}
