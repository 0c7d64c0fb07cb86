package harness

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// RaceSchema names the form of a RaceResult as JSON, as ResultSchema does.
const RaceSchema = "lockstep/race/1"

// RaceInfo is what the results of a race have in common, however it was repeated.
type RaceInfo struct {
	Schema   string `json:"schema"`
	Scenario string `json:"scenario"`
	Place    string `json:"place"`
	Driver   string `json:"driver,omitempty"`
	Seed     int64  `json:"seed"`
	// Racers are the sessions of the steps that race, in the order of their declaration.
	Racers []string `json:"racers"`
	// Files are the evidence of the first round that violated an invariant, or did not count.
	Files []string `json:"files,omitempty"`
	// Stopped is why there are fewer rounds than were asked for: a mistake in the declaration, an error of Before, the
	// end of the context. It is empty if there are not.
	Stopped string `json:"stopped,omitempty"`

	err error // of which Stopped is the text; nil in a result that was read from JSON
}

func (race *Race) info(schema string) RaceInfo {
	sc := race.scenario
	info := RaceInfo{Schema: schema, Scenario: sc.name, Place: race.place.String(), Seed: sc.harness.seed}
	if slices.ContainsFunc(sc.used(), func(s *Session) bool { return s.kind == browserSession }) {
		info.Driver = sc.harness.options.driver.Name()
	}
	return info
}

// stop notes why the repetition ended before its time; nil if it did not. What there is counts.
func (i *RaceInfo) stop(err error) {
	if err != nil {
		i.err, i.Stopped = err, err.Error()
	}
}

// stopped is the error that ended the repetition before its time; nil if none did.
func (i *RaceInfo) stopped() error {
	if i.err == nil && i.Stopped != "" {
		return errors.New(i.Stopped)
	}
	return i.err
}

// ending is what texts of results have last.
func (i *RaceInfo) ending() string {
	text := (&Result{Files: i.Files}).evidenceText()
	if i.Stopped != "" {
		text = "\n" + i.Stopped + "\n" + text
	}
	return text
}

// RaceResult is what became of a race that was repeated.
type RaceResult struct {
	RaceInfo
	// Released are the rounds in which the gateways released the requests together.
	Released Tally `json:"released"`
	// Plain are those in which the steps started at the same moment; nil if they were not asked for.
	Plain *Tally `json:"plain,omitempty"`
}

// Round is one repetition.
type Round struct {
	// Number counts the rounds of a result from 1.
	Number int           `json:"number"`
	Took   time.Duration `json:"took_ns"`
	// Order is that of the sessions' requests at the server, as far as it tells when they arrived (Arrived), else as they
	// were sent. Spread is the time between the first and the last of them, and Apart how long after the request of the
	// last step declared that of the first was: it is negative where the first declared was earlier.
	Order   []string      `json:"order,omitempty"`
	Arrived bool          `json:"arrived"`
	Spread  time.Duration `json:"spread_ns"`
	Apart   time.Duration `json:"apart_ns"`
	// Saw is the status of each session's response, with the outcome of its step if that did not pass.
	Saw    []string `json:"saw,omitempty"`
	Stored string   `json:"stored,omitempty"`
	// Violations are invariants that did not hold, in words.
	Violations []string `json:"violations,omitempty"`
	// Problem is why the round does not count; empty if it does.
	Problem string `json:"problem,omitempty"`
}

// Err is nil if the race was repeated as asked, all rounds counted and no invariant was violated. Else it is what stopped the
// repetition, or has all of the result as text.
func (r *RaceResult) Err() error {
	if err := r.stopped(); err != nil {
		return err
	}
	if slices.ContainsFunc(r.tallies(), (*Tally).bad) {
		return errors.New(r.String())
	}
	return nil
}

// violated tells whether an invariant was, in any round.
func (r *RaceResult) violated() bool {
	return slices.ContainsFunc(r.tallies(), func(t *Tally) bool { return t.Violations > 0 })
}

func (r *RaceResult) tallies() []*Tally {
	if r.Plain == nil {
		return []*Tally{&r.Released}
	}
	return []*Tally{&r.Released, r.Plain}
}

// finish computes what is known when all rounds are over.
func (r *RaceResult) finish() {
	for _, t := range r.tallies() {
		t.finish()
	}
}

// progress is what became of the rounds so far.
func (r *RaceResult) progress() string {
	text := counted(r.Released.Violations, "violation")
	if r.Plain != nil {
		text += fmt.Sprintf(" released, %d plain", r.Plain.Violations)
	}
	return text
}

// String is the result as people read it: rates and spreads, then the classes of outcomes, then what was violated.
func (r *RaceResult) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "race of %s in %q\n", strings.Join(r.Racers, " and "), r.Scenario)
	for i, t := range r.tallies() {
		t.write(&b, []string{"released together", "started together"}[i])
	}
	b.WriteString(r.ending())
	return b.String()
}

func (t *Tally) write(b *strings.Builder, name string) {
	if len(t.List) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s: %s\n", name, t.rate())
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, c := range t.Classes {
		sign, stored := "✓", ""
		if c.Violations > 0 {
			sign = "✗"
		}
		if c.Stored != "" {
			stored = "\tstored: " + c.Stored
		}
		fmt.Fprintf(table, "  %s %d×\t%s first\t%s%s\n", sign, c.Rounds, c.First, c.Saw, stored)
	}
	_ = table.Flush() // a strings.Builder cannot fail
	if i := slices.IndexFunc(t.List, func(r Round) bool { return len(r.Violations) > 0 }); i >= 0 {
		fmt.Fprintf(b, "  first in round %d: %s\n", t.List[i].Number, strings.Join(t.List[i].Violations, "; "))
	}
	writeProblems(b, t.Problems)
}

// writeProblems tells why rounds did not count.
func writeProblems(b *strings.Builder, problems []string) {
	const enough = 3
	for _, problem := range problems[:min(len(problems), enough)] {
		fmt.Fprintf(b, "  did not count: %s\n", problem)
	}
	if more := len(problems) - enough; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}
