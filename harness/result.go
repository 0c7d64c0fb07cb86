package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/vars"
)

// ResultSchema names the form of a Result as JSON. Members are added under the same name; a change that
// breaks readers gets another.
const ResultSchema = "lockstep/result/1"

// Result is what became of one run of a scenario. It has no lock: it is complete when Run returns it, and to be read.
//
// As JSON, all times of a run are Stamps: nanoseconds since the run began, by the monotonic clock, and a sequence
// number that orders them; only Started is a time of day. Durations are in nanoseconds.
type Result struct {
	Schema   string        `json:"schema"`
	Scenario string        `json:"scenario"`
	Place    string        `json:"place"`
	Outcome  Outcome       `json:"outcome"`
	Started  time.Time     `json:"started"`
	Took     time.Duration `json:"took_ns"`
	Driver   string        `json:"driver,omitempty"`
	Seed     int64         `json:"seed"`
	Sessions []SessionInfo `json:"sessions"`
	// Records has one entry for each step, precondition and postcondition, in the order of declaration.
	Records []Record `json:"records"`
	// Vars are the run variables as they were in the end.
	Vars map[string]vars.Value `json:"vars,omitempty"`
	// Evidence of all sessions, where it was gathered.
	Evidence []*sessions.Evidence `json:"evidence,omitempty"`
	// Files are the paths of what was written.
	Files []string `json:"files,omitempty"`
	// Problems are what went wrong beside the steps: a session that was not isolated, evidence that could not
	// be written.
	Problems []string `json:"problems,omitempty"`
	// Expected is set by HaveOutcome, where a test wanted the scenario not to pass: it shows that a check can fail.
	Expected bool `json:"expected,omitempty"`

	refused error // why the run was not begun
	broken  error // why nothing was run
}

// SessionInfo names a session of the run.
type SessionInfo struct {
	Name   string        `json:"name"`
	Tenant string        `json:"tenant,omitempty"`
	Kind   sessions.Kind `json:"kind"`
}

// Record is what became of one step, precondition or postcondition.
type Record struct {
	Kind    Kind   `json:"kind"`
	Name    string `json:"name"`
	Session string `json:"session"`
	Tenant  string `json:"tenant,omitempty"`
	// Of is the step that a precondition or postcondition belongs to; empty if it is the scenario's.
	Of string `json:"of,omitempty"`
	// OfSession is the session of that step.
	OfSession string `json:"of_session,omitempty"`
	// Place is the file:line of the declaration, and in words who called it where that is a helper.
	Place   string  `json:"place"`
	Outcome Outcome `json:"outcome"`
	// Started and Ended are those of the last attempt; both are zero if the body did not run.
	Started Stamp `json:"started"`
	Ended   Stamp `json:"ended"`
	// Attempts are listed where more than one was allowed.
	Attempts []Attempt `json:"attempts,omitempty"`
	// Cause is why it did not pass: its own error, or the chain of what came before, nearest first.
	Cause []string `json:"cause,omitempty"`
	// Doing is what the session was doing when the body ended without passing.
	Doing string `json:"doing,omitempty"`

	err error
}

// Took is the time that the body ran: preconditions have their own.
func (r Record) Took() time.Duration { return r.Ended.At - r.Started.At }

// Err is the error of the body; nil if it passed or did not run, and in a result that was read from JSON.
func (r Record) Err() error { return r.err }

// Attempt is one run of a body that may be tried again.
type Attempt struct {
	Outcome Outcome       `json:"outcome"`
	Took    time.Duration `json:"took_ns"`
	Error   string        `json:"error,omitempty"`
}

// Totals counts steps by outcome; preconditions and postconditions are not counted.
func (r *Result) Totals() map[Outcome]int {
	totals := map[Outcome]int{}
	for _, record := range r.Records {
		if record.Kind == KindStep {
			totals[record.Outcome]++
		}
	}
	return totals
}

// Story is the records in the order in which people read them: each step with its own preconditions before it and
// its postconditions after it, and otherwise as declared.
func (r *Result) Story() []Record {
	var story []Record
	for _, record := range r.Records {
		if record.Of != "" {
			continue
		}
		story = append(story, r.partsOf(record, KindPrecondition)...)
		story = append(story, record)
		story = append(story, r.partsOf(record, KindPostcondition)...)
	}
	return story
}

func (r *Result) partsOf(step Record, kind Kind) []Record {
	var parts []Record
	for _, record := range r.Records {
		if record.Kind == kind && record.Of == step.Name && record.OfSession == step.Session {
			parts = append(parts, record)
		}
	}
	return parts
}

// Record finds the record of a step, precondition or postcondition; nil if the result has none, because the
// scenario was refused or the item is another scenario's.
func (r *Result) Record(s *Step) *Record {
	if s == nil || s.session == nil || s.scenario.name != r.Scenario || s.index >= len(r.Records) {
		return nil
	}
	record := &r.Records[s.index]
	if record.Kind != s.kind || record.Name != s.name || record.Session != s.session.Name() {
		return nil
	}
	return record
}

// Err is nil if the scenario passed. Otherwise it joins the errors of all sessions, what failed first at the top,
// or is the *InvalidScenarioError of a scenario that was refused. In a result that was read from JSON, errors are
// text alone: errors.Is and errors.As find nothing in them.
func (r *Result) Err() error {
	if r.refused != nil {
		return r.refused
	}
	if r.Outcome == Passed {
		return nil
	}
	errs := []error{fmt.Errorf("scenario %q %s", r.Scenario, r.Outcome)}
	if r.broken != nil {
		return errors.Join(append(errs, r.broken)...)
	}
	for _, record := range r.causes() {
		errs = append(errs, record.failure())
	}
	for _, record := range r.Records {
		if record.Outcome != Passed && record.Ended.Seq == 0 {
			errs = append(errs, record.failure())
		}
	}
	for _, problem := range r.Problems {
		errs = append(errs, errors.New(problem))
	}
	if len(r.Files) > 0 {
		errs = append(errs, fmt.Errorf("evidence in %s", filepath.Dir(r.Files[0])))
	}
	return errors.Join(errs...)
}

// failure is the record's own error, or its cause where its body did not run.
func (r Record) failure() error {
	if r.err != nil {
		return r.err
	}
	cause := string(r.Outcome)
	if len(r.Cause) > 0 && r.Ended.Seq > 0 {
		cause = r.Cause[0]
	} else if len(r.Cause) > 0 {
		cause += ": " + firstLine(r.Cause[0])
	}
	return &sessions.SessionError{Session: r.Session, Step: fmt.Sprintf("%s %q", r.Kind, r.Name), Err: errors.New(cause)}
}

// refuse makes it the result of a run that was not begun.
func (r *Result) refuse(err error) *Result {
	r.refused = err
	r.Problems = []string{err.Error()}
	return r
}

// problem notes that nothing could be run.
func (r *Result) problem(err error) {
	r.broken = err
	r.Problems = append(r.Problems, err.Error())
}

// JSON is the result in the form that ResultSchema names.
func (r *Result) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }
