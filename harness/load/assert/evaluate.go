package assert

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/harness/load/stats"
)

// Verdict is what became of an assertion.
type Verdict uint8

// What becomes of assertions. Only Holds is well.
const (
	Holds  Verdict = iota
	Broken         // the figure is there and not as promised
	NoData         // there is no figure: nothing of what it is about has ended
)

var verdicts = [...]string{"holds", "broken", "no data"}

// String is the verdict in words.
func (v Verdict) String() string { return verdicts[v] }

// Result is what became of an assertion about one subject.
type Result struct {
	Assertion Assertion
	// Subject is the request's name, with its group, where the assertion is about each; else empty.
	Subject string
	Verdict Verdict
	// Seen is the figure as text, or why there is none.
	Seen string
}

// String is one line: `errors < 1%: broken: 2.5% (25 of 1000)`.
func (r Result) String() string {
	subject := ""
	if r.Subject != "" {
		subject = " (" + r.Subject + ")"
	}
	return fmt.Sprintf("%v%s: %v: %s", r.Assertion, subject, r.Verdict, r.Seen)
}

// Evaluate compares with what is known: one result, or for an assertion about each one for every request name.
func (a Assertion) Evaluate(s *stats.Snapshot) []Result {
	switch a.scope {
	case each:
		return a.evaluateEach(s)
	case lateness:
		return []Result{a.compareTime(&s.Lateness, "no request had an intended start")}
	case request:
		return []Result{a.compare(s, named(s, a.name), a.missing(s))}
	case group:
		f := s.Group(a.name)
		return []Result{a.compare(s, &f, "no request has ended in this group")}
	case scenario:
		for i := range s.Scenarios {
			if s.Scenarios[i].Name == a.name {
				return []Result{a.compare(s, &s.Scenarios[i].Total, "no request of this scenario has ended")}
			}
		}
		return []Result{{Assertion: a, Verdict: NoData, Seen: "there is no such scenario"}}
	}
	return []Result{a.compare(s, &s.Total, "no request has ended")}
}

// Aborts tells whether the run is to be stopped: the assertion says so, its delay has passed since the start, and it
// is broken for good. A number that is too small can still grow, and no data may still come.
func (a Assertion) Aborts(s *stats.Snapshot) bool {
	if !a.abort || s.At < a.delay || a.canGrow() {
		return false
	}
	for _, r := range a.Evaluate(s) {
		if r.Verdict == Broken {
			return true
		}
	}
	return false
}

// CanAbort tells whether Aborts could ever.
func (a Assertion) CanAbort() bool { return a.abort && !a.canGrow() }

func (a Assertion) canGrow() bool {
	counted := !a.figure.kind.isTime() && a.bound.unit == number
	longest := a.figure.kind == maximum
	return (counted || longest) && (a.op == atLeast || a.op == more || a.op == equal || a.op == unequal)
}

func (a Assertion) evaluateEach(s *stats.Snapshot) []Result {
	var results []Result
	for i := range s.Requests {
		r := &s.Requests[i]
		result := a.compare(s, &r.Figures, "no request has ended")
		result.Subject = strings.TrimPrefix(r.Group+"/"+r.Name, "/")
		if len(s.Scenarios) > 1 {
			result.Subject = r.Scenario + ": " + result.Subject
		}
		results = append(results, result)
	}
	if results == nil {
		results = []Result{{Assertion: a, Verdict: NoData, Seen: "no request has ended"}}
	}
	return results
}

// named are the figures of all requests of a name.
func named(s *stats.Snapshot, name string) *stats.Figures {
	f := &stats.Figures{}
	for i := range s.Requests {
		if s.Requests[i].Name == name {
			f.Merge(&s.Requests[i].Figures)
		}
	}
	return f
}

// missing says which names there are.
func (a Assertion) missing(s *stats.Snapshot) string {
	const most = 5
	var names []string
	for i := range s.Requests {
		if name := strconv.Quote(s.Requests[i].Name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0:
		return "no request has ended"
	case len(names) > most:
		names = append(names[:most], "…")
	}
	return "no request of this name has ended, but " + strings.Join(names, ", ")
}

func (a Assertion) compare(s *stats.Snapshot, f *stats.Figures, nothing string) Result {
	if a.figure.kind.isTime() {
		if f.Count() > 0 {
			nothing = fmt.Sprintf("none of %d requests ended so", f.Count())
		}
		return a.compareTime(a.distribution(f), nothing)
	}
	if f.Count() == 0 {
		return Result{Assertion: a, Verdict: NoData, Seen: nothing}
	}
	counted := map[kind]int64{count: f.Count(), rate: f.Count(), passed: f.OK.Actual.Count(), failed: f.KO.Actual.Count()}[a.figure.kind]
	switch a.bound.unit {
	case percent:
		share := 100 * float64(counted) / float64(f.Count())
		return a.judge(cmp.Compare(share, a.bound.value), fmt.Sprintf("%s%% (%d of %d)", short(share), counted, f.Count()))
	case perSecond:
		if s.Measured <= 0 {
			return Result{Assertion: a, Verdict: NoData, Seen: "no time has been measured"}
		}
		perSecond := float64(counted) / s.Measured.Seconds()
		return a.judge(cmp.Compare(perSecond, a.bound.value), fmt.Sprintf("%s/s (%d in %v)", short(perSecond), counted, s.Measured.Round(time.Millisecond)))
	}
	return a.judge(cmp.Compare(float64(counted), a.bound.value), strconv.FormatInt(counted, 10))
}

func (a Assertion) distribution(f *stats.Figures) *stats.Distribution {
	o := &f.OK
	switch a.figure.part {
	case all:
		sum := f.All()
		o = &sum
	case onlyKO:
		o = &f.KO
	case onlyOK:
	}
	if a.figure.actual {
		return &o.Actual
	}
	return &o.Intended
}

func (a Assertion) compareTime(d *stats.Distribution, nothing string) Result {
	v, ok := a.figure.of(d)
	if !ok {
		return Result{Assertion: a, Verdict: NoData, Seen: nothing}
	}
	return a.judge(cmp.Compare(float64(v), a.bound.value), fmt.Sprintf("%v (of %d)", v.Round(time.Microsecond), d.Count()))
}

func (f figure) of(d *stats.Distribution) (time.Duration, bool) {
	switch f.kind {
	case minimum:
		return d.Min()
	case maximum:
		return d.Max()
	case mean:
		return d.Mean()
	case deviation:
		return d.StdDev()
	}
	return d.Percentile(f.percentile)
}

func (a Assertion) judge(comparison int, seen string) Result {
	r := Result{Assertion: a, Verdict: Broken, Seen: seen}
	if a.op.holds(comparison) {
		r.Verdict = Holds
	}
	return r
}

// short is a number with at most three digits after the point.
func short(v float64) string { return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64) }
