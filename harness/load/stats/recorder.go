package stats

import (
	"strings"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Recorder takes the samples of users. It implements virtual.Recorder.
type Recorder struct{ shard *shard }

var _ virtual.Recorder = (*Recorder)(nil)

// Record implements virtual.Recorder. It allocates nothing but for what it sees for the first time.
func (r *Recorder) Record(s *virtual.Sample) {
	r.shard.mu.Lock()
	r.shard.record(s)
	r.shard.mu.Unlock()
}

// shard is what some of the users of a scenario have recorded. There are as many as processors, so that its lock is
// hardly ever waited for.
type shard struct {
	options *Options

	mu       sync.Mutex
	series   map[seriesKey]*Figures
	last     seriesKey
	lastSeen *Figures
	warmUp   Figures
	lateness histogram
	failures failures
	timeline timeline
}

type seriesKey struct{ group, name string }

// OtherNames is the name of requests beyond those whose names are told apart.
const OtherNames = "(other requests)"

func newShard(o *Options) *shard {
	return &shard{options: o, series: map[seriesKey]*Figures{}, failures: failures{}, timeline: timeline{width: time.Second}}
}

func (s *shard) record(sample *virtual.Sample) {
	intended := sample.Intended
	if intended.IsZero() {
		intended = sample.Start
	} else if sample.Class != virtual.Interrupted {
		due := intended
		if sample.HeldUntil.After(due) {
			due = sample.HeldUntil
		}
		s.lateness.record(sample.Start.Sub(due))
	}
	took := sample.End.Sub(intended)
	s.timeline.at(sample.End.Sub(s.options.Start), s.options.MaxBuckets).record(sample, took)
	if s.options.WarmUp > 0 && intended.Sub(s.options.Start) < s.options.WarmUp {
		s.warmUp.record(sample, took)
		return
	}
	s.of(seriesKey{sample.Group, sample.Name}).record(sample, took)
	if sample.Class != virtual.OK && sample.Class != virtual.Interrupted {
		s.failures.count(sample.Class, sample.Message, 1, s.options.MaxMessages)
	}
}

// of is the series of a name and a group; users send the same few again and again.
func (s *shard) of(key seriesKey) *Figures {
	if s.lastSeen != nil && key == s.last {
		return s.lastSeen
	}
	f := s.series[key]
	if f == nil {
		if len(s.series) >= s.options.MaxNames {
			key = seriesKey{name: OtherNames}
			if f = s.series[key]; f != nil {
				return f
			}
		}
		key = seriesKey{strings.Clone(key.group), strings.Clone(key.name)}
		f = &Figures{}
		s.series[key] = f
	}
	s.last, s.lastSeen = key, f
	return f
}
