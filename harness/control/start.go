package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sync/vars"
)

// load makes the options and the scenarios of a run. All that is wrong is told at once.
func (s *Start) load(o *Options, prepared Prepared) (options load.Options, scenarios []load.Scenario, err error) {
	var errs []error
	options = load.Options{Seed: s.Seed, WarmUp: time.Duration(s.WarmUp), MaxDuration: o.Limits.Duration}
	if s.MaxDuration < 0 || s.WarmUp < 0 {
		errs = append(errs, wrong("max_duration", "times are not negative"))
	}
	if s.MaxDuration > 0 {
		options.MaxDuration = min(time.Duration(s.MaxDuration), o.Limits.Duration)
	}
	if options.Assertions, err = assert.ParseAll(s.Assertions...); err != nil {
		errs = append(errs, wrong("assertions", "%v", err))
	}
	if s.MaxLateness != nil {
		options.MaxLateness = time.Duration(zeroIsNone(*s.MaxLateness))
	}
	scenarios = append(scenarios, prepared.Scenarios...)
	if len(scenarios) == 0 {
		return options, nil, errors.Join(append(errs, wrong("scenario", "it consists of nothing"))...)
	}
	errs = append(errs, s.arrivals(&scenarios[0])...)
	if s.GracefulStop != nil {
		for i := range scenarios {
			scenarios[i].GracefulStop = time.Duration(zeroIsNone(*s.GracefulStop))
		}
	}
	errs = append(errs, o.fits(scenarios)...)
	for i := range scenarios {
		o.bound(&scenarios[i])
	}
	return options, scenarios, errors.Join(errs...)
}

// zeroIsNone is negative for zero: what was given as zero is not left to the default.
func zeroIsNone(d Duration) Duration {
	if d == 0 {
		return -1
	}
	return d
}

// arrivals puts a profile, or a plain number of executions, in the place of what the scenario has.
func (s *Start) arrivals(to *load.Scenario) []error {
	plain := profile.Start{Total: s.Total, Backlog: s.Backlog, CPS: s.CPS, Ramp: time.Duration(s.Ramp)}
	has := len(to.Profile.Steps()) > 0 || to.Start != profile.Start{}
	switch {
	case s.Profile != "" && plain != profile.Start{}:
		return []error{wrong("profile", "it and total (with backlog, cps, ramp) are both given; want one")}
	case s.Profile != "":
		p, err := profile.Parse(s.Profile)
		if err != nil {
			return []error{wrong("profile", "%v", err)}
		}
		to.Profile, to.Start = p, profile.Start{}
		if p.Model() == profile.Closed && to.Iterations == 0 {
			to.Iterations = load.Endless
		}
	case plain != profile.Start{}:
		if err := plain.Check(); err != nil {
			return []error{wrong("total", "%v", err)}
		}
		to.Start, to.Profile = plain, profile.Profile{}
	case !has:
		return []error{wrong("profile", "it or total is needed: when do executions start?")}
	}
	return nil
}

// mostVariables is the size of all variables at the start, as JSON, in bytes.
const mostVariables = 1 << 20

// variables are the run variables as they are at the start.
func (s *Start) variables(ctx context.Context) (*vars.Memory, error) {
	store, err := vars.New(vars.Options{})
	if err != nil {
		return nil, err
	}
	var errs []error
	if content, err := json.Marshal(s.Vars); err != nil || len(content) > mostVariables {
		return nil, wrong("vars", "they have %d bytes as JSON; at most %d are taken: every query tells them", len(content), mostVariables)
	}
	for name, value := range s.Vars {
		if _, err := store.Set(ctx, name, value); err != nil {
			errs = append(errs, wrong("vars", "%v", err))
		}
	}
	return store, errors.Join(errs...)
}

// profileText is when executions start, in words.
func profileText(scenarios []load.Scenario) string {
	texts := make([]string, 0, len(scenarios))
	for _, root := range scenarios {
		for _, s := range root.All() {
			texts = append(texts, s.Arrivals())
		}
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return fmt.Sprintf("%d scenarios: %s", len(texts), strings.Join(texts, "; "))
}
