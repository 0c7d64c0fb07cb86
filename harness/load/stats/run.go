package stats

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// Defaults of Options.
const (
	DefaultMaxNames    = 500
	DefaultMaxMessages = 100
	DefaultMaxBuckets  = 600
)

// Options say what is kept. The zero value is good for most.
type Options struct {
	// Start is when the run began; zero means now.
	Start time.Time
	// WarmUp is a time from the start; requests that were to start in it are in Snapshot.WarmUp and in the timeline,
	// and in no other figure.
	WarmUp time.Duration
	// MaxNames is how many pairs of request name and group are told apart in a scenario; further ones are together as
	// OtherNames. Zero means DefaultMaxNames.
	MaxNames int
	// MaxMessages is how many different failures are told apart; zero means DefaultMaxMessages.
	MaxMessages int
	// MaxBuckets is how many buckets the timeline has at most, from one second each; zero means DefaultMaxBuckets.
	MaxBuckets int
}

func (o *Options) complete() error {
	if o.WarmUp < 0 || o.MaxNames < 0 || o.MaxMessages < 0 || o.MaxBuckets < 0 || o.MaxBuckets == 1 {
		return fmt.Errorf("%w: statistics cannot have a negative limit, or a single bucket: %+v", sessions.ErrInvalidOption, *o)
	}
	for limit, byDefault := range map[*int]int{&o.MaxNames: DefaultMaxNames, &o.MaxMessages: DefaultMaxMessages, &o.MaxBuckets: DefaultMaxBuckets} {
		if *limit == 0 {
			*limit = byDefault
		}
	}
	if o.Start.IsZero() {
		o.Start = time.Now()
	}
	return nil
}

// Run collects the statistics of a run.
type Run struct {
	options Options
	users   gauge

	mu        sync.Mutex
	scenarios []*Scenario
	end       time.Time
}

// New begins to collect. Errors wrap sessions.ErrInvalidOption.
func New(o Options) (*Run, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	r := &Run{options: o}
	r.users = gauge{options: &r.options, width: time.Second}
	return r, nil
}

// Scenario is where the users of one scenario are counted.
type Scenario struct {
	name   string
	shards []*shard
	next   atomic.Uint64
	users  gauge
	all    *gauge // of the run
}

// Scenario returns that of a name, and makes it if need be.
func (r *Run) Scenario(name string) *Scenario {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.scenarios, func(s *Scenario) bool { return s.name == name }); i >= 0 {
		return r.scenarios[i]
	}
	s := &Scenario{name: name, users: gauge{options: &r.options, width: time.Second}, all: &r.users}
	for range runtime.GOMAXPROCS(0) {
		s.shards = append(s.shards, newShard(&r.options))
	}
	r.scenarios = append(r.scenarios, s)
	return s
}

// Recorder returns a recorder for a user or a worker; several share what is behind it. It may be used by many
// goroutines, but each should have its own.
func (s *Scenario) Recorder() *Recorder {
	return &Recorder{s.shards[s.next.Add(1)%uint64(len(s.shards))]}
}

// Started notes that a user arrived.
func (s *Scenario) Started() {
	now := time.Now()
	s.users.started(now)
	s.all.started(now)
}

// Ended notes that a user who had Started is done.
func (s *Scenario) Ended(how Departure) {
	now := time.Now()
	s.users.ended(now, how)
	s.all.ended(now, how)
}

// End notes when the run ended, for rates; until then they are as of each snapshot.
func (r *Run) End(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end = at
}
