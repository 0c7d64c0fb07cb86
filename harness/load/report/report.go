package report

import (
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/stats"
)

// Report is all that is told of a run; its JSON is the file results.json.
type Report struct {
	Summary
	Name         string        `json:"name"`
	Started      time.Time     `json:"started"`
	TookMS       float64       `json:"took_ms"`
	MeasuredMS   float64       `json:"measured_ms"`
	Seed         uint64        `json:"seed"`
	Passed       bool          `json:"passed"`
	Problems     []string      `json:"problems"`
	Assertions   []Assertion   `json:"assertions"`
	Scenarios    []Scenario    `json:"scenarios"`
	ByRequest    []Request     `json:"by_request"`
	Failures     []Failure     `json:"failures"`
	UserFailures []UserFailure `json:"user_failures"`
	Timeline     []Moment      `json:"timeline"`
	Distribution []Bar         `json:"distribution"`
	Interrupted  int64         `json:"requests_interrupted"`
	WarmUp       Requests      `json:"requests_warm_up"`
}

// Assertion is what became of one about one subject.
type Assertion struct {
	Assertion string `json:"assertion"`
	Subject   string `json:"subject,omitempty"`
	Verdict   string `json:"verdict"`
	Seen      string `json:"seen"`
}

// Holds tells whether it does.
func (a Assertion) Holds() bool { return a.Verdict == assert.Holds.String() }

// Scenario is one with its users and requests.
type Scenario struct {
	Name     string        `json:"name"`
	Profile  string        `json:"profile"`
	Started  bool          `json:"started"`
	Requests Requests      `json:"requests"`
	RPS      float64       `json:"rps"`
	Users    Users         `json:"users"`
	Response ResponseTimes `json:"response_ms"`
}

// Request is the requests of a name in a group of a scenario.
type Request struct {
	Scenario string        `json:"scenario"`
	Group    string        `json:"group"`
	Name     string        `json:"name"`
	Requests Requests      `json:"requests"`
	RPS      float64       `json:"rps"`
	Response ResponseTimes `json:"response_ms"`
	MinMS    *float64      `json:"min_ms"`
	MeanMS   *float64      `json:"mean_ms"`
	StdDevMS *float64      `json:"stddev_ms"`
	BytesIn  int64         `json:"bytes_in"`
	BytesOut int64         `json:"bytes_out"`
}

// Failure is a message of requests.
type Failure struct {
	Class   string `json:"class"`
	Message string `json:"message"`
	Count   int64  `json:"count"`
}

// UserFailure is a message of users.
type UserFailure struct {
	Scenario string `json:"scenario"`
	Message  string `json:"message"`
	Count    int64  `json:"count"`
}

// Moment is a part of the run's time.
type Moment struct {
	AtMS        float64  `json:"at_ms"`
	WidthMS     float64  `json:"width_ms"`
	Arrived     int64    `json:"arrived"`
	Users       int64    `json:"users"`
	MaxUsers    int64    `json:"max_users"`
	OK          int64    `json:"ok"`
	KO          int64    `json:"ko"`
	Interrupted int64    `json:"interrupted"`
	P50         *float64 `json:"p50_ms"`
	P75         *float64 `json:"p75_ms"`
	P95         *float64 `json:"p95_ms"`
	P99         *float64 `json:"p99_ms"`
	Max         *float64 `json:"max_ms"`
	BytesIn     int64    `json:"bytes_in"`
	BytesOut    int64    `json:"bytes_out"`
}

// Bar is a range of response times, from the intended start.
type Bar struct {
	FromMS float64 `json:"from_ms"`
	ToMS   float64 `json:"to_ms"`
	OK     int64   `json:"ok"`
	KO     int64   `json:"ko"`
}

// New makes the report of a run. The name is that of the whole.
func New(name string, r *load.Result) *Report {
	report := &Report{
		Summary: Summarise(r.Snapshot), Name: name, Started: r.Start, TookMS: milliseconds(r.At), MeasuredMS: milliseconds(r.Measured),
		Seed: r.Seed, Passed: r.Err() == nil, Problems: problems(r), Assertions: []Assertion{}, Scenarios: []Scenario{}, ByRequest: []Request{},
		Failures: []Failure{}, UserFailures: []UserFailure{}, Timeline: []Moment{}, Distribution: distribution(&r.Total),
		Interrupted: r.Total.Interrupted, WarmUp: requestsOf(&r.WarmUp),
	}
	for _, a := range r.Assertions {
		report.Assertions = append(report.Assertions, Assertion{a.Assertion.String(), a.Subject, a.Verdict.String(), a.Seen})
	}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		report.Scenarios = append(report.Scenarios, Scenario{
			Name: s.Name, Profile: r.Profiles[s.Name], Started: s.Users.Started > 0, Requests: requestsOf(&s.Total), RPS: rateOf(r.Snapshot, &s.Total),
			Users: usersOf(&s.Users), Response: responseOf(&s.Total),
		})
	}
	for i := range r.Requests {
		report.ByRequest = append(report.ByRequest, requestOf(r.Snapshot, &r.Requests[i]))
	}
	for _, f := range r.Failures {
		report.Failures = append(report.Failures, Failure{f.Class.String(), f.Message, f.Count})
	}
	for _, f := range r.UserFailures {
		report.UserFailures = append(report.UserFailures, UserFailure(f))
	}
	for i := range r.Timeline {
		if m, ok := momentOf(&r.Timeline[i], r.At); ok {
			report.Timeline = append(report.Timeline, m)
		}
	}
	return report
}

func problems(r *load.Result) []string {
	list := []string{}
	if r.Ended != nil {
		list = append(list, r.Ended.Error())
	}
	for _, name := range r.NotStarted {
		list = append(list, "scenario \""+name+"\" was never started")
	}
	if r.Late != "" {
		list = append(list, r.Late)
	}
	return append(list, r.Problems...)
}

func requestOf(s *stats.Snapshot, f *stats.RequestFigures) Request {
	all := f.All()
	return Request{
		Scenario: f.Scenario, Group: f.Group, Name: f.Name, Requests: requestsOf(&f.Figures), RPS: rateOf(s, &f.Figures), Response: responseOf(&f.Figures),
		MinMS: figure(all.Intended.Min()), MeanMS: figure(all.Intended.Mean()), StdDevMS: figure(all.Intended.StdDev()),
		BytesIn: f.Received, BytesOut: f.Sent,
	}
}

// momentOf is a bucket, of which the last may be cut short by the end of the run.
func momentOf(b *stats.Bucket, end time.Duration) (Moment, bool) {
	width := min(b.Width, end-b.From)
	if width <= 0 {
		return Moment{}, false
	}
	at := func(p float64) *float64 { return figure(b.Percentile(p)) }
	return Moment{
		AtMS: milliseconds(b.From), WidthMS: milliseconds(width), Arrived: b.Arrived, Users: b.Present, MaxUsers: b.MaxPresent,
		OK: b.OK, KO: b.KO, Interrupted: b.Interrupted, P50: at(50), P75: at(75), P95: at(95), P99: at(99), Max: at(100),
		BytesIn: b.Received, BytesOut: b.Sent,
	}, true
}
