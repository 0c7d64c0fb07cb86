package harness

import (
	"fmt"

	"github.com/onsi/gomega/types"
)

// HoldInEverySchedule is a Gomega matcher for an ExploreResult: it succeeds if no schedule failed and nothing stopped the
// exploration.
func HoldInEverySchedule() types.GomegaMatcher { return exploreMatcher{} }

type exploreMatcher struct{}

func (exploreMatcher) Match(actual any) (bool, error) {
	result, ok := actual.(*ExploreResult)
	if !ok || result == nil {
		return false, fmt.Errorf("want the *harness.ExploreResult of an exploration, got %T", actual)
	}
	if result.err != nil && len(result.Failures) == 0 {
		return false, result.err
	}
	return result.Err() == nil, nil
}

func (exploreMatcher) FailureMessage(actual any) string {
	return "expected all to hold in every schedule\n\n" + actual.(*ExploreResult).String()
}

func (exploreMatcher) NegatedFailureMessage(actual any) string {
	return "expected a schedule to fail\n\n" + actual.(*ExploreResult).String()
}
