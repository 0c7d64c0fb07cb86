package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// used lists the sessions of the scenario in the order of their declaration.
func (sc *Scenario) used() []*Session {
	var used []*Session
	for _, s := range sc.harness.declared() {
		if slices.ContainsFunc(sc.items, func(item *Step) bool { return item.session == s }) {
			used = append(used, s)
		}
	}
	return used
}

func (r *run) sessionInfo() []SessionInfo {
	var infos []SessionInfo
	for _, s := range r.scenario.used() {
		infos = append(infos, SessionInfo{Name: s.Name(), Tenant: s.tenant, Kind: s.kind})
	}
	return infos
}

// DefaultOpenTimeout limits the opening of a run's sessions: a browser that does not answer, or a pool that never has
// a free page, must not hold up a test that has no deadline of its own.
const DefaultOpenTimeout = time.Minute

// openSessions closes those of the last run and opens all of this one at the same time.
func (r *run) openSessions(ctx context.Context) error {
	if err := r.harness.closeLast(ctx); err != nil {
		r.harness.t.Logf("lockstep: closing the sessions of the last run: %v", err)
	}
	limit := r.harness.options.openTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took more than %v (OpenTimeout): %w", limit, context.DeadlineExceeded))
	defer cancel()
	used := r.scenario.used()
	opened := make([]chan error, len(used))
	made := make([]sessions.Session, len(used))
	for i, s := range used {
		opened[i] = make(chan error, 1)
		r.board.opens(s)
		go func() {
			session, err := r.harness.open(ctx, s)
			made[i] = session
			r.board.opened(s)
			opened[i] <- err
		}()
	}
	var errs []error
	for i, s := range used {
		if err := <-opened[i]; err != nil {
			errs = append(errs, err)
		} else {
			r.live[s] = made[i]
		}
	}
	err := errors.Join(append(errs, r.harness.adopt(ctx, r.live))...)
	if err == nil {
		err = r.checkIsolation(ctx)
	}
	if err != nil {
		return fmt.Errorf("the sessions could not be opened, so nothing ran: %w", err)
	}
	return nil
}

// checkIsolation proves once for each harness that its browser sessions share nothing.
func (r *run) checkIsolation(ctx context.Context) error {
	var browsers []*sessions.Browser
	for _, s := range r.scenario.used() {
		if b, ok := r.live[s].(*sessions.Browser); ok {
			browsers = append(browsers, b)
		}
	}
	if r.harness.isolated || len(browsers) < 2 {
		return nil
	}
	if err := sessions.CheckIsolation(ctx, browsers); err != nil {
		return err
	}
	r.harness.isolated = true
	return nil
}

// failAll ends all items because the sessions could not be opened.
func (r *run) failAll(ctx context.Context) {
	outcome := Errored
	if ctx.Err() != nil {
		outcome = Aborted
	}
	for i := range r.states {
		r.states[i].record.Outcome = outcome
		r.states[i].record.Cause = []string{"the sessions could not be opened"}
		r.states[i].ended = true
	}
}
