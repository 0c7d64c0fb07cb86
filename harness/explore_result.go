package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/diagram"
	"github.com/seed49090845/lockstep/sync/schedule/minimise"
)

// ExploreSchema names the form of an ExploreResult as JSON, as ResultSchema does.
const ExploreSchema = "lockstep/explore/1"

// ExploreResult is what an exploration has shown.
type ExploreResult struct {
	Schema   string `json:"schema"`
	Scenario string `json:"scenario"`
	Place    string `json:"place"`
	Driver   string `json:"driver,omitempty"`
	Seed     int64  `json:"seed"`
	// Strategy is its name, with the seed.
	Strategy string `json:"strategy"`
	// Sessions are those that were scheduled.
	Sessions []string `json:"sessions"`
	// Schedules is how many came to their end, Redundant how many others were broken off because nothing new could come of
	// them. Different is how many differ. Points is how many were released in all.
	Schedules int `json:"schedules"`
	Redundant int `json:"redundant"`
	Different int `json:"different"`
	Points    int `json:"points"`
	// Complete says that the strategy has nothing left, and Shown in words what that shows: "all 20 orders".
	Complete bool          `json:"complete"`
	Shown    string        `json:"shown"`
	Took     time.Duration `json:"took_ns"`
	// Failures are in the order in which they were found.
	Failures []ExploreFailure `json:"failures,omitempty"`
	// Nondeterminism is where two runs of one schedule differed; empty if they did not, or were not asked for.
	Nondeterminism string `json:"nondeterminism,omitempty"`
	// Noticed is what went on besides: statements that were none of any request's.
	Noticed []string `json:"noticed,omitempty"`
	// Again is the line that repeats the exploration.
	Again string `json:"again"`
	// Stopped is why there are fewer schedules than there could be: a mistake in the declaration, a session that did not come
	// to a point, an error of Before. It is empty if there are not.
	Stopped string `json:"stopped,omitempty"`

	err error // of which Stopped is the text; nil in a result that was read from JSON
}

// ExploreFailure is a schedule that failed, and what is left of it.
type ExploreFailure struct {
	// Schedule counts the schedules of the exploration from 1: it is the one that failed first.
	Schedule int `json:"schedule"`
	// Errors are what was wrong: steps that did not pass, invariants that do not hold.
	Errors []string `json:"errors"`
	// Words are the constraints that bring it about, as a person would tell them; empty if any order does, or if it was not
	// minimised.
	Words string `json:"words,omitempty"`
	// Constraints are the same, one in an element. Minimal says that none can be left out, Forcing that they brought the failure
	// about in each order of the rest that was tried, EveryOrder that these were all that differ.
	Constraints []string `json:"constraints,omitempty"`
	Minimal     bool     `json:"minimal"`
	Forcing     bool     `json:"forcing"`
	EveryOrder  bool     `json:"every_order"`
	// LeftOut are the sessions and steps without which it fails all the same, in words: "support", or "\"looks around\" of owner". What is kept
	// replays the whole scenario, with them; only the diagram leaves them out.
	LeftOut []string `json:"left_out,omitempty"`
	// Replays is how many schedules the minimisation took.
	Replays int `json:"replays"`
	// Points is the minimised schedule, a line for each; Short is its short form, empty if it is too long for one.
	Points string `json:"points"`
	Short  string `json:"short,omitempty"`
	// Replay is the line that replays it; empty for a failure that is like one before it: only the first is minimised and kept.
	Replay string `json:"replay"`
	// Diagram is what happened, as text.
	Diagram string `json:"diagram"`
	// Fate tells how often the schedule failed from each of its prefixes on, and from where on always; empty if that was not
	// asked for.
	Fate string `json:"fate,omitempty"`
	// Isolation tells what becomes of the schedule at each transaction isolation level, with a database gateway; empty where it was
	// not tried.
	Isolation []IsolationVerdict `json:"isolation,omitempty"`
	// Unstable is why it may not come back; empty if the last replay failed as it should.
	Unstable string `json:"unstable,omitempty"`
	// Files are the failure file, the diagram as SVG, and the evidence of all sessions in the last replay.
	Files []string `json:"files,omitempty"`

	events  []schedule.Event
	reduced []schedule.Event // of a run without LeftOut; nil if there was none
	gone    []string         // the sessions of which nothing is left in it
}

func (e *exploration) newResult() *ExploreResult {
	r := &ExploreResult{
		Schema: ExploreSchema, Scenario: e.scenario.name, Place: e.place.String(), Seed: e.seed,
		Again: e.again(),
	}
	if slices.ContainsFunc(e.scenario.used(), func(s *Session) bool { return s.kind == browserSession }) {
		r.Driver = e.harness.options.driver.Name()
	}
	return r
}

// stop notes why the exploration ended before its time; nil if it did not.
func (r *ExploreResult) stop(err error) {
	if err != nil {
		r.err, r.Stopped = err, err.Error()
	}
}

