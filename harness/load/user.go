package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions/virtual"
	"github.com/seed49090845/lockstep/sync/vars"
)

// User is a virtual user in a run. It has all that a virtual.User has; requests wait for their turn where there is a
// throttle. It belongs to the goroutine that runs its function, which may pass it on but not use it twice at a time.
type User struct {
	*virtual.User
	in        *running
	number    int
	iteration int
	intended  time.Time // start of the iteration
	started   time.Time // when it did
	status    int       // of the last answer
	draws     *data.User
	life      context.Context // of the iteration: what it draws is its own to its end, whatever context it draws with
	random    *rand.Rand
}

// Number counts the users of a scenario from 1, in the order of arrival.
func (u *User) Number() int { return u.number }

// Iteration counts the user's iterations from 1.
func (u *User) Iteration() int { return u.iteration }

// Intended is when this iteration was to start.
func (u *User) Intended() time.Time { return u.intended }

// Scenario is the name of the scenario.
func (u *User) Scenario() string { return u.in.Name }

// Vars are the run variables, which all users share.
func (u *User) Vars() vars.Store { return u.in.engine.options.Vars }

// Get asks for a path.
func (u *User) Get(ctx context.Context, path string) (*virtual.Response, error) {
	return u.Do(ctx, virtual.Request{Path: path})
}

// Do sends a request, as virtual.User.Do does, when the throttles let it.
func (u *User) Do(ctx context.Context, r virtual.Request) (*virtual.Response, error) {
	for _, t := range [...]*throttle{u.in.throttle, u.in.engine.throttle} {
		if t == nil {
			continue
		}
		turn, err := t.wait(ctx)
		if err != nil {
			return nil, err
		}
		if !turn.IsZero() {
			u.Intend(turn)
		}
	}
	response, err := u.User.Do(ctx, r)
	if response != nil {
		u.status = response.Status
	}
	return response, err
}

// Pause waits as the scenario's Pause says. The next request is intended to start when it is over.
func (u *User) Pause(ctx context.Context) error { return u.PauseFor(ctx, u.in.Pause) }

// PauseFor waits for a pause of its own. Its error says that the context ended.
func (u *User) PauseFor(ctx context.Context, p profile.Pause) error {
	if u.random == nil {
		u.random = rand.New(rand.NewPCG(u.in.seed, uint64(u.number)))
	}
	d := p.Next(u.random)
	if d <= 0 {
		return nil
	}
	until := time.Now().Add(d)
	if !waitRoughly(ctx, until) {
		return fmt.Errorf("within a pause of %v: %w", d, context.Cause(ctx))
	}
	u.Intend(until)
	return nil
}

// Draw takes a row of test data. It comes back when the iteration or the user ends, as the feeder's policy says.
func (u *User) Draw(ctx context.Context, from *data.Feeder) (data.Row, error) {
	if u.draws == nil {
		u.draws = data.NewUser(u.life, u.Name())
		u.draws.Begin(u.life)
	}
	return from.Draw(ctx, u.draws)
}

// begin begins an iteration.
func (u *User) begin(ctx context.Context, intended time.Time) {
	u.iteration++
	u.life = ctx
	u.intended, u.started = intended, time.Now()
	u.Intend(intended)
	if u.draws != nil {
		u.draws.Begin(ctx)
	}
}

// end gives back what the user has.
func (u *User) end(ctx context.Context) {
	if u.draws != nil {
		u.draws.End()
	}
	for _, b := range u.in.Barriers {
		b.Leave(u.Name(), fmt.Errorf("user %q has ended", u.Name()))
	}
	_ = u.Close(ctx)
}
