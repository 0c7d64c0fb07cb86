package assert_test

import (
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

var _ types.GomegaMatcher = (*assert.Matcher)(nil)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// shop is a run of 10 s with 100 requests: 80 "list" of 10 ms, 20 "add" in a group of 100 ms, of which 5 fail; all
// start 5 ms late.
func shop(t *testing.T) *stats.Snapshot {
	t.Helper()
	run, err := stats.New(stats.Options{Start: epoch})
	if err != nil {
		t.Fatal(err)
	}
	recorder := run.Scenario("buy").Recorder()
	for i := range 100 {
		at := epoch.Add(time.Duration(i) * 100 * time.Millisecond)
		s := virtual.Sample{Name: "list", Intended: at, Start: at.Add(5 * time.Millisecond)}
		s.End = s.Start.Add(10 * time.Millisecond)
		if i%5 == 0 {
			s.Name, s.Group, s.End = "add", "cart/fill", s.Start.Add(100*time.Millisecond)
			if i%20 == 0 {
				s.Class, s.Message = virtual.Unexpected, "status 500"
			}
		}
		recorder.Record(&s)
	}
	run.End(epoch.Add(10 * time.Second))
	return run.Snapshot()
}

func TestEvaluate(t *testing.T) {
	s := shop(t)
	for text, want := range map[string]string{
		"p50 <= 15.1ms":               "holds: 15.008ms (of 100)",
		"p50.actual < 10ms":           "broken: 10.002ms (of 100)",
		"max < 105ms":                 "broken: 105ms (of 100)",
		"max = 105ms":                 "holds: 105ms (of 100)",
		"min.ko.actual >= 100ms":      "holds: 100ms (of 5)",
		"mean.ok > 1s":                "broken: 29.211ms (of 95)",
		"count = 100":                 "holds: 100",
		"errors < 5":                  "broken: 5",
		"errors <= 5%":                "holds: 5% (5 of 100)",
		"ok >= 99%":                   "broken: 95% (95 of 100)",
		"rps >= 10":                   "holds: 10/s (100 in 10s)",
		"errors < 0.5/s":              "broken: 0.5/s (5 in 10s)",
		`"list" errors = 0`:           "holds: 0",
		`"add" errors < 20%`:          "broken: 25% (5 of 20)",
		`group "cart" count = 20`:     "holds: 20",
		`group "car" count = 20`:      "no data: no request has ended in this group",
		`scenario "buy" count = 100`:  "holds: 100",
		`scenario "browse" count = 0`: "no data: there is no such scenario",
		"lateness p99 < 5ms":          "broken: 5ms (of 100)",
		`"ad" p95 < 1s`:               `no data: no request of this name has ended, but "list", "add"`,
		`"list" max.ko < 1s`:          `no data: none of 80 requests ended so`,
	} {
		a, err := assert.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		results := a.Evaluate(s)
		if len(results) != 1 || !strings.HasPrefix(results[0].String(), a.String()+": "+want) {
			t.Errorf("%v, want %s", results, want)
		}
	}
}

func TestEach(t *testing.T) {
	a, _ := assert.Parse("each: max < 100ms")
	var got []string
	for _, r := range a.Evaluate(shop(t)) {
		got = append(got, r.String())
	}
	want := "each: max < 100ms (list): holds: 15ms (of 80)\neach: max < 100ms (cart/fill/add): broken: 105ms (of 20)"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestNoDataFails(t *testing.T) {
	run, err := stats.New(stats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run.Scenario("s").Recorder().Record(&virtual.Sample{Start: time.Now(), End: time.Now(), Class: virtual.Interrupted})
	s := run.Snapshot()
	for _, text := range []string{"p95 < 1s", "errors = 0", "errors < 1%", "count = 0", "rps >= 0", "each: max < 1s", "lateness p99 < 1s", `"x" max < 1s`, `group "g" ok = 0`, `scenario "s" ok = 0`} {
		a, err := assert.Parse(text + " abort")
		if err != nil {
			t.Fatal(err)
		}
		if r := a.Evaluate(s); len(r) != 1 || r[0].Verdict != assert.NoData || r[0].Seen == "" || a.Aborts(s) {
			t.Errorf("%s: %v, aborts %v", text, r, a.Aborts(s))
		}
	}
}

func TestAborts(t *testing.T) {
	s := shop(t) // at 10 s
	for text, want := range map[string]bool{
		"errors < 1%":                 false,
		"errors < 1% abort":           true,
		"errors < 10% abort":          false,
		"errors < 1% abort after 10s": true,
		"errors < 1% abort after 11s": false,
		"errors < 3 abort":            true,
		"count >= 1000 abort":         false, // it can still grow
		"errors = 10 abort":           false,
		"max > 1s abort":              false,
		"rps >= 1000 abort":           true,
		"ok > 99% abort":              true,
		"each: max < 100ms abort":     true,
		`"nothing" p95 < 1s abort`:    false,
	} {
		a, err := assert.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Aborts(s); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestMatcher(t *testing.T) {
	s := shop(t)
	if held, err := assert.Hold("max < 1s", "count = 100").Match(s); !held || err != nil {
		t.Errorf("%v, %v", held, err)
	}
	m := assert.Hold("errors < 1%", "max < 1s", "each: max < 100ms")
	held, err := m.Match(s)
	want := "Expected these to hold\n    errors < 1%: broken: 5% (5 of 100)\n    each: max < 100ms (cart/fill/add): broken: 105ms (of 20)"
	if held || err != nil || m.FailureMessage(s) != want {
		t.Errorf("%v, %v, %s", held, err, m.FailureMessage(s))
	}
	if _, err := assert.Hold("errors < 1%").Match(7); err == nil || !strings.Contains(err.Error(), "not for a int") {
		t.Error(err)
	}
	if _, err := assert.Hold("errors <").Match(s); err == nil || !strings.Contains(err.Error(), "column 9") {
		t.Error(err)
	}
}
