package coexist

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
)

// runVirtual runs the scenarios of virtual users, if there are any, as one load.
func (r *running) runVirtual() {
	var scenarios []load.Scenario
	for _, s := range r.scenarios {
		if s.virtual != nil {
			scenarios = append(scenarios, r.hurried(*s.virtual))
		}
	}
	if len(scenarios) == 0 {
		return
	}
	result, err := load.Run(r.life, load.Options{
		Seed: r.options.Seed, Vars: r.vars, MaxLateness: -1, Stop: r.ending.Done(),
		Failed: func(name string, _ time.Duration, err error) { r.fails(name, err) },
	}, scenarios...)
	if err != nil {
		r.problem("the virtual users could not be started: %v", err)
		return
	}
	for i := range result.Scenarios {
		figures := &result.Scenarios[i]
		r.change(figures.Name, func(s *ScenarioStage) {
			s.RequestsFailed = figures.Total.KO.Actual.Count()
			s.Requests = figures.Total.OK.Actual.Count() + s.RequestsFailed
			s.Interrupted = figures.Users.Interrupted
		})
	}
	for _, problem := range result.Problems {
		r.problem("%s", problem)
	}
}

// hurried is the scenario with users who all begin at once and never wait.
func (r *running) hurried(s load.Scenario) load.Scenario {
	body := s.User
	s.Profile, s.Start = profile.Must(profile.New(profile.AtOnceUsers(r.users))), profile.Start{}
	s.Pause, s.Pace, s.Throttle = profile.Pause{}, 0, profile.Throttle{}
	s.Iterations = r.iterations
	if r.iterations == 0 {
		s.Iterations = math.MaxInt // until the run is stopped
	}
	s.MaxUsers, s.MaxIterations, s.MaxPresent, s.MaxDuration = 0, 0, 0, 0
	s.GracefulStop = math.MaxInt64 // the phase interrupts its users itself, all at once
	s.Feeders = nil                // which were asked
	s.User = func(ctx context.Context, u *load.User) error {
		r.ledger.iterates(u.Name(), u.Iteration())
		err := body(ctx, u)
		switch {
		case err == nil:
			r.ledger.passed(u.Name())
		case ctx.Err() == nil && errors.Is(err, data.ErrStopUser):
			r.ledger.stopped(u.Name(), err)
		}
		return err
	}
	return s
}
