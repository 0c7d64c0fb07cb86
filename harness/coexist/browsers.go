package coexist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sessions"
)

const (
	// openLimit is how long the sessions of a phase may take to open, all at once, and closeLimit to close.
	openLimit  = time.Minute
	closeLimit = 15 * time.Second
)

// member is a user in a browser, and what it does.
type member struct {
	*BrowserUser
	does *BrowserScenario
}

// openSessions opens all sessions of the phase at the same time; without all of them nobody starts.
func (r *running) openSessions() (crowd []*member, ok bool) {
	for _, s := range r.scenarios {
		for n := range r.users {
			if s.browser != nil {
				crowd = append(crowd, &member{&BrowserUser{scenario: s.name(), number: n + 1, vars: r.vars}, s.browser})
			}
		}
	}
	if len(crowd) == 0 {
		return nil, true
	}
	r.say(fmt.Sprintf("opening %s", counted(int64(len(crowd)), "browser session")))
	ctx, cancel := context.WithTimeoutCause(r.ending, openLimit, fmt.Errorf("it took more than %v: %w", openLimit, context.DeadlineExceeded))
	defer cancel()
	errs := make([]error, len(crowd))
	var all sync.WaitGroup
	for i, m := range crowd {
		all.Go(func() {
			id := sessions.Identity{Name: Scenario{browser: m.does}.userName(m.number), Tenant: m.does.Tenant}
			m.Browser, errs[i] = sessions.OpenBrowser(ctx, cmp.Or(m.does.Pool, r.pool), id, m.does.Session)
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		r.problem("the sessions could not be opened, so nobody started: %v", err)
		return crowd, false
	}
	return crowd, true
}

// closeSessions closes those that were opened, at the same time.
func (r *running) closeSessions(crowd []*member) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.life), closeLimit)
	defer cancel()
	var all sync.WaitGroup
	for _, m := range crowd {
		if m.Browser == nil {
			continue
		}
		all.Go(func() {
			if err := m.Close(ctx); err != nil && m.Err() == nil { // one that died was told of
				r.problem("closing: %v", err)
			}
		})
	}
	all.Wait()
}

// work is the whole life of a user in a browser.
func (r *running) work(m *member, crowd []*member) {
	m.draws = data.NewUser(r.life, m.Name())
	defer m.draws.End()
	for r.begins(m.iteration) {
		m.iteration++
		r.ledger.iterates(m.Name(), m.iteration)
		giveBack := m.draws.Begin(r.life)
		err := r.iterate(m)
		goes, failure := r.settle(m, err)
		giveBack()
		if failure != nil {
			r.keepEvidence(m, failure, crowd)
		}
		if !goes {
			return
		}
	}
}

// settle says whether the user goes on, and gives its first failure.
func (r *running) settle(m *member, err error) (goes bool, failure *Failure) {
	switch {
	case err == nil:
		r.ledger.passed(m.Name())
	case r.life.Err() != nil && !isPanic(err):
		r.change(m.scenario, func(s *ScenarioStage) { s.Interrupted++ })
		return false, nil
	case errors.Is(err, data.ErrStopUser):
		r.ledger.stopped(m.Name(), err)
		return false, nil
	default:
		f, first := r.fails(m.Name(), err)
		if first {
			failure = f
		}
		if died := m.Err(); died != nil {
			r.problem("a session ended before its time, and its user with it: %v", died)
			return false, failure
		}
	}
	return true, failure
}

// iterate runs the function of the user once, in a goroutine that it may end.
func (r *running) iterate(m *member) error {
	returned := make(chan error, 1)
	go call(r.life, m, returned)
	select {
	case err := <-returned:
		return err
	case <-r.life.Done():
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-returned:
		return err
	case <-timer.C:
		r.problem("user %q ignored the end of its context for %v and was left behind", m.Name(), patience)
		return context.Cause(r.life)
	}
}
