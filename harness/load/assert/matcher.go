package assert

import (
	"fmt"
	"strings"

	"github.com/seed49090845/lockstep/harness/load/stats"
)

// Matcher is for Gomega: Expect(snapshot).To(assert.Hold("p95 < 200ms", "errors < 1%")). It lists all assertions
// that do not hold.
type Matcher struct {
	texts   []string
	results []Result
}

// Hold makes a matcher; assertions that cannot be understood fail the expectation with their place.
func Hold(assertions ...string) *Matcher { return &Matcher{texts: assertions} }

// Match takes a *stats.Snapshot.
func (m *Matcher) Match(actual any) (bool, error) {
	s, ok := actual.(*stats.Snapshot)
	if !ok || s == nil {
		return false, fmt.Errorf("assert.Hold is for a *stats.Snapshot, not for a %T", actual)
	}
	list, err := ParseAll(m.texts...)
	if err != nil {
		return false, err
	}
	m.results = nil
	held := true
	for _, a := range list {
		for _, r := range a.Evaluate(s) {
			m.results = append(m.results, r)
			held = held && r.Verdict == Holds
		}
	}
	return held, nil
}

// FailureMessage lists what does not hold.
func (m *Matcher) FailureMessage(any) string {
	return "Expected these to hold\n" + m.lines(func(v Verdict) bool { return v != Holds })
}

// NegatedFailureMessage lists what holds.
func (m *Matcher) NegatedFailureMessage(any) string {
	return "Expected these not all to hold\n" + m.lines(func(v Verdict) bool { return v == Holds })
}

func (m *Matcher) lines(which func(Verdict) bool) string {
	var lines []string
	for _, r := range m.results {
		if which(r.Verdict) {
			lines = append(lines, "    "+r.String())
		}
	}
	return strings.Join(lines, "\n")
}
