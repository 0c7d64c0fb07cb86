package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

// SweepOptions say which pools there are.
type SweepOptions struct {
	// Levels are numbers of users, each a fixed pool, one after the other.
	Levels []int
	// Executions is how many each pool does.
	Executions int
}

// SweepResult is what became of each pool.
type SweepResult struct{ Levels []Level }

// Level is a fixed pool of users.
type Level struct {
	Users int
	*Result
	// Executions are all that were begun, in the order in which they began.
	Executions []Execution
}

// Execution is one call of the user function.
type Execution struct {
	User string
	// Start is since the start of the level.
	Start, Took time.Duration
	// Status is that of the last answer that the user got in it; zero if none.
	Status int
	// Err is what the function returned.
	Err error
}

// Sweep lets fixed pools of users do a number of executions each and keeps every one of them. The scenario's own
// profile and limits on iterations and users are not used. A run that is stopped ends the sweep, whose result has the
// levels that were begun.
func Sweep(ctx context.Context, o Options, s Scenario, w SweepOptions) (*SweepResult, error) {
	if len(w.Levels) == 0 || slices.Min(w.Levels) < 1 || w.Executions < 1 {
		return nil, invalid("a sweep over %v users with %d executions each: want at least one of each", w.Levels, w.Executions)
	}
	if o.Shards > 1 {
		return nil, invalid("a sweep over fixed pools is not divided between machines")
	}
	sweep := &SweepResult{}
	for _, users := range w.Levels {
		level, err := runLevel(ctx, o, s, users, w.Executions)
		if err != nil {
			return nil, err
		}
		sweep.Levels = append(sweep.Levels, *level)
		if level.Ended != nil {
			break
		}
	}
	return sweep, nil //nolint:nilerr // why a level ended is in its result
}

// Err joins the errors of the levels.
func (s *SweepResult) Err() error {
	var errs []error
	for _, level := range s.Levels {
		if err := level.Err(); err != nil {
			errs = append(errs, fmt.Errorf("%d users: %w", level.Users, err))
		}
	}
	return errors.Join(errs...)
}

func runLevel(ctx context.Context, o Options, s Scenario, users, executions int) (*Level, error) {
	level := &Level{Users: users}
	var mu sync.Mutex
	began := time.Now()
	do := s.User
	if do != nil {
		s.User = func(ctx context.Context, u *User) error {
			u.status = 0
			start := time.Now()
			err := do(ctx, u)
			e := Execution{User: u.Name(), Start: start.Sub(began), Took: time.Since(start), Status: u.status, Err: err}
			mu.Lock()
			defer mu.Unlock()
			level.Executions = append(level.Executions, e)
			return err
		}
	}
	pool, err := profile.New(profile.ConstantConcurrentUsers(min(users, executions)).During(profile.MaxDuration))
	if err != nil {
		return nil, invalid("%v", err)
	}
	s.Profile, s.Start = pool, profile.Start{}
	s.Iterations, s.MaxIterations, s.MaxUsers = Endless, executions, 0
	if level.Result, err = Run(ctx, o, s); err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	slices.SortStableFunc(level.Executions, func(a, b Execution) int { return int(a.Start - b.Start) })
	return level, nil
}
