package harness

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// signs stand before outcomes where people skim.
var signs = map[Outcome]string{
	Passed: "✓", Failed: "✗", Blocked: "⊘", Skipped: "–", TimedOut: "⏱", Aborted: "■", Errored: "!",
}

// Sign is one character that stands for the outcome.
func (o Outcome) Sign() string {
	if sign, ok := signs[o]; ok {
		return sign
	}
	return "?"
}

// String is the result as people read it: a line for each item in the order of declaration, then why those
// that did not pass did not.
func (r *Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s — %s (%s)\n", r.Outcome.Sign(), r.Scenario, r.Outcome, r.summary())
	if r.refused != nil {
		return b.String() + r.refused.Error() + "\n"
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, record := range r.Records {
		name := record.Name
		if record.Kind != KindStep {
			name = fmt.Sprintf("(%s) %s", record.Kind, record.Name)
		}
		fmt.Fprintf(table, "  %s %s\t%s\t%s\t%s\n", record.Outcome.Sign(), record.Session, name, record.Outcome, record.duration())
	}
	_ = table.Flush() // a strings.Builder cannot fail
	for _, record := range r.Records {
		if len(record.Cause) > 0 {
			fmt.Fprintf(&b, "\n%s, %s %q %s:\n%s\n  declared at %s\n", record.Session, record.Kind, record.Name, record.Outcome,
				indent(strings.Join(record.Cause, "\nbecause ")), record.Place)
		}
	}
	for _, problem := range r.Problems {
		fmt.Fprintf(&b, "\n%s\n", problem)
	}
	if len(r.Files) > 0 {
		fmt.Fprintf(&b, "\nevidence:\n%s\n", indent(strings.Join(r.Files, "\n")))
	}
	return b.String()
}

// summary counts the steps.
func (r *Result) summary() string {
	totals := r.Totals()
	var parts []string
	for _, outcome := range []Outcome{Passed, Failed, TimedOut, Errored, Blocked, Skipped, Aborted} {
		if n := totals[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	if len(parts) == 0 {
		return "no steps"
	}
	return "steps: " + strings.Join(parts, ", ")
}

func (r Record) duration() string {
	if r.Ended.Seq == 0 {
		return ""
	}
	return r.Took().Round(time.Millisecond).String()
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
