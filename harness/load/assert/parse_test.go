package assert_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/sessions"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"p95 < 200ms":                              "",
		"p99.9<=1.5s":                              "p99.9 <= 1.5s",
		"errors < 1%":                              "",
		"errors == 0":                              "errors = 0",
		"ok>=99.5%":                                "ok >= 99.5%",
		"rps >= 100":                               "rps >= 100/s",
		"errors < 2/s":                             "",
		"count != 1000":                            "",
		"mean.ok.actual > 1m":                      "mean.ok.actual > 1m0s",
		`"add item" p99.intended <= 500ms`:         `"add item" p99 <= 500ms`,
		`request "add item" max.ko < 1h`:           `"add item" max.ko < 1h0m0s`,
		`group "shop/cart" stddev < 10ms`:          "",
		`scenario "a \"b\"" count > 3`:             "",
		"each: max < 2s":                           "",
		"each : min<2s":                            "each: min < 2s",
		"lateness p99 < 10ms":                      "",
		"errors < 5% abort":                        "",
		"errors < 5% abort after 30s":              "",
		"  p50.actual.ok   <  1ms  abort after 0s": "p50.ok.actual < 1ms abort",
	} {
		if want == "" {
			want = text
		}
		if a, err := assert.Parse(text); err != nil || a.String() != want {
			t.Errorf("%s: %v, %v; want %s", text, a, err, want)
		}
	}
}

func TestMistakesHaveTheirColumn(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "1: a figure, such as p95 or errors, is missing",
		"p95":                          "4: a comparison, such as <, is missing",
		"p95 <":                        "6: what to compare with is missing",
		"p95 < 200":                    "7: p95 is a time: a unit is needed, such as 200ms or 1.5s",
		"p95 < fast":                   "7: \"fast\" is neither a time such as 200ms, nor a number, nor 1%, nor 5/s",
		"p95 < -1s":                    "7: -1s is negative",
		"p101 < 1s":                    "1: there is no percentile 101: they go from 0 (without it) to 100",
		"p0 < 1s":                      "1: there is no percentile 0: they go from 0 (without it) to 100",
		"pp < 1s":                      "1: \"pp\" is no figure; there are min, max, mean, stddev, p50 and other percentiles, count, ok, errors and rps",
		"q95 < 1s":                     "1: \"q95\" is no figure; there are min, max, mean, stddev, p50 and other percentiles, count, ok, errors and rps",
		"p95.best < 1s":                "1: \".best\" is not known here; there are .intended, .actual, .ok and .ko",
		"errors.ok < 1":                "1: errors has no times: nothing follows it",
		"p95 ~ 1s":                     "5: \"~\" is no comparison; there are < <= = != >= >",
		"p95 =< 1s":                    "5: \"=<\" is no comparison; there are < <= = != >= >",
		"errors < 1s":                  "10: errors is no time",
		"errors < 101%":                "10: there are no more than 100%",
		"count < 5%":                   "9: count is a number: a percentage is for ok and errors",
		"rps < 5%":                     "7: rps is a rate: a number is needed, such as 100",
		"rps < NaN":                    "7: \"NaN\" is neither a time such as 200ms, nor a number, nor 1%, nor 5/s",
		"errors < 1% soon":             "13: \"soon\" is too much; only \"abort\" or \"abort after 30s\" may follow",
		"errors < 1% abort when":       "19: \"when\" is too much; only \"after 30s\" may follow",
		"errors < 1% abort after":      "24: a time, such as 30s, is missing",
		"errors < 1% abort after 30":   "25: \"30\" is no time, such as 30s",
		"errors < 1% abort after 3s x": "28: \"x\" is too much",
		`"add item p95 < 1s`:           "1: the name has no end: a quotation mark is missing",
		`"" p95 < 1s`:                  "1: this is no name",
		`group shop p95 < 1s`:          "7: a name is in quotation marks",
		`each max < 1s`:                "6: each is followed by a colon, as in \"each: max < 2s\"",
		"lateness errors < 1":          "10: lateness has times only: min, max, mean, stddev, or a percentile such as p99",
		"lateness p99.ok < 1s":         "10: lateness is of all requests alike: nothing follows its figure",
		`"münchen" p95 <`:              "16: what to compare with is missing",
	} {
		_, err := assert.Parse(text)
		if err == nil || !errors.Is(err, sessions.ErrInvalidOption) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if first, _, _ := strings.Cut(err.Error(), "\n"); first != "assertion, column "+want {
			t.Errorf("%s\ngot  %s\nwant assertion, column %s", text, first, want)
		}
	}
	_, err := assert.ParseAll("p95 < 1s", "p95 < x", "errors < 200%")
	want := "assertion, column 7: \"x\" is neither a time such as 200ms, nor a number, nor 1%, nor 5/s\n  p95 < x\n        ^\n" +
		"assertion, column 10: there are no more than 100%\n  errors < 200%\n           ^"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestTextsAreReadBack builds texts from their parts.
func TestTextsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, what) }
		text := pick("scope", "", `"a" `, `group "x/y" `, `scenario "s" `, "each: ", `request "q\"" `)
		if rapid.Bool().Draw(t, "time") {
			text += pick("figure", "min", "p99.99", "p5", "stddev") + pick("part", "", ".ok", ".ko") + pick("start", "", ".actual", ".intended")
			text += pick("op", "<", " >= ", "==") + pick("bound", "1ms", "2h3m", "0s", "1.5µs")
		} else {
			text += pick("count", "ok", "errors") + pick("op", "<", "!=") + pick("bound", "0", "3.5%", "100/s", "1e3")
		}
		text += pick("ending", "", " abort", " abort after 10s")
		a, err := assert.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := assert.Parse(a.String()); err != nil || b != a {
			t.Fatalf("%s became %v, and that %v, %v", text, a, b, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"p95 < 200ms", `"add item" p99.9.ok <= 1s abort after 3s`, "each: errors = 1%", "lateness max < 1h", "group \"\\u00e9\" rps>1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := assert.Parse(text)
		if err != nil {
			mistake, ok := errors.AsType[*assert.SyntaxError](err)
			if !ok || mistake.Column < 1 || mistake.Column > len([]rune(text))+1 || err.Error() == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if b, err := assert.Parse(a.String()); err != nil || a != b {
			t.Errorf("%q is %v, read back %v, %v", text, a, b, err)
		}
	})
}
