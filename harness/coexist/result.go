package coexist

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// Schema is the version of the JSON of a Result, which schema.md describes.
const Schema = "lockstep/coexist/1"

// ErrCollided is wrapped by the error of a result in which somebody failed.
var ErrCollided = errors.New("the users cannot live together")

// Kind is what the values that a user held say about its failure.
type Kind string

// The kinds of failures.
const (
	// Collision: it held a value that another user held at the same time.
	Collision Kind = "collision"
	// Apart: nobody else held a value that it held.
	Apart Kind = "apart"
	// NoValue: it held no value.
	NoValue Kind = "no value"
	// OutOfValues: there was no value for it.
	OutOfValues Kind = "out of values"
)

// Result is what became of a check.
type Result struct {
	Schema string `json:"schema"`
	Passed bool   `json:"passed"`
	// Seed is where everything random came from.
	Seed   uint64   `json:"seed"`
	Phases []*Stage `json:"phases"`
	// NotRun are phases that were left out because of a failure, or because the check was stopped.
	NotRun []string `json:"not_run,omitempty"`
	// Stopped is why the check ended early; empty if it did not.
	Stopped string `json:"stopped,omitempty"`
}

// Stage is what became of one phase of one scenario, or of all. Times named ..._ms are since its users started, in milliseconds.
type Stage struct {
	Phase     Phase           `json:"phase"`
	Scenarios []ScenarioStage `json:"scenarios"`
	Started   time.Time       `json:"started"`
	Took      float64         `json:"took_ms"`
	Passed    bool            `json:"passed"`

	// Iterations that ended, Failed those of them that failed, Kinds why.
	Iterations int64          `json:"iterations"`
	Failed     int64          `json:"failed"`
	Kinds      map[Kind]int64 `json:"kinds,omitempty"`
	Sharing    Sharing        `json:"sharing"`
	// Overlaps counts the times at which a value came to have two holders.
	Overlaps int64 `json:"overlaps"`

	// Values have a failure; those with the most collisions first. Pairs and Spans likewise.
	Values []Value `json:"values,omitempty"`
	// LeftOut counts failures of values beyond the first 200 that had one, which are not in Values.
	LeftOut  int64         `json:"left_out,omitempty"`
	Pairs    []Pair        `json:"pairs,omitempty"`
	Spans    []OverlapSpan `json:"spans,omitempty"`
	Messages []Message     `json:"messages,omitempty"`
	// Failures are the first, with all that is known of each.
	Failures []*Failure  `json:"failures,omitempty"`
	RanOut   []OutOfData `json:"ran_out,omitempty"`
	// Warnings are no failures, Problems are.
	Warnings []string `json:"warnings,omitempty"`
	Problems []string `json:"problems,omitempty"`
	// Evidence are files about browser sessions that failed.
	Evidence []string `json:"evidence,omitempty"`
}

// ScenarioStage is a scenario in a phase.
type ScenarioStage struct {
	Name  string        `json:"name"`
	Kind  sessions.Kind `json:"kind"`
	Users int           `json:"users"`
	// Requests and RequestsFailed are those of virtual users.
	Requests       int64 `json:"requests"`
	RequestsFailed int64 `json:"requests_failed"`
	Interrupted    int64 `json:"interrupted"`
}

// Sharing counts iterations by whether they held a value that another user held at the same time.
type Sharing struct {
	Shared       int64 `json:"shared"`
	SharedFailed int64 `json:"shared_failed"`
	Alone        int64 `json:"alone"`
	AloneFailed  int64 `json:"alone_failed"`
}

// Value is a value that was held when something failed.
type Value struct {
	Value   string   `json:"value"`
	Feeders []string `json:"feeders"`
	// Collisions are failures in which another held it too, Only those of them in which no other value was shared, Apart failures in which
	// nobody else held it.
	Collisions int64    `json:"collisions"`
	Only       int64    `json:"only"`
	Apart      int64    `json:"apart"`
	Sharing    Sharing  `json:"sharing"`
	First      *Failure `json:"first"`
	Timeline   Timeline `json:"timeline"`
}

