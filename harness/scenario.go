package harness

import (
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// DefaultStepTimeout limits each body that has no timeout of its own.
const DefaultStepTimeout = 30 * time.Second

// Scenario is declared steps of several sessions and the order between them. Declare everything first, then
// Run it, as often as you like. A declaration never fails: what is wrong is found when it is run, before
// anything starts, and all of it is reported at once with file and line.
type Scenario struct {
	harness  *Harness
	name     string
	place    place
	items    []*Step
	barriers []*Barrier
	feeders  []*data.Feeder
	mistakes []Mistake
}

// Scenario begins the declaration of a scenario.
func (h *Harness) Scenario(name string) *Scenario {
	sc := &Scenario{harness: h, name: name, place: caller()}
	if name == "" {
		sc.mistake(sc.place, "the scenario has no name", "say what it shows")
	}
	return sc
}

// Name is the name of the scenario.
func (sc *Scenario) Name() string { return sc.name }

// Step declares something that a session does and that is counted in results. The body is one of
//
//	func(ctx context.Context, g Gomega, s *sessions.Browser) error
//	func(ctx context.Context, g Gomega, s *sessions.HTTP) error
//	func(ctx context.Context, g Gomega, s sessions.Session) error
//
// or one of these without the error. Steps that have no order between them run at the same time; steps of
// one session never do: they run in the order of declaration, because a user does one thing at a time.
func (sc *Scenario) Step(session *Session, name string, body any, options ...StepOption) *Step {
	return sc.add(KindStep, nil, session, name, body, options)
}

// Precondition declares something that must be so before the steps that require it; it is not counted. If it
// does not pass, they are blocked. A precondition of one step alone is declared with Step.Precondition.
func (sc *Scenario) Precondition(session *Session, name string, body any, options ...StepOption) *Step {
	return sc.add(KindPrecondition, nil, session, name, body, options)
}

// Step is an item of a scenario: a step, a precondition or a postcondition.
type Step struct {
	scenario *Scenario
	kind     Kind
	of       *Step // whose precondition or postcondition it is; nil if the scenario's
	name     string
	session  *Session
	place    place
	body     body

	requires []*Step
	after    []*Step
	meets    []*Barrier
	startsAt *Barrier
	// startsAtNil says that a barrier was given, and nil.
	startsAtNil bool
	timeout     time.Duration
	attempts    int
	alwaysRun   bool
	mark        *gateway.Match // the request that races; nil if none does

	index int // in the scenario's items, in order of declaration
}

// Name is the name of the step.
func (s *Step) Name() string { return s.name }

// Precondition declares something, in any session, that must be so before this step. It runs after all that
// the step requires or comes after, and does not run if the step is skipped. If it does not pass, the step
// is blocked. Several without an order between them run at once.
func (s *Step) Precondition(session *Session, name string, body any, options ...StepOption) *Step {
	return s.scenario.add(KindPrecondition, s, session, name, body, options)
}

// Postcondition declares something, in any session, that is done or checked after this step, whatever became
// of it, if it was reached at all. A postcondition that fails fails the scenario and never changes the
// step's own result. What comes after the step comes after its postconditions too.
func (s *Step) Postcondition(session *Session, name string, body any, options ...StepOption) *Step {
	return s.scenario.add(KindPostcondition, s, session, name, body, options)
}

// label is how messages name the item.
func (s *Step) label() string {
	if s == nil {
		return "no step"
	}
	return fmt.Sprintf("%s %q", s.kind, s.name)
}

// StepOption says how an item relates to others and how it is run.
type StepOption func(*Step)

// Requires lets the item run after the others, and only if all of them passed.
func Requires(others ...*Step) StepOption {
	return func(s *Step) { s.requires = append(s.requires, others...) }
}

// After lets the item run after the others, whatever became of them.
func After(others ...*Step) StepOption {
	return func(s *Step) { s.after = append(s.after, others...) }
}

// AlwaysRun lets a step run, with its own preconditions, even if what it requires did not pass.
func AlwaysRun() StepOption { return func(s *Step) { s.alwaysRun = true } }

// Timeout limits the body; zero means the harness's, which is DefaultStepTimeout unless told otherwise.
func Timeout(d time.Duration) StepOption { return func(s *Step) { s.timeout = d } }

// Attempts runs the body again until it passes, at most n times in all. The attempts are listed in the
// record of the step. Zero means one.
func Attempts(n int) StepOption { return func(s *Step) { s.attempts = n } }

// Meets declares that the body waits at the barriers, with Barrier.Wait.
func Meets(barriers ...*Barrier) StepOption {
	return func(s *Step) { s.meets = append(s.meets, barriers...) }
}

// StartsAt lets the body start when all parties of the barrier are there: its wait is part of the step, and
// counts against its timeout.
func StartsAt(b *Barrier) StepOption {
	return func(s *Step) { s.startsAt, s.startsAtNil = b, b == nil }
}

func (sc *Scenario) add(kind Kind, of *Step, session *Session, name string, given any, options []StepOption) *Step {
	s := &Step{scenario: sc, kind: kind, of: of, name: name, session: session, place: caller(), index: len(sc.items)}
	for _, option := range options {
		if option == nil {
			sc.mistake(s.place, s.label()+" has a nil option", "remove it")
			continue
		}
		option(s)
	}
	s.body = sc.bind(s, given)
	sc.items = append(sc.items, s)
	return s
}
