package coexist

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// How much of each list the text has; the JSON has more.
const (
	shownValues   = 5
	shownPairs    = 8
	shownSpans    = 5
	shownHolders  = 6
	shownMessages = 5
	shownFiles    = 12
)

// Report is the result as people read it.
func (r *Result) Report() string {
	t := &text{}
	verdict := "passed: nobody failed"
	if !r.Passed {
		verdict = "not passed"
	}
	t.line("coexist: %s (seed %d)", verdict, r.Seed)
	for _, s := range r.Phases {
		t.line("")
		t.stage(s)
	}
	if len(r.NotRun) > 0 {
		t.line("")
		t.line("not run: %s", strings.Join(r.NotRun, "; "))
	}
	if r.Stopped != "" {
		t.line("ended early: %s", r.Stopped)
	}
	return t.String()
}

// String is Report, so that a result that is printed can be read.
func (r *Result) String() string { return r.Report() }

// GomegaString is what a failed assertion of Gomega shows of the result.
func (r *Result) GomegaString() string { return r.Report() }

type text struct{ strings.Builder }

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.Builder, format+"\n", args...) }

func (t *text) stage(s *Stage) {
	mark := "✓"
	if !s.Passed {
		mark = "✗"
	}
	t.line("%s %s: %s in %s, %s", mark, s, counted(s.Iterations, "iteration"), took(s.Took), failedOf(s.Failed))
	for _, scenario := range s.Scenarios {
		t.line("    %s", scenario)
	}
	t.line("  iterations that shared a value with another user: %s; that did not: %s",
		share(s.Sharing.Shared, s.Sharing.SharedFailed), share(s.Sharing.Alone, s.Sharing.AloneFailed))
	for _, problem := range s.Problems {
		t.line("  problem: %s", indented(problem))
	}
	for _, warning := range s.Warnings {
		t.line("  warning: %s", indented(warning))
	}
	t.ranOut(s)
	if s.Failed > 0 {
		t.collisions(s)
		t.apart(s)
		t.messages(s)
	}
	t.files(s)
}

func (s ScenarioStage) String() string {
	if s.Kind == sessions.KindBrowser {
		return fmt.Sprintf("%s: %d users in browsers", s.Name, s.Users)
	}
	return fmt.Sprintf("%s: %d virtual users, %s, %d of them failed", s.Name, s.Users, counted(s.Requests, "request"), s.RequestsFailed)
}

func (t *text) ranOut(s *Stage) {
	if len(s.RanOut) == 0 {
		t.line("  data ran out: no")
	}
	for _, out := range s.RanOut {
		t.line("  data ran out: feeder %q (%s), %s, first for %q at %s", out.Feeder, out.Policy, counted(out.Times, "time"), out.First, at(out.At))
		t.line("    %s", indentedBy(out.Message, 4))
	}
}

func (t *text) messages(s *Stage) {
	t.line("  by message:")
	for i, m := range s.Messages {
		if i == shownMessages {
			t.line("    … and %s", counted(int64(len(s.Messages)-i), "more message"))
			break
		}
		t.line("    %d × (%s) %s", m.Count, m.Kind, inOneLine(m.Text))
	}
}

func (t *text) files(s *Stage) {
	for i, file := range s.Evidence {
		if i == shownFiles {
			t.line("  … and %s of evidence", counted(int64(len(s.Evidence)-i), "more file"))
			break
		}
		t.line("  evidence: %s", file)
	}
}

// share is such as "40, of which failed 7 (18%)".
func share(all, failed int64) string {
	if all == 0 {
		return "none"
	}
	return fmt.Sprintf("%d, of which failed %d (%.0f%%)", all, failed, 100*float64(failed)/float64(all))
}

func failedOf(n int64) string {
	if n == 0 {
		return "none failed"
	}
	return fmt.Sprintf("%d failed", n)
}

func ofAll(n, all int64) string { return fmt.Sprintf("%d of %s", n, counted(all, "failure")) }

func listed(items []string, most int) string {
	if len(items) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(items[:most], ", "), len(items)-most)
	}
	return strings.Join(items, ", ")
}

func quoted(items []string) string {
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = fmt.Sprintf("%q", item)
	}
	return strings.Join(all, ", ")
}

// at is a moment since the users started, took a time, both for people.
func at(ms float64) string { return took(ms) }

func took(ms float64) string {
	d := time.Duration(ms * float64(time.Millisecond))
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Microsecond).String()
}

// inOneLine is the beginning of a text.
func inOneLine(text string) string {
	const most = 160
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}

func indented(text string) string { return indentedBy(text, 2) }

// indentedBy puts further lines below the first, two characters deeper than that is.
func indentedBy(text string, n int) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", n+2))
}