// Pair is two users, in the order of their names, and how often one of them failed while both held a value.
type Pair struct {
	Users    [2]string `json:"users"`
	Failures int64     `json:"failures"`
	// Values are those they shared, with the number of failures.
	Values map[string]int64 `json:"values"`
	// Together is how long they held them both until the failures, in sum.
	Together float64 `json:"together_ms"`
}

// OverlapSpan is a time in which a value had several holders at every moment, and something failed.
type OverlapSpan struct {
	Value    string   `json:"value"`
	From     float64  `json:"from_ms"`
	To       *float64 `json:"to_ms"` // nil: to the end
	Most     int      `json:"most"`  // holders at one moment
	Failures int64    `json:"failures"`
	Users    []string `json:"users"`
}

// Message is why iterations failed, and how often.
type Message struct {
	Kind  Kind   `json:"kind"`
	Text  string `json:"text"`
	Count int64  `json:"count"`
}

// Failure is an iteration that failed.
type Failure struct {
	Scenario  string  `json:"scenario"`
	User      string  `json:"user"`
	Iteration int     `json:"iteration"`
	At        float64 `json:"at_ms"`
	Kind      Kind    `json:"kind"`
	Message   string  `json:"message"`
	// Values are those that the user held.
	Values []ValueInUse `json:"values,omitempty"`
}

// ValueInUse is a value that the user of a failure held.
type ValueInUse struct {
	Value  string  `json:"value"`
	Feeder string  `json:"feeder"`
	Since  float64 `json:"since_ms"`
	// Holders are the other users who held it meanwhile, who drew it last first; one whose To is nil held it when it failed. More is how
	// many more there were.
	Holders []Holder `json:"holders,omitempty"`
	More    int      `json:"more,omitempty"`
	// Before is, where there is no such user, the last other who had it; nil if none is known.
	Before *Holder `json:"before,omitempty"`
}

// Holder is another user who held the value.
type Holder struct {
	Span
	// Together is how long both held it until the failure.
	Together float64 `json:"together_ms"`
}

// Span is a user holding a value. Iteration 0 means over its iterations; To is nil while it is held.
type Span struct {
	User      string   `json:"user"`
	Iteration int      `json:"iteration"`
	From      float64  `json:"from_ms"`
	To        *float64 `json:"to_ms"`
}

// Timeline is who held a value around its first failures.
type Timeline struct {
	From   float64 `json:"from_ms"`
	To     float64 `json:"to_ms"`
	Spans  []Span  `json:"spans"`
	Failed []Mark  `json:"failed"`
}

// Mark is the moment of a failure.
type Mark struct {
	User string  `json:"user"`
	At   float64 `json:"at_ms"`
}

// OutOfData is a feeder that had no value for somebody.
type OutOfData struct {
	Feeder  string  `json:"feeder"`
	Policy  string  `json:"policy"`
	Times   int64   `json:"times"`
	First   string  `json:"first"` // user
	At      float64 `json:"at_ms"`
	Message string  `json:"message"`
}

// Err is nil if nobody failed and all phases ran to their end. Its text is the report.
func (r *Result) Err() error {
	if r.Passed {
		return nil
	}
	return fmt.Errorf("%w\n%s", ErrCollided, r.Report())
}

// String is the stage in a line: its phase and its scenarios.
func (s *Stage) String() string { return title(s.Phase, s.names()) }

func (s *Stage) names() (names []string) {
	for _, scenario := range s.Scenarios {
		names = append(names, scenario.Name)
	}
	return names
}

func (st stage) String() string {
	var names []string
	for _, s := range st.scenarios {
		names = append(names, s.name())
	}
	return title(st.phase, names)
}

func title(phase Phase, names []string) string {
	return string(phase) + ": " + strings.Join(names, ", ")
}
