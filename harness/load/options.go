package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/vars"
)

// DefaultMaxLateness is how late the generator may be, unless Options.MaxLateness says otherwise.
const DefaultMaxLateness = 10 * time.Millisecond

// Options are those of a run. The zero value is good for most.
type Options struct {
	// Seed decides random arrivals and pauses; zero draws one, which the result tells.
	Seed uint64
	// Throttle limits the requests per second of all scenarios together, from the start of the run; the zero value
	// limits nothing.
	Throttle profile.Throttle
	// MaxDuration limits the run: afterwards nobody is started. Zero means no limit.
	MaxDuration time.Duration
	// WarmUp is left out of all figures but the timeline.
	WarmUp time.Duration
	// Assertions are held against the run, those that abort also while it goes on.
	Assertions []assert.Assertion
	// MaxLateness is how late the generator may start requests, as the 99th percentile. A run that is later fails:
	// its figures tell of the generator. Zero means DefaultMaxLateness, a negative time that it is reported only.
	// Fewer than 100 requests are not judged, since the latest of them alone would decide.
	MaxLateness time.Duration
	// Vars are the run variables; nil means fresh ones in memory.
	Vars vars.Store
	// Shard is the number of this machine, from 0, among Shards machines; with Shards zero there is one. Together they
	// have exactly the users and times of one, and keep its throttles; limits on users, iterations and those present
	// are of each machine. Profiles with random times need a Seed, the same on all. A profile with NoShard runs on
	// machine 0 alone; machines do not wait for one another, so there what comes after it starts when its own
	// users, if any, have ended.
	Shard, Shards int
	// Stop ends the run in good order when it is closed: nobody is started any more, and users have their
	// GracefulStop. The end of the context interrupts them at once.
	Stop <-chan struct{}
	// Failed is called with each error of a user function, with the user's name and the time since the run began, on
	// the user's goroutine; nil: nobody wants to know.
	Failed func(user string, at time.Duration, err error)
	// Watch are called beside the run, each in a goroutine that Run waits for; their context ends with the run.
	Watch []func(context.Context, *Live)

	drawn bool // the Seed was not given
}

func (o *Options) complete() error {
	var errs []error
	if o.MaxDuration < 0 || o.WarmUp < 0 {
		errs = append(errs, invalid("a maximum duration of %v or a warm-up of %v is negative", o.MaxDuration, o.WarmUp))
	}
	if o.Shards == 0 {
		o.Shards = 1
	}
	if o.Shards < 0 || o.Shard < 0 || o.Shard >= o.Shards {
		errs = append(errs, invalid("shard %d of %d: want 0 to one less than the number of shards", o.Shard, o.Shards))
	}
	if o.MaxLateness == 0 {
		o.MaxLateness = DefaultMaxLateness
	}
	if o.drawn = o.Seed == 0; o.drawn {
		o.Seed = uint64(rand.Uint32())
	}
	if o.Vars == nil {
		memory, err := vars.New(vars.Options{})
		errs = append(errs, err)
		o.Vars = memory
	}
	return errors.Join(errs...)
}

// check finds what is wrong with a scenario.
func (s *Scenario) check(o *Options) error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, invalid("scenario %q: "+format, append([]any{s.Name}, args...)...))
	}
	if s.User == nil {
		wrong("User is nil: its users have nothing to do")
	}
	if s.Target == nil {
		wrong("Target is nil: its users have nobody to talk to")
	}
	if s.Iterations < Endless || s.MaxUsers < 0 || s.MaxIterations < 0 || s.MaxPresent < 0 || s.MaxDuration < 0 || s.Pace < 0 {
		wrong("a limit or a time is negative")
	}
	if err := s.Pause.Check(); err != nil {
		wrong("%v", err)
	}
	if s.isStart() {
		if err := s.Start.Check(); err != nil {
			wrong("%v", err)
		}
		if len(s.Profile.Steps()) > 0 {
			wrong("Profile and Start are both given; want one")
		}
		if o.Shards > 1 {
			wrong("a plain number of executions is not divided between machines; use a Profile")
		}
	}
	if o.Shards > 1 && o.drawn && !s.Profile.IsNoShard() && s.Profile.Plan(0).Randomized() {
		wrong("its users arrive at random times, which each machine would draw for itself; give all machines the same Seed")
	}
	if s.model() == profile.Closed && s.MaxPresent > 0 {
		wrong("MaxPresent is for an open model; in a closed one the profile says how many are present")
	}
	if s.Iterations == Endless && max(s.MaxPresent, s.Start.Backlog) > 0 && s.MaxDuration == 0 && s.MaxIterations == 0 {
		wrong("endless users would keep the places of those who wait for one; limit MaxIterations or MaxDuration, or use a closed model")
	}
	for _, feeder := range s.Feeders {
		if err := s.enough(feeder); err != nil {
			errs = append(errs, fmt.Errorf("scenario %q: %w", s.Name, err))
		}
	}
	return errors.Join(errs...)
}

// enough asks a feeder. How many users a closed model has nobody knows, so it counts those present.
func (s *Scenario) enough(feeder *data.Feeder) error {
	need := data.Need{Users: s.Start.Total, Iterations: max(s.Iterations, 0), Present: max(s.MaxPresent, s.Start.Backlog)}
	if s.Iterations == 0 {
		need.Iterations = 1
	}
	if !s.isStart() {
		need.Users = s.Profile.Plan(0).Users()
	}
	if s.model() == profile.Closed {
		for _, span := range s.Profile.Spans() {
			need.Users = max(need.Users, span.Users)
		}
		need.Iterations = 0
	}
	if s.MaxUsers > 0 {
		need.Users = min(need.Users, s.MaxUsers)
	}
	if need.Users == 0 {
		return nil
	}
	_, err := feeder.Enough(need)
	return err
}

// newStats begins the statistics of a run.
func (o *Options) newStats(began time.Time) (*stats.Run, error) {
	return stats.New(stats.Options{Start: began, WarmUp: o.WarmUp})
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{sessions.ErrInvalidOption}, args...)...)
}
