package load

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions/virtual"
	"github.com/seed49090845/lockstep/sync/barrier"
)

// DefaultGracefulStop is how long users may take to finish when nobody is started any more, unless
// Scenario.GracefulStop says otherwise.
const DefaultGracefulStop = 30 * time.Second

// Endless are iterations without a number: a user begins another for as long as it is wanted.
const Endless = -1

// Scenario is what users of one kind do, and when they arrive. It is a value: AndThen gives a changed copy.
type Scenario struct {
	// Name is how reports call it; unique in a run.
	Name string
	// Profile says when users arrive, or how many are present.
	Profile profile.Profile
	// Start is a plain number of executions under limits, in place of Profile; each execution is a user.
	Start profile.Start
	// Target is what its users talk to.
	Target *virtual.Target
	// User is what a user does in one iteration. Its error, a panic, and runtime.Goexit make the user a failed one, and
	// are counted by their messages.
	User func(ctx context.Context, u *User) error

	// Tenant is that of its users; empty for none.
	Tenant string
	// Pause is what User.Pause waits; the zero value is none.
	Pause profile.Pause
	// Pace is the time from the start of an iteration to the start of the user's next; zero means that it follows at
	// once.
	Pace time.Duration
	// Throttle limits requests per second from the start of the scenario; the zero value limits nothing.
	Throttle profile.Throttle

	// Iterations is how often a user does it; zero means once, and Endless for as long as the user is wanted.
	Iterations int
	// MaxUsers limits users in all, MaxIterations iterations of all users together; zero means no limit.
	MaxUsers, MaxIterations int
	// MaxPresent limits the users who are present in an open model; others wait for their turn. Zero means no limit.
	MaxPresent int
	// MaxDuration limits the scenario: afterwards nobody is started, and users have GracefulStop. Zero means no limit.
	MaxDuration time.Duration
	// GracefulStop is how long users may take to finish when nobody is started any more; then they are interrupted.
	// Zero means DefaultGracefulStop, a negative time that they are interrupted at once.
	GracefulStop time.Duration
	// InterruptSurplus interrupts users when a closed model wants fewer; without it they finish their iteration.
	InterruptSurplus bool

	// Feeders are asked before the run whether they have enough rows for it.
	Feeders []*data.Feeder
	// Barriers are left by each user that ends, so that nobody waits there for it.
	Barriers []*barrier.Barrier

	then [][]Scenario
}

// AndThen has the children start together when the last users of this scenario have ended; if there are children
// already, when the last users of the children given last, and of all of their descendants, have ended. So in
//
//	a.AndThen(b, c).AndThen(d)
//
// d starts when b, c and all that comes after them have ended.
func (s Scenario) AndThen(children ...Scenario) Scenario {
	if len(children) > 0 {
		s.then = append(slices.Clip(s.then), slices.Clone(children))
	}
	return s
}

// UserName is the name of the user of a number, counted from 1 in the order of arrival; barriers name their parties
// by it.
func (s Scenario) UserName(number int) string { return s.Name + " " + strconv.Itoa(number) }

// isStart tells whether it is a plain number of executions.
func (s *Scenario) isStart() bool { return s.Start != profile.Start{} }

// Arrivals are when users arrive, in words.
func (s *Scenario) Arrivals() string {
	if !s.isStart() {
		return s.Profile.String()
	}
	text := fmt.Sprintf("%d executions", s.Start.Total)
	if s.Start.Backlog > 0 {
		text += fmt.Sprintf(", at most %d at a time", s.Start.Backlog)
	}
	if s.Start.CPS > 0 {
		text += fmt.Sprintf(", at most %g started per second", s.Start.CPS)
	}
	if s.Start.Ramp > 0 {
		text += fmt.Sprintf(" after %v", s.Start.Ramp)
	}
	return text
}

// model is open for a plain number of executions.
func (s *Scenario) model() profile.Model {
	if s.isStart() {
		return profile.Open
	}
	return s.Profile.Model()
}

// All are the scenario and its descendants, each before those that wait for it.
func (s Scenario) All() []Scenario {
	list := []Scenario{s}
	for _, group := range s.then {
		for _, child := range group {
			list = append(list, child.All()...)
		}
	}
	return list
}

// tree is the scenario in the words of package profile, which knows who waits for whom.
func (s Scenario) tree() profile.Scenario {
	p := s.Profile
	if s.isStart() {
		p = profile.Must(profile.New(profile.NothingFor(0))) // Start says when its users arrive
	}
	t := profile.NewScenario(s.Name, p)
	for _, group := range s.then {
		children := make([]profile.Scenario, len(group))
		for i, child := range group {
			children[i] = child.tree()
		}
		t = t.AndThen(children...)
	}
	return t
}
