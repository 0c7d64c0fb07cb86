package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// ResultSchema names the form of a Result as JSON. Members are added under the same name; a change that
// breaks readers gets another.
const ResultSchema = "lockstep/result/1"

// Result is what became of one run of a scenario.
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
	// Evidence of all sessions, where it was gathered.
	Evidence []*sessions.Evidence `json:"evidence,omitempty"`
	// Files are the paths of what was written.
	Files []string `json:"files,omitempty"`
	// Problems are what went wrong beside the steps: a session that was not isolated, evidence that could not
	// be written.
	Problems []string `json:"problems,omitempty"`

	refused error // the scenario was not valid
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
	Of      string  `json:"of,omitempty"`
	Place   string  `json:"place"`
	Outcome Outcome `json:"outcome"`
	// Started and Ended are those of the last attempt; both are zero if the body did not run.
	Started Stamp `json:"started"`
	Ended   Stamp `json:"ended"`
	// Attempts are listed where there was more than one.
	Attempts []Attempt `json:"attempts,omitempty"`
	// Cause is why it did not pass: its own error, or the chain of what came before, nearest first.
	Cause []string `json:"cause,omitempty"`
	// Doing is what the session was doing when the body ended without passing.
	Doing string `json:"doing,omitempty"`

	err error
}

// Took is the time that the body ran: preconditions have their own.
func (r Record) Took() time.Duration { return r.Ended.At - r.Started.At }

// Err is the error of the body; nil if it passed or did not run.
func (r Record) Err() error { return r.err }

// Attempt is one run of a body that was asked to be tried again.
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

// Record finds the record of a step, precondition or postcondition; nil if it has none.
func (r *Result) Record(s *Step) *Record {
	if s.index < len(r.Records) {
		return &r.Records[s.index]
	}
	return nil
}

// Err is nil if the scenario passed. Otherwise it joins the errors of all sessions, or is the
// *InvalidScenarioError of a scenario that was refused.
func (r *Result) Err() error {
	if r.refused != nil {
		return r.refused
	}
	if r.Outcome == Passed {
		return nil
	}
	errs := []error{fmt.Errorf("scenario %q %s", r.Scenario, r.Outcome)}
	for _, record := range r.Records {
		if record.Outcome != Passed {
			errs = append(errs, record.failure())
		}
	}
	for _, problem := range r.Problems {
		errs = append(errs, errors.New(problem))
	}
	return errors.Join(errs...)
}

// failure is the record's own error, or its cause chain where its body did not run.
func (r Record) failure() error {
	err := r.err
	if err == nil && len(r.Cause) > 0 {
		err = fmt.Errorf("%s: %s", r.Outcome, r.Cause[0])
	}
	if err == nil {
		err = errors.New(string(r.Outcome))
	}
	var named *sessions.SessionError
	if errors.As(err, &named) && named.Step != "" {
		return err
	}
	return &sessions.SessionError{Session: r.Session, Step: fmt.Sprintf("%s %q", r.Kind, r.Name), Err: err}
}

// JSON is the result in the form that ResultSchema names.
func (r *Result) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }
