package harness

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sync/vars"
)

// ErrNoBody is wrapped by the errors of what only bodies can do, with a context that is none of a body's.
var ErrNoBody = errors.New("the context is not that of a body: pass on the ctx that the body was handed")

// RunVars makes the run variables of each run; without it they are fresh ones in memory. So a run may begin with some that are
// set, or share those of a load run that goes on beside it. The harness does not end them.
func RunVars(make func(ctx context.Context) (vars.Store, error)) Option {
	return func(o *options) { o.runVars = make }
}

// Vars returns the run variables, which all sessions of a run share, from the context that a body was handed. It panics with any
// other context, which is a mistake of the author's. Each run, and so each schedule of an exploration, has its own.
//
// Await with an empty name waits in the name of the session. Under a schedule it lets the other sessions move.
func Vars(ctx context.Context) vars.Store {
	running, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		panic("harness.Vars: " + ErrNoBody.Error())
	}
	return runVars{running.run.shared.vars, running}
}

// Draw takes a row of test data for the session whose body runs. What is the session's alone for a time comes back when the run
// ends, however it ends. Its errors are those of data.Feeder.Draw.
func Draw(ctx context.Context, from *data.Feeder) (data.Row, error) {
	running, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		return data.Row{}, fmt.Errorf("harness.Draw: %w", ErrNoBody)
	}
	return from.Draw(ctx, running.run.shared.userOf(running.item.session))
}

// Feeds says which test data the bodies draw: a run in which there is not enough of it for all sessions, one row each, is refused
// before any session is opened.
func (sc *Scenario) Feeds(feeders ...*data.Feeder) {
	at := caller()
	for _, f := range feeders {
		if f == nil {
			sc.mistake(at, "Feeds has a feeder that is nil", "is the variable set before it is used?")
			continue
		}
		sc.feeders = append(sc.feeders, f)
	}
}

// enough asks the feeders.
func (sc *Scenario) enough() error {
	var errs []error
	for _, f := range sc.feeders {
		if _, err := f.Enough(data.Need{Users: len(sc.used()), Iterations: 1}); err != nil {
			errs = append(errs, fmt.Errorf("scenario %q: %w", sc.name, err))
		}
	}
	return errors.Join(errs...)
}

// shared is what the sessions of one run have together.
type shared struct {
	vars vars.Store
	own  bool // the store is the run's own

	mu    sync.Mutex
	users map[*Session]*data.User
}

func (r *run) share(ctx context.Context) error {
	r.shared = &shared{users: map[*Session]*data.User{}}
	make := r.harness.options.runVars
	if make == nil {
		r.shared.own = true
		make = func(context.Context) (vars.Store, error) { return vars.New(vars.Options{}) }
	}
	store, err := make(ctx)
	if err == nil && store == nil {
		err = errors.New("the func of RunVars returned no store")
	}
	if err != nil {
		return fmt.Errorf("the run variables: %w", err)
	}
	r.shared.vars = store
	return nil
}

func (s *shared) userOf(session *Session) *data.User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[session] == nil {
		u := data.NewUser(context.Background(), session.Name())
		u.Begin(context.Background())
		s.users[session] = u
	}
	return s.users[session]
}

// end gives back what was drawn, and returns the final variables.
func (s *shared) end(ctx context.Context) (map[string]vars.Value, error) {
	ctx = context.WithoutCancel(ctx)
	s.mu.Lock()
	for _, u := range s.users {
		u.End()
	}
	s.mu.Unlock()
	var ended error
	if s.own {
		ended = s.vars.End(ctx)
	}
	final, err := s.vars.Snapshot(ctx)
	if len(final.Vars) == 0 {
		final.Vars = nil
	}
	return final.Vars, errors.Join(ended, err)
}

// runVars are the run variables as one session has them.
type runVars struct {
	vars.Store
	running *running
}

// Await lets others move meanwhile.
func (v runVars) Await(ctx context.Context, who, name string, until vars.Condition) (vars.Value, error) {
	goesOn := v.running.run.schedule.awaits(v.running.item, fmt.Sprintf("run variable %q to be %s", name, until.Text), func(ctx context.Context) bool {
		present, err := v.Get(ctx, name)
		return err == nil && until.Holds != nil && !until.Holds(present)
	})
	defer goesOn()
	if who == "" {
		who = v.running.item.session.Name()
	}
	return v.Store.Await(ctx, who, name, until)
}