// notice adds what it has not noticed before.
func (r *ExploreResult) notice(texts []string) {
	for _, text := range texts {
		if !slices.Contains(r.Noticed, text) {
			r.Noticed = append(r.Noticed, text)
		}
	}
}

// take puts in what the search has found.
func (r *ExploreResult) take(report schedule.Report) {
	r.Strategy, r.Shown, r.Complete = report.Strategy, report.Shown, report.Complete
	r.Schedules, r.Redundant, r.Different, r.Points = report.Schedules, report.Redundant, report.Different, report.Points
	for _, f := range report.Failures {
		failure := ExploreFailure{Schedule: f.Number}
		failure.describe(f.Trace, f.Outcome)
		r.Failures = append(r.Failures, failure)
	}
}

// describe is what is known of a trace that failed.
func (f *ExploreFailure) describe(t schedule.Trace, o schedule.Outcome) {
	f.events = drawn(o.Events)
	if len(f.LeftOut) > 0 {
		f.events = drawn(f.reduced)
	}
	f.Diagram = diagram.Text(nil, f.events)
	if found, ok := errors.AsType[*wrongs](o.Failure); ok {
		f.Errors = found.texts
	}
	f.Points, f.Short = t.Schedule().String(), ""
	if short, err := t.Short(); err == nil {
		f.Short = short.String()
	}
}

// minimal is what is left after minimisation.
func (f *ExploreFailure) minimal(least minimise.Result) {
	f.Words, f.Minimal, f.Replays = schedule.Words(least.Constraints), least.Minimal, least.Replays
	f.Forcing, f.EveryOrder = least.Forcing, least.EveryOrder
	for _, c := range least.Constraints {
		f.Constraints = append(f.Constraints, c.String())
	}
}

// Err is nil if no schedule failed and nothing stopped the exploration. Else it is what stopped it, or has all of the
// result as text.
func (r *ExploreResult) Err() error {
	switch {
	case len(r.Failures) > 0 || r.Nondeterminism != "":
		return errors.New(r.String())
	case r.err != nil:
		return r.err
	case r.Stopped != "":
		return errors.New(r.Stopped)
	}
	return nil
}

// JSON is the result in the form that ExploreSchema names.
func (r *ExploreResult) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// String is the result as people read it: what was shown, then each failure: why, in which order, and how to replay it.
func (r *ExploreResult) String() string {
	var b strings.Builder
	sign, verdict := Passed.Sign(), "no failure"
	if n := len(r.Failures); n > 0 {
		sign, verdict = Failed.Sign(), counted(n, "failure")
	}
	if r.Shown == "" {
		fmt.Fprintf(&b, "%s exploration of %q\n", Errored.Sign(), r.Scenario)
	} else {
		fmt.Fprintf(&b, "%s exploration of %q: %s: %s (%s, %s in %v)\n", sign, r.Scenario, r.Shown, verdict, r.Strategy, counted(r.Schedules, "schedule"), readable(r.Took))
	}
	if r.Stopped != "" {
		fmt.Fprintf(&b, "\n%s\n", r.Stopped)
	}
	alike := 0
	for i := range r.Failures {
		if r.Failures[i].Replay == "" {
			alike++
			continue
		}
		r.Failures[i].write(&b)
	}
	if alike > 0 {
		fmt.Fprintf(&b, "\n%s more failed in the same way\n", counted(alike, "schedule"))
	}
	if r.Nondeterminism != "" {
		fmt.Fprintf(&b, "\n%s\n", r.Nondeterminism)
	}
	for _, text := range r.Noticed {
		fmt.Fprintf(&b, "\nnoticed: %s\n", text)
	}
	if len(r.Failures) > 0 || r.Stopped != "" {
		fmt.Fprintf(&b, "\nagain:  %s\n", r.Again)
	}
	return b.String()
}

func (f *ExploreFailure) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n✗ schedule %d failed:\n%s\n", f.Schedule, indent(strings.Join(f.Errors, "\n")))
	switch {
	case f.Words != "":
		fmt.Fprintf(b, "  when:   %s\n", f.Words)
	case f.Minimal:
		fmt.Fprintf(b, "  when:   in any order\n")
	}
	if len(f.LeftOut) > 0 {
		fmt.Fprintf(b, "  even without: %s; the diagram leaves that out\n", strings.Join(f.LeftOut, ", "))
	}
	if f.Unstable != "" {
		fmt.Fprintf(b, "  but:    %s\n", f.Unstable)
	}
	for i, v := range f.Isolation {
		label := "        "
		if i == 0 {
			label = "  at:   "
		}
		fmt.Fprintf(b, "%s%s\n", label, v)
	}
	fmt.Fprintf(b, "  replay: %s\n\n%s", f.Replay, indent(strings.TrimRight(f.Diagram, "\n"))+"\n")
	if f.Fate != "" {
		fmt.Fprintf(b, "\n  how often it failed once these were released, with the rest at random:\n%s\n", indent(f.Fate))
	}
	if len(f.Files) > 0 {
		fmt.Fprintf(b, "\n%s", filesText(f.Files))
	}
}
