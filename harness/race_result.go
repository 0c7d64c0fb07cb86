package harness

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// RaceSchema names the form of a RaceResult as JSON, as ResultSchema does.
const RaceSchema = "lockstep/race/1"

// RaceResult is what became of a race that was repeated.
type RaceResult struct {
	Schema   string `json:"schema"`
	Scenario string `json:"scenario"`
	Place    string `json:"place"`
	Driver   string `json:"driver,omitempty"`
	Seed     int64  `json:"seed"`
	// Racers are the sessions of the steps that race, in the order of their declaration.
	Racers []string `json:"racers"`
	// Released are the rounds in which the gateways released the requests together.
	Released Tally `json:"released"`
	// Plain are those in which the steps started at the same moment; nil if they were not asked for.
	Plain *Tally `json:"plain,omitempty"`
	// Files are the evidence of the first round that violated an invariant, or did not count.
	Files []string `json:"files,omitempty"`

	rounds  int
	refused error
	show    *progress
	total   int
}

// Tally sums up rounds.
type Tally struct {
	// Rounds is how many counted, Violations in how many of them an invariant did not hold.
	Rounds     int `json:"rounds"`
	Violations int `json:"violations"`
	// Rate is their share, and Low and High bound it with 95 % confidence (Wilson's interval). All are 0 without rounds.
	Rate float64 `json:"rate"`
	Low  float64 `json:"rate_low"`
	High float64 `json:"rate_high"`
	// Spread has percentiles of the times between the first and the last of a round's requests.
	Spread SpreadMS `json:"spread"`
	// Classes are the different outcomes, the most frequent first.
	Classes []Class `json:"classes"`
	// Problems are why rounds did not count.
	Problems []string `json:"problems,omitempty"`
	// List has all rounds in order.
	List []Round `json:"list"`
}

// SpreadMS is in milliseconds, by nearest rank.
type SpreadMS struct {
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	Max float64 `json:"max_ms"`
}

// Class is rounds that ended alike: who was first at the server, what each saw, and what is stored.
type Class struct {
	First      string `json:"first"`
	Saw        string `json:"saw"`
	Stored     string `json:"stored,omitempty"`
	Rounds     int    `json:"rounds"`
	Violations int    `json:"violations"`
}

// Round is one repetition.
type Round struct {
	Number int           `json:"number"`
	Took   time.Duration `json:"took_ns"`
	// Order is that of the sessions' requests at the server, as far as it tells when they arrived (Arrived), else as they
	// were sent; Spread is the time between the first and the last, Apart from the last declared to the first declared.
	Order   []string      `json:"order,omitempty"`
	Arrived bool          `json:"arrived"`
	Spread  time.Duration `json:"spread_ns"`
	Apart   time.Duration `json:"apart_ns"`
	// Saw is the status of each session's response, with the outcome of its step if it did not pass.
	Saw    []string `json:"saw,omitempty"`
	Stored string   `json:"stored,omitempty"`
	// Violations are invariants that did not hold, in words.
	Violations []string `json:"violations,omitempty"`
	// Problem is why the round does not count; empty if it does.
	Problem string `json:"problem,omitempty"`
}

func (race *Race) newResult() *RaceResult {
	h := race.scenario.harness
	return &RaceResult{
		Schema: RaceSchema, Scenario: race.scenario.name, Place: race.place.String(), Seed: h.seed, show: &progress{},
	}
}

func (r *RaceResult) refuse(err error) *RaceResult {
	r.refused = err
	return r
}

// stop ends a repetition early: what there is counts.
func (r *RaceResult) stop(err error) *RaceResult {
	r.finish()
	return r.refuse(err)
}

// begin numbers a round.
func (r *RaceResult) begin() int {
	r.rounds++
	violations := r.Released.Violations
	text := fmt.Sprintf("race %q: round %d of %d, %d violations", r.Scenario, r.rounds, r.total, violations)
	if r.Plain != nil {
		text += fmt.Sprintf(" released, %d plain", r.Plain.Violations)
	}
	r.show.set(text)
	return r.rounds
}

// showProgress shows what the repetition is at while it takes longer than a moment.
func (race *Race) showProgress(result *RaceResult, total int) (stop func()) {
	result.total = total
	result.Racers = race.names()
	for _, s := range race.scenario.used() {
		if s.kind == browserSession {
			result.Driver = race.scenario.harness.options.driver.Name()
		}
	}
	return race.scenario.harness.options.display.begin(result.show)
}

