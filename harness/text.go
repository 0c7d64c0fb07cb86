package harness

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
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

// String is the result as people read it: first what went wrong, what was first at the top, with session, error
// and place; then a line for each item in the order of declaration, with the reason of those that did not run;
// then where the evidence is. A scenario that passed has the lines of its items only.
func (r *Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s after %v (%s)\n", r.Outcome.Sign(), r.Scenario, r.Outcome, readable(r.Took), r.summary())
	for _, problem := range r.Problems {
		fmt.Fprintf(&b, "\n%s\n", problem)
	}
	for _, record := range r.causes() {
		b.WriteString("\n" + record.detail())
	}
	if len(r.Records) > 0 {
		b.WriteString("\n" + r.table())
	}
	if r.Outcome != Passed {
		b.WriteString(r.varsText())
	}
	b.WriteString(r.evidenceText())
	return b.String()
}

// varsText has a line for each run variable.
func (r *Result) varsText() string {
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(r.Vars)) {
		if i == 0 {
			b.WriteString("\nrun variables in the end:\n")
		}
		fmt.Fprintf(&b, "  %s = %s\n", name, r.Vars[name])
	}
	return b.String()
}

// causes are the records of bodies that ran and did not pass, in the order in which they ended: the first may
// well be the cause of the others.
func (r *Result) causes() []Record {
	var ran []Record
	for _, record := range r.Records {
		if record.Outcome != Passed && record.Ended.Seq > 0 {
			ran = append(ran, record)
		}
	}
	slices.SortStableFunc(ran, func(a, b Record) int { return cmp.Compare(a.Ended.Seq, b.Ended.Seq) })
	return ran
}

// detail is everything about one body that did not pass.
func (r Record) detail() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s %q %s after %v\n", r.Outcome.Sign(), r.Session, r.Kind, r.Name, r.Outcome, readable(r.Took()))
	fmt.Fprintf(&b, "%s\n", indent(strings.Join(r.Cause, "\n")))
	if len(r.Attempts) > 1 {
		fmt.Fprintf(&b, "    attempts:\n")
		for i, attempt := range r.Attempts {
			fmt.Fprintf(&b, "      %d. %s after %v: %s\n", i+1, attempt.Outcome, readable(attempt.Took), firstLine(attempt.Error))
		}
	}
	fmt.Fprintf(&b, "    declared at %s\n", r.Place)
	return b.String()
}

// table has a line for each item.
func (r *Result) table() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, record := range r.Story() {
		fmt.Fprintf(table, "%s %s\t%s\t%s\t%s\n", record.Outcome.Sign(), record.Session, record.role(), record.Name, record.end())
	}
	_ = table.Flush() // a strings.Builder cannot fail
	return b.String()
}

// role is what the item is for, and for whom.
func (r Record) role() string {
	if r.Of != "" {
		return fmt.Sprintf("%s of %q", r.Kind, r.Of)
	}
	return string(r.Kind)
}

// end is how the item ended, in one line.
func (r Record) end() string {
	switch {
	case r.Ended.Seq == 0 && len(r.Cause) > 0:
		return fmt.Sprintf("%s: %s", r.Outcome, firstLine(r.Cause[0]))
	case r.Ended.Seq == 0:
		return string(r.Outcome)
	case r.Outcome == Passed && len(r.Attempts) > 1:
		return fmt.Sprintf("%s after %v, attempt %d", r.Outcome, readable(r.Took()), len(r.Attempts))
	}
	return fmt.Sprintf("%s after %v", r.Outcome, readable(r.Took()))
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
		return "nothing was started"
	}
	return "steps: " + strings.Join(parts, ", ")
}

// evidenceText names the files, by folder.
func (r *Result) evidenceText() string {
	var b strings.Builder
	folder := ""
	for _, file := range r.Files {
		if in := filepath.Dir(file); in != folder {
			folder = in
			fmt.Fprintf(&b, "\nevidence in %s:\n", folder)
		}
		fmt.Fprintf(&b, "  %s\n", filepath.Base(file))
	}
	return b.String()
}

func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }
