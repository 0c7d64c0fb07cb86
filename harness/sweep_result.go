package harness

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// SweepSchema names the form of a SweepResult as JSON, as ResultSchema does.
const SweepSchema = "lockstep/sweep/1"

// SweepResult is how often an invariant was violated at each offset between two requests.
type SweepResult struct {
	RaceInfo
	// Step is how far one offset is from the next.
	Step time.Duration `json:"step_ns"`
	// Offsets are in their order, the most negative first.
	Offsets []Offset `json:"offsets"`
}

// Offset is what became of the rounds in which the request of the first racer was released so long after that of the second.
type Offset struct {
	// Asked is the offset that was asked for. Measured is the median of what it really was: at the server, as far as that
	// tells, else at the gateways; zero if no round counted.
	Asked    time.Duration `json:"asked_ns"`
	Measured time.Duration `json:"measured_ns"`
	Tally
}

func (r *SweepResult) finish() {
	for i := range r.Offsets {
		at := &r.Offsets[i]
		at.finish()
		at.Measured = rank(at.sorted(func(r Round) time.Duration { return r.Apart }), 0.5)
	}
}

func (r *SweepResult) progress(at time.Duration) string {
	violations := 0
	for _, o := range r.Offsets {
		violations += o.Violations
	}
	return fmt.Sprintf("offset %s, %s", r.milliseconds(at), counted(violations, "violation"))
}

// Err is nil if the race was swept as asked, all rounds counted and no invariant was violated. Else it is what stopped the
// sweep, or has all of the result as text.
func (r *SweepResult) Err() error {
	if err := r.stopped(); err != nil {
		return err
	}
	if slices.ContainsFunc(r.Offsets, func(o Offset) bool { return o.bad() }) {
		return errors.New(r.String())
	}
	return nil
}

// Window is from the first to the last offset at which an invariant was violated; ok is false if none was at any.
func (r *SweepResult) Window() (from, to time.Duration, ok bool) {
	for _, at := range r.Offsets {
		if at.Violations == 0 {
			continue
		}
		if !ok {
			from = at.Asked
		}
		to, ok = at.Asked, true
	}
	return from, to, ok
}

// WindowInWords is how wide the window is, on which side, and where the sweep was too narrow to tell.
func (r *SweepResult) WindowInWords() string {
	from, to, ok := r.Window()
	if !ok {
		return "no window: no invariant was violated at any offset"
	}
	text := fmt.Sprintf("the window is at least %s wide: an invariant was violated where %s's request was released %s %s's",
		r.length(to-from), r.Racers[0], r.side(from, to), r.Racers[1])
	if from == r.Offsets[0].Asked || to == r.Offsets[len(r.Offsets)-1].Asked {
		text += "; it reaches the end of the sweep, so it may be wider"
	}
	return text
}

// side is when the first request was released, against the second.
func (r *SweepResult) side(from, to time.Duration) string {
	switch {
	case from == 0 && to == 0:
		return "together with"
	case from == to && to < 0:
		return r.length(to) + " before"
	case from == to:
		return r.length(to) + " after"
	case to <= 0:
		return fmt.Sprintf("%s to %s before", r.length(from), r.length(to))
	case from >= 0:
		return fmt.Sprintf("%s to %s after", r.length(from), r.length(to))
	}
	return fmt.Sprintf("from %s before to %s after", r.length(from), r.length(to))
}

// length is a time without its sign, as fine as the offsets are.
func (r *SweepResult) length(d time.Duration) string {
	return fmt.Sprintf("%.*f ms", r.decimals(), math.Abs(d.Seconds()*1000))
}

// milliseconds is a time with its sign, as fine as the offsets are.
func (r *SweepResult) milliseconds(d time.Duration) string {
	if d == 0 {
		return fmt.Sprintf("%.*f ms", r.decimals(), 0.0)
	}
	return fmt.Sprintf("%+.*f ms", r.decimals(), d.Seconds()*1000)
}

// decimals are as many as tell one offset from the next.
func (r *SweepResult) decimals() int {
	for n, unit := range []time.Duration{time.Millisecond, 100 * time.Microsecond, 10 * time.Microsecond} {
		if !slices.ContainsFunc(r.Offsets, func(o Offset) bool { return o.Asked%unit != 0 }) {
			return n
		}
	}
	return 3
}

// String is a plot as text: a line for each offset, with the rate of violations and its bounds.
func (r *SweepResult) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sweep of %s in %q\n", strings.Join(r.Racers, " and "), r.Scenario)
	if len(r.Offsets) > 0 {
		fmt.Fprintf(&b, "\nhow long after %s's request %s's was released (negative: before), and how often an invariant was violated\n", r.Racers[1], r.Racers[0])
		fmt.Fprintf(&b, "\n%12s %12s  0 %% %*s  (o: rate, [ ]: 95 %% confidence)\n", "released", "measured", plotColumns-4, "100 %")
	}
	var problems []string
	for _, at := range r.Offsets {
		measured := fmt.Sprintf("%+.2f ms", at.Measured.Seconds()*1000)
		if at.Rounds == 0 {
			measured = "–"
		}
		fmt.Fprintf(&b, "%12s %12s |%s| %d of %d\n", r.milliseconds(at.Asked), measured, at.plot(), at.Violations, at.Rounds)
		problems = append(problems, at.Problems...)
	}
	if len(r.Offsets) > 0 {
		fmt.Fprintf(&b, "\n%s\n", r.WindowInWords())
	}
	writeProblems(&b, problems)
	b.WriteString(r.ending())
	return b.String()
}

const plotColumns = 41

// plot is the rate on a line from 0 to 100 %, between its bounds.
func (t *Tally) plot() string {
	line := []byte(strings.Repeat(" ", plotColumns))
	if t.Rounds == 0 {
		return string(line)
	}
	column := func(rate float64) int { return int(math.Round(rate * (plotColumns - 1))) }
	low, high := column(t.Low), column(t.High)
	for i := low; i <= high; i++ {
		line[i] = '-'
	}
	line[low], line[high] = '[', ']'
	line[column(t.Rate)] = 'o'
	return string(line)
}
