package coexist

import (
	"fmt"

	"github.com/onsi/gomega/types"
)

// LiveTogether is a Gomega matcher for a Result: it succeeds if nobody failed and all phases ran to their end. Its failure text is the
// report.
func LiveTogether() types.GomegaMatcher { return matcher{} }

type matcher struct{}

func (matcher) Match(actual any) (bool, error) {
	result, ok := actual.(*Result)
	if !ok || result == nil {
		return false, fmt.Errorf("want the *coexist.Result of a check, got %T", actual)
	}
	return result.Passed, nil
}

func (matcher) FailureMessage(actual any) string {
	return "expected the users to live together\n\n" + actual.(*Result).Report()
}

func (matcher) NegatedFailureMessage(actual any) string {
	return "expected the users not to be able to live together\n\n" + actual.(*Result).Report()
}
