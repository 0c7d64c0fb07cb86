package profile

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Profile is a sequence of steps of one model. It never changes. The zero value is an open profile of nobody.
type Profile struct {
	steps   []Step
	noShard bool
}

// New makes a profile of steps, which follow each other. The error is a [*StepError].
func New(steps ...Step) (Profile, error) {
	if at, f := check(steps); f != nil {
		return Profile{}, stepError(at, steps, f)
	}
	return Profile{steps: slices.Clone(steps)}, nil
}

// Must gives the profile of [New] or [Parse], and panics if there was an error.
func Must(p Profile, err error) Profile {
	if err != nil {
		panic(err)
	}
	return p
}

// NoShard gives the same profile, which on several machines runs whole on one of them.
func (p Profile) NoShard() Profile {
	p.noShard = true
	return p
}

// IsNoShard tells whether the profile runs whole on one machine.
func (p Profile) IsNoShard() bool { return p.noShard }

// Model is the model of all steps.
func (p Profile) Model() Model {
	if len(p.steps) == 0 {
		return Open
	}
	return p.steps[0].model()
}

// Steps are the steps as they were given.
func (p Profile) Steps() []Step { return slices.Clone(p.steps) }

// String is the profile in the notation that [Parse] reads.
func (p Profile) String() string {
	texts := make([]string, len(p.steps))
	for i, step := range p.steps {
		texts[i] = step.String()
	}
	text := strings.Join(texts, ", ")
	if p.noShard {
		return "inject(" + text + ").noShard"
	}
	return text
}

// Span is a step with its place in time.
type Span struct {
	Step     Step
	From, To time.Duration
	// Users is how many arrive in an open model; in a closed one it is the most that are wanted at a time.
	Users int
}

// Spans tells when each step begins and ends.
func (p Profile) Spans() []Span {
	spans := make([]Span, len(p.steps))
	at := time.Duration(0)
	for i, step := range p.steps {
		d, users := measure(step)
		spans[i] = Span{Step: step, From: at, To: at + d, Users: users}
		at += d
	}
	return spans
}

// measure gives the duration of a step, and its users as in [Span].
func measure(step Step) (d time.Duration, users int) {
	var l layout
	step.lay(&l)
	for _, stage := range l.open {
		d += stage.length()
		users += stage.users()
	}
	for _, h := range l.closed {
		d += h.over
		users = max(users, h.from, h.to)
	}
	return d, users
}

// check gives the first fault of steps, and the step that has it.
func check(steps []Step) (int, *fault) {
	if len(steps) == 0 {
		return 0, &fault{"", "a profile without a step", "atOnceUsers(1) is the least that does something"}
	}
	var users int
	var d time.Duration
	for i, step := range steps {
		if step == nil {
			return i, &fault{"", "a step that is nil", ""}
		}
		if f := step.check(); f != nil {
			return i, f
		}
		if step.model() != steps[0].model() {
			return i, mixed(step, steps[0])
		}
		stepD, stepUsers := measure(step)
		d, users = d+stepD, users+stepUsers
		if f := checkTotals(d, users, step.model()); f != nil {
			return i, f
		}
	}
	return 0, nil
}

func checkTotals(d time.Duration, users int, model Model) *fault {
	if d > MaxDuration {
		return &fault{"", fmt.Sprintf("with this step the profile lasts %s, which is too long", d), atMostDuration}
	}
	if model == Open && users > MaxUsers {
		return &fault{"", fmt.Sprintf("with this step the profile has %d users, which are too many", users), atMostUsers}
	}
	return nil
}

func mixed(step, first Step) *fault {
	hint := "give each model a scenario of its own"
	if _, waits := step.(nothingFor); waits {
		hint = "constantConcurrentUsers(0) waits in a closed profile"
	}
	const text = "open and closed steps in one profile: this step is of the %s model, the first one (%s) of the %s model"
	return &fault{"", fmt.Sprintf(text, step.model(), first, first.model()), hint}
}
