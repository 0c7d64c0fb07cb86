package control

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seed49090845/lockstep/harness/load/report"
	"github.com/seed49090845/lockstep/sync/vars"
)

// State is what a run is at.
type State string

// The states of a run. Only Running is not final.
const (
	Running   State = "running"
	Passed    State = "passed"    // all assertions hold
	Failed    State = "failed"    // an assertion does not, or the generator was late
	Cancelled State = "cancelled" // somebody asked for it
	Aborted   State = "aborted"   // the service ended, or an assertion said so
	Errored   State = "errored"   // the run itself broke
)

// Run is what is known of a run. Once it has ended it does not change any more.
type Run struct {
	RunSummary
	Profile       string             `json:"profile" doc:"When executions start, or how many are in progress, in words"`
	Params        json.RawMessage    `json:"params" doc:"The parameters of the scenario, without secrets; long texts are cut"`
	Seed          uint64             `json:"seed" doc:"Where random times came from"`
	Statistics    report.Summary     `json:"statistics" doc:"As in results.json"`
	Vars          Variables          `json:"vars" doc:"All run variables, without secrets"`
	VarsRevision  uint64             `json:"vars_revision" doc:"How many changes of variables there were"`
	FirstFailures []ExecutionFailure `json:"first_failures" nullable:"false" doc:"The executions that failed first"`
	Failures      []report.Failure   `json:"failures" nullable:"false" doc:"Requests that failed, by message"`
	Assertions    []report.Assertion `json:"assertions" nullable:"false" doc:"What the run was to be like, once it has ended"`
	Problems      []string           `json:"problems" nullable:"false" doc:"What else is to be known"`
	Buckets       []report.Moment    `json:"buckets" nullable:"false" doc:"The run's time in parts of a second, or more in a long run"`
	Files         []string           `json:"files" nullable:"false" doc:"Report files, below /api/runs/{id}/files"`
}

// RunSummary is a run in a list.
type RunSummary struct {
	ID       string     `json:"id"`
	Scenario string     `json:"scenario"`
	State    State      `json:"state" enum:"running,passed,failed,cancelled,aborted,errored"`
	Cause    string     `json:"cause,omitempty" doc:"Why it is in this state, unless it passed"`
	Started  time.Time  `json:"started"`
	Ended    *time.Time `json:"ended,omitempty"`
	Counts   Counts     `json:"counts"`
}

// Counts are executions: each is a user of the load, from its arrival to its end. Finished is passed, failed and aborted
// together; Started is Finished, Cancelled and those in progress together.
type Counts struct {
	Started   int64 `json:"started"`
	Finished  int64 `json:"finished" doc:"passed, failed and aborted together"`
	Passed    int64 `json:"passed"`
	Failed    int64 `json:"failed"`
	Aborted   int64 `json:"aborted" doc:"interrupted by the run itself: its time was over, or fewer were wanted"`
	Cancelled int64 `json:"cancelled" doc:"interrupted because the run was cancelled"`
}

// ExecutionFailure is an execution that failed.
type ExecutionFailure struct {
	AtMS    float64 `json:"at_ms" doc:"Since the start of the run"`
	User    string  `json:"user"`
	Message string  `json:"message"`
}

// Start is what a run is to be. Scenario is needed, and either Profile or Total, unless the scenario has a profile of its
// own.
type Start struct {
	ID       string          `json:"id,omitempty" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" doc:"An id of the caller's; of two starts with one id the second is refused (409)"`
	Scenario string          `json:"scenario" minLength:"1" maxLength:"100"`
	Params   json.RawMessage `json:"params,omitempty" doc:"Parameters of the scenario; see /api/scenarios"`
	Profile  string          `json:"profile,omitempty" maxLength:"10000" example:"rampUsers(10).during(5)" doc:"When executions start, or how many are in progress"`
	Total    int             `json:"total,omitempty" minimum:"0" doc:"Executions in all; needs backlog or cps"`
	Backlog  int             `json:"backlog,omitempty" minimum:"0" doc:"At most so many in progress"`
	CPS      float64         `json:"cps,omitempty" minimum:"0" doc:"At most so many started per second"`
	Ramp     Duration        `json:"ramp,omitempty" doc:"Time in which cps is reached"`
	Vars     Variables       `json:"vars,omitempty" doc:"Run variables at the start"`

	Assertions   []string  `json:"assertions,omitempty" nullable:"false" maxItems:"100" example:"[\"p95 < 200ms\"]"`
	Seed         uint64    `json:"seed,omitempty" doc:"Where random times come from; one is drawn unless it is given"`
	WarmUp       Duration  `json:"warm_up,omitempty" doc:"Time at the beginning that is left out of the figures"`
	MaxDuration  Duration  `json:"max_duration,omitempty" doc:"Time after which nobody is started"`
	GracefulStop *Duration `json:"graceful_stop,omitempty" doc:"Time in which executions may finish at the end; 0s interrupts them"`
	MaxLateness  *Duration `json:"max_lateness,omitempty" doc:"How late the generator may be; 0s does not judge it"`
}

// Variables are run variables by name.
type Variables map[string]vars.Value

// Schema says that variables are any JSON by name.
func (Variables) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// Duration is a time in Go's notation, such as 1m30s.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("want a time such as 1m30s: %w", err)
	}
	*d = Duration(parsed)
	return nil
}
