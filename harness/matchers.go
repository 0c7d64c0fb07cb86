package harness

import (
	"fmt"
	"slices"

	"github.com/onsi/gomega/types"
	"github.com/seed49090845/lockstep/harness/internal/nearest"
)

// Pass is a Gomega matcher for a Result: it succeeds if the scenario passed. Its failure text is the result as
// people read it: every item and its outcome, and the errors of all sessions.
func Pass() types.GomegaMatcher { return &outcomeMatcher{Passed} }

// HaveOutcome is a Gomega matcher for a Result: it succeeds if the scenario had the outcome. A result that was to have
// another outcome than Passed, and had it, is Expected: reports do not count it as a failure.
func HaveOutcome(outcome Outcome) types.GomegaMatcher { return &outcomeMatcher{outcome} }

type outcomeMatcher struct{ want Outcome }

func (m *outcomeMatcher) Match(actual any) (bool, error) {
	result, ok := actual.(*Result)
	if !ok || result == nil {
		return false, fmt.Errorf("want the *harness.Result of a run, got %T", actual)
	}
	if !slices.Contains(gravity, m.want) {
		return false, fmt.Errorf("there is no outcome %q: %s", m.want, nearest.Hint(string(m.want), names(gravity)))
	}
	if result.refused != nil {
		return false, result.refused
	}
	if result.Outcome != m.want {
		return false, nil
	}
	result.Expected = m.want != Passed
	return true, nil
}

func (m *outcomeMatcher) FailureMessage(actual any) string {
	return fmt.Sprintf("expected the scenario to have %s\n\n%s", m.want, actual.(*Result))
}

func (m *outcomeMatcher) NegatedFailureMessage(actual any) string {
	return fmt.Sprintf("expected the scenario not to have %s\n\n%s", m.want, actual.(*Result))
}

func names(outcomes []Outcome) []string {
	all := make([]string, len(outcomes))
	for i, outcome := range outcomes {
		all[i] = string(outcome)
	}
	return all
}

// HoldInEveryRound is a Gomega matcher for a RaceResult: it succeeds if all rounds counted and none violated an invariant.
func HoldInEveryRound() types.GomegaMatcher { return raceMatcher{} }

type raceMatcher struct{}

func (raceMatcher) Match(actual any) (bool, error) {
	result, ok := actual.(*RaceResult)
	if !ok || result == nil {
		return false, fmt.Errorf("want the *harness.RaceResult of a race, got %T", actual)
	}
	if err := result.stopped(); err != nil {
		return false, err
	}
	return result.Err() == nil, nil
}

func (raceMatcher) FailureMessage(actual any) string {
	return "expected the invariants to hold in every round\n\n" + actual.(*RaceResult).String()
}

func (raceMatcher) NegatedFailureMessage(actual any) string {
	return "expected an invariant to be violated, or a round not to count\n\n" + actual.(*RaceResult).String()
}
