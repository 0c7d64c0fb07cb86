package report

import (
	"math"
	"time"

	"github.com/seed49090845/lockstep/harness/load/stats"
)

// Schema names the form of the JSON. What each name means is in schema.md.
const Schema = "lockstep/load/1"

// Summary is the least that is to be known of a run, and what the command line prints as JSON.
type Summary struct {
	Schema   string        `json:"schema"`
	Requests Requests      `json:"requests"`
	RPS      float64       `json:"rps"`
	Users    Users         `json:"users"`
	Response ResponseTimes `json:"response_ms"`
	Lateness Lateness      `json:"lateness_ms"`
	BytesIn  int64         `json:"bytes_in"`
	BytesOut int64         `json:"bytes_out"`
}

// Requests counts requests that ended.
type Requests struct {
	Total int64 `json:"total"`
	OK    int64 `json:"ok"`
	KO    int64 `json:"ko"`
}

// Users counts users.
type Users struct {
	Started     int64 `json:"started"`
	Passed      int64 `json:"passed"`
	Failed      int64 `json:"failed"`
	Interrupted int64 `json:"interrupted"`
	MaxPresent  int64 `json:"max_present"`
}

// ResponseTimes are times from the intended and from the actual start, of all requests that ended.
type ResponseTimes struct {
	Intended Percentiles `json:"intended"`
	Actual   Percentiles `json:"actual"`
}

// Percentiles are in milliseconds; nil where there is no data.
type Percentiles struct {
	P50 *float64 `json:"p50"`
	P95 *float64 `json:"p95"`
	P99 *float64 `json:"p99"`
	Max *float64 `json:"max"`
}

// Lateness is that of the generator, in milliseconds; nil where there is no data.
type Lateness struct {
	P50 *float64 `json:"p50"`
	P99 *float64 `json:"p99"`
}

// Summarise makes the summary of a run.
func Summarise(s *stats.Snapshot) Summary {
	summary := Summary{
		Schema: Schema, Requests: requestsOf(&s.Total), RPS: rateOf(s, &s.Total), Users: usersOf(&s.Users), Response: responseOf(&s.Total),
		Lateness: Lateness{P50: percentile(&s.Lateness, 50), P99: percentile(&s.Lateness, 99)},
		BytesIn:  s.Total.Received, BytesOut: s.Total.Sent,
	}
	return summary
}

func requestsOf(f *stats.Figures) Requests {
	return Requests{Total: f.Count(), OK: f.OK.Actual.Count(), KO: f.KO.Actual.Count()}
}

func usersOf(u *stats.Users) Users {
	return Users{Started: u.Started, Passed: u.Passed, Failed: u.Failed, Interrupted: u.Interrupted, MaxPresent: u.MaxPresent}
}

func rateOf(s *stats.Snapshot, f *stats.Figures) float64 {
	rate, _ := s.Rate(f) // without time there were no requests either
	return round(rate)
}

func responseOf(f *stats.Figures) ResponseTimes {
	all := f.All()
	return ResponseTimes{Intended: percentilesOf(&all.Intended), Actual: percentilesOf(&all.Actual)}
}

func percentilesOf(d *stats.Distribution) Percentiles {
	return Percentiles{percentile(d, 50), percentile(d, 95), percentile(d, 99), figure(d.Max())}
}

func percentile(d *stats.Distribution, p float64) *float64 { return figure(d.Percentile(p)) }

func figure(d time.Duration, ok bool) *float64 {
	if !ok {
		return nil
	}
	ms := milliseconds(d)
	return &ms
}

// milliseconds are exact to the microsecond.
func milliseconds(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

func round(v float64) float64 { return math.Round(v*1000) / 1000 }
