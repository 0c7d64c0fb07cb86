package coexist

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sessions"
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{sessions.ErrInvalidOption}, args...)...)
}

// check finds all that is wrong with the options, which are complete.
func (o *Options) check() error {
	var errs []error
	if o.Users < 2 {
		errs = append(errs, invalid("Users is %d: want at least 2, since one has nobody to collide with", o.Users))
	}
	if o.Iterations < 0 || o.Together < 0 || o.Duration < 0 || o.Limit < 0 {
		errs = append(errs, invalid("Iterations %d, Together %d, Duration %v, Limit %v: none may be negative", o.Iterations, o.Together, o.Duration, o.Limit))
	}
	for _, phase := range o.Phases {
		if !slices.Contains(Phases(), phase) {
			errs = append(errs, invalid("there is no phase %q; there are %q", phase, Phases()))
		}
	}
	return errors.Join(errs...)
}

// checkScenarios finds all that is wrong with the scenarios.
func checkScenarios(scenarios []Scenario) error {
	if len(scenarios) == 0 {
		return invalid("there is no scenario, so nobody to live with")
	}
	var errs []error
	names := map[string]bool{}
	for i, s := range scenarios {
		if s.name() == "" {
			errs = append(errs, invalid("scenario %d has no name; reports need it", i+1))
			continue
		}
		if names[s.name()] {
			errs = append(errs, invalid("two scenarios are called %q", s.name()))
		}
		names[s.name()] = true
		if problem := s.problem(); problem != "" {
			errs = append(errs, invalid("scenario %q: %s", s.name(), problem))
		}
	}
	return errors.Join(errs...)
}

func (s Scenario) problem() string {
	switch {
	case s.virtual != nil && s.virtual.User == nil, s.browser != nil && s.browser.User == nil:
		return "User is nil: its users have nothing to do"
	case s.virtual != nil && s.virtual.Target == nil:
		return "Target is nil: its users have nobody to talk to"
	case s.virtual != nil && len(s.virtual.All()) > 1:
		return "scenarios come after it, and so would not live together with it; give each to the check"
	}
	return ""
}

// checkData asks the feeders whether they have enough, for each stage and, where a value that was used is gone, for all of them.
func checkData(stages []stage) error {
	var errs []error
	spent := map[*data.Feeder]*data.Sufficiency{}
	var order []*data.Feeder
	for _, st := range stages {
		feeders, users := st.drawers()
		for _, feeder := range feeders {
			enough, err := feeder.Enough(data.Need{Users: users[feeder], Iterations: st.iterations})
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", st, err))
			}
			if sum, again := spent[feeder]; again {
				sum.Needs += enough.Needs
				sum.Has = max(sum.Has, enough.Has)
				continue
			}
			spent[feeder] = &enough
			order = append(order, feeder)
		}
	}
	if errs != nil {
		return errors.Join(errs...)
	}
	for _, feeder := range order {
		if sum := spent[feeder]; isSpent(sum) && !sum.AtLeast && sum.Has < sum.Needs {
			sum.Why = fmt.Sprintf("all %d phases together, an iteration of each user counted where there is no number", len(stages))
			errs = append(errs, &data.NotEnoughError{Sufficiency: *sum})
		}
	}
	return errors.Join(errs...)
}

// isSpent tells whether what a phase used is missing in the next.
func isSpent(s *data.Sufficiency) bool {
	switch s.Policy {
	case data.Queue, data.UniqueBlock:
		return s.Rule != data.KeepLast || s.Policy == data.UniqueBlock
	case data.Sequential, data.Shuffle:
		return s.Rule == data.FailRun || s.Rule == data.StopUser
	}
	return false
}

// drawers are the feeders of the stage, and how many users draw from each.
func (st stage) drawers() (feeders []*data.Feeder, users map[*data.Feeder]int) {
	users = map[*data.Feeder]int{}
	for _, s := range st.scenarios {
		for _, feeder := range s.feeders() {
			if users[feeder] == 0 {
				feeders = append(feeders, feeder)
			}
			users[feeder] += st.users
		}
	}
	return feeders, users
}
