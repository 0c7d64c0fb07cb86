package coexist

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sync/vars"
)

// Check lets the users of the scenarios live together as the options say. The error is one of the set-up, before anything was started;
// what became of the users is in the result.
func Check(ctx context.Context, o Options, scenarios ...Scenario) (*Result, error) {
	o.complete()
	if err := errors.Join(o.check(), checkScenarios(scenarios)); err != nil {
		return nil, err
	}
	stages := o.stages(scenarios)
	if len(stages) == 0 {
		return nil, invalid("%s alone is nothing for one scenario; give another, or another phase", AllTogether)
	}
	if err := checkData(stages); err != nil {
		return nil, err
	}
	pool, closePool, err := poolFor(scenarios)
	if err != nil {
		return nil, err
	}
	c := &checking{options: o, stages: stages, pool: pool}
	result, err := c.run(ctx)
	return result, errors.Join(err, closePool())
}

// checking is a check that goes on.
type checking struct {
	options Options
	stages  []stage
	pool    *browser.Pool // nil: no scenario needs it
}

func (c *checking) run(ctx context.Context) (*Result, error) {
	result := &Result{Schema: Schema, Seed: c.options.Seed, Passed: true}
	for i, st := range c.stages {
		if err := c.ended(ctx); err != nil {
			result.Stopped = err.Error()
		} else if c.options.StopAtFailure && !result.Passed {
			result.Stopped = "a phase failed, and the check was to stop then"
		}
		if result.Stopped != "" {
			result.Passed = false
			result.NotRun = append(result.NotRun, st.String())
			continue
		}
		s, err := c.stage(ctx, st, fmt.Sprintf("phase %d of %d", i+1, len(c.stages)))
		if err != nil {
			return nil, err
		}
		result.Phases = append(result.Phases, s)
		result.Passed = result.Passed && s.Passed
	}
	if err := c.ended(ctx); err != nil && result.Stopped == "" {
		result.Stopped, result.Passed = err.Error(), false
	}
	return result, nil
}

// errStopped says that Options.Stop was closed.
var errStopped = errors.New("the check was stopped")

// ended is why no other phase is begun; nil if one may be.
func (c *checking) ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the check was interrupted: %w", context.Cause(ctx))
	}
	select {
	case <-c.options.Stop:
		return errStopped
	default:
		return nil
	}
}

// stage runs one phase.
func (c *checking) stage(ctx context.Context, st stage, position string) (*Stage, error) {
	variables := c.options.Vars
	if variables == nil {
		fresh, err := vars.New(vars.Options{})
		if err != nil {
			return nil, err
		}
		variables = fresh
	}
	r := newRunning(ctx, st, &c.options, position)
	r.vars, r.pool = variables, c.pool
	stop := show(c.options.Progress, r.progress)
	r.run()
	stop()
	return r.result(), nil
}

// poolFor is the check's own, where a scenario has none.
func poolFor(scenarios []Scenario) (pool *browser.Pool, closePool func() error, err error) {
	needed := slices.ContainsFunc(scenarios, func(s Scenario) bool { return s.browser != nil && s.browser.Pool == nil })
	if !needed {
		return nil, func() error { return nil }, nil
	}
	driver, err := sessions.Driver("")
	if err != nil {
		return nil, nil, err
	}
	if pool, err = browser.NewPool(driver, browser.PoolOptions{}); err != nil {
		return nil, nil, err
	}
	return pool, pool.Close, nil
}

// warnings are those of the feeders of the stage.
func (st stage) warnings() (list []string) {
	feeders, _ := st.drawers()
	for _, feeder := range feeders {
		list = append(list, feeder.Warnings()...)
	}
	return list
}
