package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/stats"
)

// fewRequests are too few for a 99th percentile that is not the latest of them alone.
const fewRequests = 100

// AbortError is the cause with which a run ends that an assertion aborted.
type AbortError struct{ Assertion assert.Assertion }

func (e *AbortError) Error() string {
	return fmt.Sprintf("aborted, since this is broken: %v", e.Assertion)
}

// Result is what became of a run, whole or stopped.
type Result struct {
	*stats.Snapshot
	// Seed is where everything random came from.
	Seed uint64
	// Profiles are the profiles of the scenarios by name, as texts.
	Profiles map[string]string
	// Assertions are those of the options, one result for each subject.
	Assertions []assert.Result
	// UserFailures are why user functions failed, by scenario, the most frequent first.
	UserFailures []UserFailure
	// Ended is why the run ended before its profiles did; nil if it did not.
	Ended error
	// NotStarted are scenarios that were never begun because the run ended.
	NotStarted []string
	// Late says that the generator was late, and its figures tell of itself; empty if it was not.
	Late string
	// Problems are what else is to be known, such as users who had to be left behind.
	Problems []string
}

// ErrBroken is wrapped by the error of a result that is not as was asserted.
var ErrBroken = errors.New("not as asserted")

// Err is nil if all assertions hold, the generator was in time, and the run was not interrupted. Requests and users
// that failed are for assertions to judge. It joins all that is wrong.
func (r *Result) Err() error {
	var errs []error
	if r.Ended != nil && !errors.Is(r.Ended, ErrMaxDuration) {
		errs = append(errs, r.Ended)
	}
	if broken := r.broken(); len(broken) > 0 {
		errs = append(errs, fmt.Errorf("%w:\n  %s", ErrBroken, strings.Join(broken, "\n  ")))
	}
	if r.Late != "" {
		errs = append(errs, fmt.Errorf("%w: %s", ErrBroken, r.Late))
	}
	for _, problem := range r.Problems {
		errs = append(errs, errors.New(problem))
	}
	return errors.Join(errs...)
}

func (r *Result) broken() []string {
	var lines []string
	for _, a := range r.Assertions {
		if a.Verdict != assert.Holds {
			lines = append(lines, a.String())
		}
	}
	return lines
}

// result is called when all has ended.
func (e *engine) result() *Result {
	r := &Result{Snapshot: e.stats.Snapshot(), Seed: e.options.Seed, Ended: context.Cause(e.starting), Profiles: map[string]string{}}
	e.mu.Lock()
	r.Problems = e.problems
	e.mu.Unlock()
	for _, s := range r.Scenarios {
		if e.states[s.Name] == Waiting {
			r.NotStarted = append(r.NotStarted, s.Name)
		}
		if node := e.nodes[s.Name]; node != nil { // else it was beside the run
			r.Profiles[s.Name] = node.Arrivals()
			r.UserFailures = append(r.UserFailures, node.errors.list(s.Name)...)
		}
	}
	for _, a := range e.options.Assertions {
		r.Assertions = append(r.Assertions, a.Evaluate(r.Snapshot)...)
	}
	if p99, ok := r.Lateness.Percentile(99); ok && r.Lateness.Count() >= fewRequests && e.options.MaxLateness > 0 && p99 > e.options.MaxLateness {
		r.Late = fmt.Sprintf("the generator was the bottleneck, not the system: the 99th percentile of its lateness is %v, over the limit of %v; "+
			"give it more processor time or less to do, or allow more", p99.Round(10*time.Microsecond), e.options.MaxLateness)
	}
	return r
}
