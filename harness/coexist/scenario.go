package coexist

import (
	"context"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sync/vars"
)

// Scenario is what users of one kind do. Virtual and InBrowsers make one.
type Scenario struct {
	virtual *load.Scenario
	browser *BrowserScenario
}

// Virtual is a scenario of virtual users. When they arrive, their iterations and their pauses are the check's; its Profile may be
// empty. What comes after it (AndThen) is refused.
func Virtual(s load.Scenario) Scenario { return Scenario{virtual: &s} }

// InBrowsers is a scenario of browser sessions: each user has one of its own for all of its iterations.
func InBrowsers(s BrowserScenario) Scenario { return Scenario{browser: &s} }

// BrowserScenario is what users in real browsers do.
type BrowserScenario struct {
	// Name is how reports call it; unique in a check. Its sessions are the name and a number from 1.
	Name string
	// Tenant is that of its sessions; empty for none.
	Tenant string
	// Session says how its sessions are, and what their addresses are relative to.
	Session sessions.BrowserOptions
	// Pool is where pages come from, and stays the caller's; nil means a pool of the check's own, with the driver that LOCKSTEP_DRIVER
	// names.
	Pool *browser.Pool
	// User is what a user does in one iteration. What fails in its Gomega, its error and a panic are failures of the iteration.
	User func(ctx context.Context, g gomega.Gomega, u *BrowserUser) error
	// Feeders are asked before the check whether they have enough rows for it.
	Feeders []*data.Feeder
}

// BrowserUser is a user in a real browser. It has all that its session has, and belongs to the goroutine of its function.
type BrowserUser struct {
	*sessions.Browser
	scenario          string
	number, iteration int
	draws             *data.User
	vars              vars.Store
}

// Scenario is the name of the scenario.
func (u *BrowserUser) Scenario() string { return u.scenario }

// Number counts the users of a scenario from 1.
func (u *BrowserUser) Number() int { return u.number }

// Iteration counts the user's iterations from 1.
func (u *BrowserUser) Iteration() int { return u.iteration }

// Vars are the run variables, which all users share.
func (u *BrowserUser) Vars() vars.Store { return u.vars }

// Draw takes a row of test data. It comes back when the iteration or the user ends, as the feeder's policy says.
func (u *BrowserUser) Draw(ctx context.Context, from *data.Feeder) (data.Row, error) {
	return from.Draw(ctx, u.draws)
}

func (s Scenario) name() string {
	switch {
	case s.virtual != nil:
		return s.virtual.Name
	case s.browser != nil:
		return s.browser.Name
	}
	return ""
}

// userName is the name of the user of a number, the same for both kinds.
func (s Scenario) userName(number int) string { return load.Scenario{Name: s.name()}.UserName(number) }

func (s Scenario) kind() sessions.Kind {
	if s.virtual != nil {
		return sessions.KindHTTP
	}
	return sessions.KindBrowser
}

func (s Scenario) feeders() []*data.Feeder {
	switch {
	case s.virtual != nil:
		return s.virtual.Feeders
	case s.browser != nil:
		return s.browser.Feeders
	}
	return nil
}
