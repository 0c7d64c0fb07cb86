package harness

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

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

func (t *Tally) add(round Round) {
	t.List = append(t.List, round)
	if round.Problem != "" {
		t.Problems = append(t.Problems, fmt.Sprintf("round %d: %s", round.Number, round.Problem))
		return
	}
	violated := min(len(round.Violations), 1)
	t.Rounds++
	t.Violations += violated
	class := t.class(round.Order[0], strings.Join(round.Saw, ", "), round.Stored)
	class.Rounds++
	class.Violations += violated
}

// class finds that of an outcome, or makes it.
func (t *Tally) class(first, saw, stored string) *Class {
	i := slices.IndexFunc(t.Classes, func(c Class) bool { return c.First == first && c.Saw == saw && c.Stored == stored })
	if i < 0 {
		i = len(t.Classes)
		t.Classes = append(t.Classes, Class{First: first, Saw: saw, Stored: stored})
	}
	return &t.Classes[i]
}

// finish computes what is known when all rounds are over.
func (t *Tally) finish() {
	slices.SortStableFunc(t.Classes, func(a, b Class) int { return cmp.Compare(b.Rounds, a.Rounds) })
	if t.Rounds == 0 {
		return
	}
	t.Rate = float64(t.Violations) / float64(t.Rounds)
	t.Low, t.High = wilson(t.Violations, t.Rounds)
	spread := t.sorted(func(r Round) time.Duration { return r.Spread })
	ms := func(p float64) float64 { return float64(rank(spread, p).Microseconds()) / 1000 }
	t.Spread = SpreadMS{P50: ms(0.5), P90: ms(0.9), Max: ms(1)}
}

// sorted are times of the rounds that counted.
func (t *Tally) sorted(of func(Round) time.Duration) []time.Duration {
	var all []time.Duration
	for _, round := range t.List {
		if round.Problem == "" {
			all = append(all, of(round))
		}
	}
	slices.Sort(all)
	return all
}

// rank is a percentile of sorted times by nearest rank: one that was measured; zero of none.
func rank(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(int(math.Ceil(p*float64(len(sorted)))), 1)-1]
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

// rate is the share of violations in words, and how far apart the requests were.
func (t *Tally) rate() string {
	if t.Rounds == 0 {
		return "no round counted"
	}
	return fmt.Sprintf("%d of %s violated an invariant (%.0f %%; 95 %% confidence: %.0f to %.0f %%), spread %.2f ms p50, %.2f ms p90",
		t.Violations, counted(t.Rounds, "round"), 100*t.Rate, 100*t.Low, 100*t.High, t.Spread.P50, t.Spread.P90)
}

// bad tells whether an invariant was violated, or a round did not count.
func (t *Tally) bad() bool { return t.Violations > 0 || len(t.Problems) > 0 }
