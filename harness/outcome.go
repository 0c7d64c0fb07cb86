package harness

import (
	"slices"

	"github.com/seed49090845/lockstep/sessions"
)

// Outcome is what became of a step, a precondition, a postcondition or a whole scenario.
type Outcome string

// The outcomes. Every one but Passed comes with its cause.
const (
	// Passed: the body ran and found nothing wrong.
	Passed Outcome = "passed"
	// Failed: an assertion failed, the body returned an error, or it panicked.
	Failed Outcome = "failed"
	// Blocked: a precondition did not pass, so the body did not run.
	Blocked Outcome = "blocked"
	// Skipped: a step that it requires did not pass, so the body did not run.
	Skipped Outcome = "skipped"
	// TimedOut: the body did not end within its timeout.
	TimedOut Outcome = "timed out"
	// Aborted: the run was stopped.
	Aborted Outcome = "aborted"
	// Errored: the harness or the browser broke; nothing is known of the system under test.
	Errored Outcome = "errored"
)

// gravity are all outcomes, the lightest first.
var gravity = []Outcome{Passed, Skipped, Blocked, TimedOut, Failed, Errored, Aborted}

// verdict is the outcome of a whole scenario: the gravest of its parts.
func verdict(records []Record) Outcome {
	outcome := Passed
	for _, record := range records {
		if slices.Index(gravity, record.Outcome) > slices.Index(gravity, outcome) {
			outcome = record.Outcome
		}
	}
	switch outcome {
	case Skipped, Blocked, TimedOut: // words for parts; the whole failed
		return Failed
	}
	return outcome
}

// Kind tells what an item of a scenario is for.
type Kind string

// The kinds of items. Only steps are counted in totals.
const (
	KindStep          Kind = "step"
	KindPrecondition  Kind = "precondition"
	KindPostcondition Kind = "postcondition"
)

// The kinds of sessions, as in package sessions.
const (
	browserSession = sessions.KindBrowser
	httpSession    = sessions.KindHTTP
)

// Outcomes are all outcomes, the best first, as totals list them.
func Outcomes() []Outcome {
	return []Outcome{Passed, Failed, TimedOut, Errored, Blocked, Skipped, Aborted}
}
