package stats

import (
	"cmp"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Snapshot is all that is known at one moment. It does not change any more. While users are at work it is no cut
// through all of them: each series is whole in itself.
type Snapshot struct {
	Start time.Time
	// At is since the start; it stays where the run ended.
	At time.Duration
	// Measured is how long requests were counted: At without the warm-up.
	Measured time.Duration
	// Total has all requests but those of the warm-up, which are in WarmUp.
	Total, WarmUp Figures
	Scenarios     []ScenarioFigures
	// Requests are sorted by scenario, group and name.
	Requests []RequestFigures
	Failures []Failure
	Users    Users
	// Lateness is how much later than intended the generator started requests, as far as they had an intended start.
	Lateness Distribution
	Timeline []Bucket
}

// ScenarioFigures are those of one scenario.
type ScenarioFigures struct {
	Name     string
	Total    Figures
	Users    Users
	Timeline []Bucket
}

// RequestFigures are those of the requests of one name in one group of one scenario.
type RequestFigures struct {
	Scenario, Group, Name string
	Figures
}

// Bucket is a part of the run's time.
type Bucket struct {
	// From is since the start; Width is one second, or more in a long run.
	From, Width time.Duration
	// OK, KO and Interrupted requests ended in it.
	OK, KO, Interrupted int64
	Sent, Received      int64
	// Arrived users started in it; Present is how many were there at its end, MaxPresent at most.
	Arrived, Present, MaxPresent int64

	times *hdrhistogram.PackedHistogram
}

// Percentile is that of the response times, from the intended start, of requests that ended in the bucket, with two
// digits; there is none if none ended.
func (b *Bucket) Percentile(p float64) (time.Duration, bool) {
	if b.times == nil || b.times.TotalCount() == 0 {
		return 0, false
	}
	return time.Duration(b.times.ValueAtPercentile(p)), true
}

// Rate is requests per second over the time that was measured; there is none before any was.
func (s *Snapshot) Rate(f *Figures) (float64, bool) {
	if s.Measured <= 0 {
		return 0, false
	}
	return float64(f.Count()) / s.Measured.Seconds(), true
}

// Snapshot adds up what was recorded until now.
func (r *Run) Snapshot() *Snapshot {
	r.mu.Lock()
	scenarios, end := slices.Clone(r.scenarios), r.end
	r.mu.Unlock()
	if end.IsZero() {
		end = time.Now()
	}
	s := &Snapshot{Start: r.options.Start, At: max(end.Sub(r.options.Start), 0)}
	s.Measured = max(s.At-r.options.WarmUp, 0)
	line, all := timeline{width: time.Second}, failures{}
	for _, scenario := range scenarios {
		s.add(scenario, &line, all, end)
	}
	users := r.users.copy(end)
	s.Users, s.Failures = users.users, all.list(r.options.MaxMessages)
	s.Timeline = buckets(&line, users, s.At)
	return s
}

// add merges a scenario.
func (s *Snapshot) add(scenario *Scenario, line *timeline, all failures, end time.Time) {
	series, own := map[seriesKey]*Figures{}, timeline{width: time.Second}
	for _, shard := range scenario.shards {
		shard.mergeInto(series)
		shard.mu.Lock()
		s.WarmUp.Merge(&shard.warmUp)
		s.Lateness.h.merge(&shard.lateness)
		own.merge(&shard.timeline)
		for key, n := range shard.failures {
			all.count(key.class, key.message, n, len(all)+1)
		}
		shard.mu.Unlock()
	}
	line.merge(&own)
	users := scenario.users.copy(end)
	of := ScenarioFigures{Name: scenario.name, Users: users.users, Timeline: buckets(&own, users, s.At)}
	first := len(s.Requests)
	for key, f := range series {
		of.Total.Merge(f)
		s.Requests = append(s.Requests, RequestFigures{scenario.name, key.group, key.name, *f})
	}
	slices.SortFunc(s.Requests[first:], func(a, b RequestFigures) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	s.Total.Merge(&of.Total)
	s.Scenarios = append(s.Scenarios, of)
}

// buckets puts requests and users side by side.
func buckets(line *timeline, users *gauge, at time.Duration) []Bucket {
	for int(at/users.width) >= users.options.MaxBuckets || users.width < line.width {
		users.coarsen()
	}
	for line.width < users.width {
		line.coarsen()
	}
	width := users.width
	list := make([]Bucket, max(len(line.buckets), len(users.levels)))
	for i := range list {
		b := Bucket{From: time.Duration(i) * width, Width: width}
		if i < len(line.buckets) && line.buckets[i] != nil {
			m := line.buckets[i]
			b.OK, b.KO, b.Interrupted, b.Sent, b.Received, b.times = m.ok, m.ko, m.interrupted, m.sent, m.received, m.times
		}
		switch n := len(users.levels); {
		case i < n:
			b.Arrived, b.Present, b.MaxPresent = users.levels[i].arrived, users.levels[i].last, users.levels[i].most
		case n > 0:
			b.Present, b.MaxPresent = users.levels[n-1].last, users.levels[n-1].last
		}
		list[i] = b
	}
	return list
}

// mergeInto adds the series one by one, so that nobody waits for more than one.
func (s *shard) mergeInto(series map[seriesKey]*Figures) {
	s.mu.Lock()
	keys := make([]seriesKey, 0, len(s.series))
	for key := range s.series {
		keys = append(keys, key)
	}
	s.mu.Unlock()
	for _, key := range keys {
		if series[key] == nil {
			series[key] = &Figures{}
		}
		s.mu.Lock()
		series[key].Merge(s.series[key])
		s.mu.Unlock()
	}
}

// Group are the figures of all requests in a group and the groups within it, in all scenarios.
func (s *Snapshot) Group(path string) Figures {
	var f Figures
	for i := range s.Requests {
		r := &s.Requests[i]
		if r.Group == path || len(r.Group) > len(path) && r.Group[:len(path)] == path && r.Group[len(path)] == '/' {
			f.Merge(&r.Figures)
		}
	}
	return f
}