func (t *Tally) add(round Round) {
	t.List = append(t.List, round)
	if round.Problem != "" {
		t.Problems = append(t.Problems, fmt.Sprintf("round %d: %s", round.Number, round.Problem))
		return
	}
	t.Rounds++
	violated := min(len(round.Violations), 1)
	t.Violations += violated
	class := Class{First: round.Order[0], Saw: strings.Join(round.Saw, ", "), Stored: round.Stored}
	i := slices.IndexFunc(t.Classes, func(c Class) bool {
		return c.First == class.First && c.Saw == class.Saw && c.Stored == class.Stored
	})
	if i < 0 {
		i = len(t.Classes)
		t.Classes = append(t.Classes, class)
	}
	t.Classes[i].Rounds++
	t.Classes[i].Violations += violated
}

// finish computes what is known when all rounds are over.
func (r *RaceResult) finish() {
	r.Released.finish()
	if r.Plain != nil {
		r.Plain.finish()
	}
}

func (t *Tally) finish() {
	slices.SortStableFunc(t.Classes, func(a, b Class) int { return cmp.Compare(b.Rounds, a.Rounds) })
	if t.Rounds == 0 {
		return
	}
	t.Rate = float64(t.Violations) / float64(t.Rounds)
	t.Low, t.High = wilson(t.Violations, t.Rounds)
	var spreads []time.Duration
	for _, round := range t.List {
		if round.Problem == "" {
			spreads = append(spreads, round.Spread)
		}
	}
	slices.Sort(spreads)
	rank := func(p float64) float64 {
		d := spreads[max(int(math.Ceil(p*float64(len(spreads)))), 1)-1]
		return float64(d.Microseconds()) / 1000
	}
	t.Spread = SpreadMS{P50: rank(0.5), P90: rank(0.9), Max: rank(1)}
}

// wilson bounds a rate of which k of n were seen, with 95 % confidence: Wilson's score interval, J. Am. Stat. Assoc. 22
// (1927).
func wilson(k, n int) (low, high float64) {
	const z = 1.959964 // the 97.5th percentile of the normal distribution
	count, p := float64(n), float64(k)/float64(n)
	center := (p + z*z/(2*count)) / (1 + z*z/count)
	half := z / (1 + z*z/count) * math.Sqrt(p*(1-p)/count+z*z/(4*count*count))
	low, high = max(center-half, 0), min(center+half, 1)
	if k == 0 {
		low = 0 // and not what rounding leaves
	}
	if k == n {
		high = 1
	}
	return low, high
}

// Err is nil if the race was repeated as asked, all rounds counted and no invariant was violated; else it has all of the
// result as text.
func (r *RaceResult) Err() error {
	if r.refused != nil {
		return r.refused
	}
	for _, t := range r.tallies() {
		if t.Violations > 0 || len(t.Problems) > 0 {
			return errors.New(r.String())
		}
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

// String is the result as people read it: rates and spreads, then the classes of outcomes, then what was violated.
func (r *RaceResult) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "race of %s in %q\n", strings.Join(r.Racers, " and "), r.Scenario)
	if r.refused != nil {
		fmt.Fprintf(&b, "\n%v\n", r.refused)
	}
	for i, t := range r.tallies() {
		t.write(&b, []string{"released together", "started together"}[i])
	}
	for _, file := range r.Files {
		fmt.Fprintf(&b, "evidence: %s\n", file)
	}
	return b.String()
}

func (t *Tally) write(b *strings.Builder, name string) {
	fmt.Fprintf(b, "\n%s: %d of %d rounds violated an invariant (%.0f %%; 95 %% confidence: %.0f to %.0f %%), spread %.2f ms p50, %.2f ms p90\n",
		name, t.Violations, t.Rounds, 100*t.Rate, 100*t.Low, 100*t.High, t.Spread.P50, t.Spread.P90)
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, c := range t.Classes {
		sign := "✓"
		if c.Violations > 0 {
			sign = "✗"
		}
		stored := ""
		if c.Stored != "" {
			stored = "stored: " + c.Stored
		}
		fmt.Fprintf(table, "  %s %d×\t%s first\t%s\t%s\n", sign, c.Rounds, c.First, c.Saw, stored)
	}
	_ = table.Flush()
	for _, round := range t.List {
		if len(round.Violations) > 0 {
			fmt.Fprintf(b, "  first in round %d: %s\n", round.Number, strings.Join(round.Violations, "; "))
			break
		}
	}
	for _, problem := range t.Problems[:min(len(t.Problems), 3)] {
		fmt.Fprintf(b, "  did not count: %s\n", problem)
	}
	if more := len(t.Problems) - 3; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}
