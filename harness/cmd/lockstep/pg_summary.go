package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

const (
	pgTop      = 5      // how many of each sort the summary has
	pgMaxTexts = 10_000 // how many different statements are told apart
)

// pgSummary is what an interrupt ends with.
type pgSummary struct {
	Event       string    `json:"event"`
	Statements  int       `json:"statements"`
	Connections int       `json:"connections"`
	Requests    int       `json:"requests"`
	Slowest     []pgEvent `json:"slowest"`
	Frequent    []pgCount `json:"frequent"`
	Failed      []pgCount `json:"failed"`
	LockWaits   []pgCount `json:"lock_waits"`
	Notes       []string  `json:"notes"`
	LeftOut     int       `json:"left_out"` // lines that could not be printed as fast as they came

	texts, failures, waits map[pgKey]*pgCount
	connections            map[int]bool
}

type pgKey struct{ statement, because string }

// pgCount is how often a statement was seen, in all or because of something: its SQLSTATE, the statement behind which it waited.
type pgCount struct {
	Statement string  `json:"statement"`
	Because   string  `json:"because,omitempty"`
	Times     int     `json:"times"`
	TotalMS   float64 `json:"total_ms"`
	MaxMS     float64 `json:"max_ms"`
}

func newPGSummary() *pgSummary {
	return &pgSummary{Event: "summary", Slowest: []pgEvent{}, texts: map[pgKey]*pgCount{}, failures: map[pgKey]*pgCount{}, waits: map[pgKey]*pgCount{}, connections: map[int]bool{}}
}

// add counts a statement that has ended.
func (t *pgSummary) add(e pgEvent) {
	t.Statements++
	t.connections[e.Connection] = true
	count(t.texts, pgKey{statement: e.Statement}, e.MS)
	if because := cmp.Or(e.SQLState, e.Error); because != "" {
		count(t.failures, pgKey{e.Statement, because}, e.MS)
	}
	if e.WaitsFor != "" {
		count(t.waits, pgKey{e.Statement, e.behind}, e.WaitedMS)
	}
	t.Slowest = append(t.Slowest, e)
	slices.SortStableFunc(t.Slowest, func(a, b pgEvent) int { return cmp.Compare(b.MS, a.MS) })
	t.Slowest = t.Slowest[:min(len(t.Slowest), pgTop)]
}

func count(counts map[pgKey]*pgCount, key pgKey, ms float64) {
	if counts[key] == nil && len(counts) >= pgMaxTexts {
		key = pgKey{statement: "(others)"}
	}
	if counts[key] == nil {
		counts[key] = &pgCount{Statement: key.statement, Because: key.because}
	}
	c := counts[key]
	c.Times++
	c.TotalMS += ms
	c.MaxMS = max(c.MaxMS, ms)
}

// finish makes the lists.
func (t *pgSummary) finish(requests int, notes []string) {
	t.Connections, t.Requests, t.Notes = len(t.connections), requests, append([]string{}, notes...)
	t.Frequent, t.Failed, t.LockWaits = top(t.texts), top(t.failures), top(t.waits)
}

func top(counts map[pgKey]*pgCount) []pgCount {
	all := make([]pgCount, 0, len(counts))
	for _, c := range counts {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b pgCount) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(b.TotalMS, a.TotalMS), cmp.Compare(a.Statement, b.Statement), cmp.Compare(a.Because, b.Because))
	})
	return all[:min(len(all), pgTop)]
}

// print is the summary for people.
func (t *pgSummary) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s of %s", plural(t.Statements, "statement"), plural(t.Connections, "connection"))
	if t.Requests > 0 {
		fmt.Fprintf(out, ", %s", plural(t.Requests, "request"))
	}
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range t.Slowest {
		fmt.Fprintf(table, "slowest\t%.2f ms\t%s\tof %s\n", e.MS, e.Statement, e.Under)
	}
	for _, c := range t.Frequent {
		fmt.Fprintf(table, "frequent\t%d×\t%s\t%.2f ms in all\n", c.Times, c.Statement, c.TotalMS)
	}
	for _, c := range t.Failed {
		fmt.Fprintf(table, "failed\t%d×\t%s\t%s\n", c.Times, c.Statement, c.Because)
	}
	for _, c := range t.LockWaits {
		fmt.Fprintf(table, "lock wait\t%d×\t%s\tat most %.2f ms, behind %s\n", c.Times, c.Statement, c.MaxMS, c.Because)
	}
	for _, note := range t.Notes {
		fmt.Fprintf(table, "note\t%s\n", note)
	}
	if t.LeftOut > 0 {
		fmt.Fprintf(table, "left out\t%d×\tlines that came faster than they could be printed; the summary has counted them\n", t.LeftOut)
	}
	return table.Flush()
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
