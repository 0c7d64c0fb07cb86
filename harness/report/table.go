package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/seed49090845/lockstep/harness"
)

// TableOptions say how a table looks. The zero value is plain text with every item.
type TableOptions struct {
	// Color marks outcomes with ANSI colours.
	Color bool
	// Width is how many columns the terminal has; zero means 100.
	Width int
}

// Table writes the results for a terminal: a heading for each scenario, a row for each step with preconditions
// and postconditions in parentheses, causes below the rows that did not pass, and the totals of the steps last.
// Scenarios that were to fail have the heading alone and are not in the totals.
func Table(w io.Writer, results []*harness.Result, o TableOptions) error {
	if o.Width == 0 {
		o.Width = 100
	}
	t := &table{options: o, out: &strings.Builder{}}
	for _, result := range results {
		t.scenario(result)
	}
	t.totals(results)
	_, err := io.WriteString(w, t.out.String())
	return err
}

type table struct {
	options TableOptions
	out     *strings.Builder
}

func (t *table) scenario(result *harness.Result) {
	title := result.Scenario
	if result.Driver != "" {
		title += "  [" + result.Driver + "]"
	}
	if result.Expected {
		t.row(result.Outcome, "", title+", as its spec expects", result.Took)
		return
	}
	t.row(result.Outcome, "", title, result.Took)
	width := 0
	for _, record := range result.Records {
		width = max(width, runewidth.StringWidth(record.Session))
	}
	for _, record := range result.Story() {
		name := record.Name
		if record.Kind != harness.KindStep {
			name = fmt.Sprintf("(%s) %s", record.Kind, name)
		}
		t.row(record.Outcome, "  ", runewidth.FillRight(record.Session, width)+"  "+name, record.Took())
		t.cause(record)
	}
	for _, problem := range result.Problems {
		t.lines("      ", problem)
	}
	t.out.WriteByte('\n')
}

// row has the sign and the text on the left and the outcome and the time on the right.
func (t *table) row(outcome harness.Outcome, margin, text string, took time.Duration) {
	const right = 10 + 1 + 9 // outcome, blank, time
	left := t.options.Width - right - len(margin) - 3
	text = runewidth.FillRight(runewidth.Truncate(text, left, "…"), left)
	row := fmt.Sprintf("%s%s %s %s %9s", margin, t.paint(outcome, outcome.Sign()), text, t.paint(outcome, fmt.Sprintf("%-10s", outcome)), duration(took))
	t.out.WriteString(strings.TrimRight(row, " ") + "\n")
}

func (t *table) cause(record harness.Record) {
	if record.Outcome == harness.Passed {
		return
	}
	for i, cause := range record.Cause {
		if i > 0 {
			cause = "because " + cause
		}
		t.lines("      ", cause)
	}
	t.lines("      ", "declared at "+record.Place)
}

func (t *table) lines(margin, text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintf(t.out, "%s%s\n", margin, strings.TrimRight(line, "\n"))
	}
}

func (t *table) totals(results []*harness.Result) {
	steps := map[harness.Outcome]int{}
	passed, expected, all := 0, 0, 0
	var took time.Duration
	for _, result := range results {
		took += result.Took
		if result.Expected {
			expected++
			continue
		}
		if result.Outcome == harness.Passed {
			passed++
		}
		for outcome, n := range result.Totals() {
			steps[outcome] += n
			all += n
		}
	}
	fmt.Fprintf(t.out, "%d of %d scenarios passed", passed, len(results)-expected)
	if expected > 0 {
		fmt.Fprintf(t.out, " (%d more failed as their specs expect)", expected)
	}
	fmt.Fprintf(t.out, "; %d steps", all)
	separator := ": "
	for _, outcome := range harness.Outcomes() {
		if n := steps[outcome]; n > 0 {
			fmt.Fprintf(t.out, "%s%s", separator, t.paint(outcome, fmt.Sprintf("%d %s", n, outcome)))
			separator = ", "
		}
	}
	if len(results) > 0 {
		fmt.Fprintf(t.out, "; %s", duration(took))
	}
	t.out.WriteByte('\n')
}

// colours of outcomes: green, red, yellow.
func (t *table) paint(outcome harness.Outcome, text string) string {
	if !t.options.Color {
		return text
	}
	code := "31"
	switch outcome {
	case harness.Passed:
		code = "32"
	case harness.Skipped, harness.Blocked, harness.Aborted:
		code = "33"
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func duration(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}
