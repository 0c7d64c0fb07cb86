package harness

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// Marks names the request of a step that matters: a race lets the marked requests of several steps meet the server
// together. It counts from the moment at which the step's body starts. Without a race it means nothing.
func Marks(m gateway.Match) StepOption {
	return func(s *Step) { s.mark = &m }
}

// Race is steps of different sessions whose marked requests are released together, again and again. Declare its
// invariants, and then Repeat or Sweep it.
//
//	rename := sc.Step(owner, "renames", presses("#save"), harness.Marks(gateway.Match{Method: "POST", Path: "/phonebooks/{id}/rename"}))
//	add := sc.Step(colleague, "adds a contact", presses("#add"), harness.Marks(gateway.Match{Method: "POST", Path: "/phonebooks/{id}/contacts"}))
//	race := sc.Race(rename, add).
//		Before(freshPhonebook).
//		Invariant("a filled phonebook keeps its name", nameIsKept)
//	Expect(race.Repeat(ctx, harness.Rounds{})).To(harness.HoldInEveryRound())
//
// The bodies of its steps start at the same moment, when all of them can: who is ready waits for the others, as at a barrier,
// and that is part of the step. If one of them cannot start, none does.
type Race struct {
	scenario   *Scenario
	place      place
	steps      []*Step
	before     []func(ctx context.Context, round int) error
	invariants []invariant
	stored     func(ctx context.Context) (string, error)
	mistakes   []Mistake
}

type invariant struct {
	promise string
	check   func(ctx context.Context) error
}

// Race declares that the marked requests of these steps, which are of different sessions and have no order between
// them, race. Like all declarations it never fails; what is wrong is found when it is repeated.
func (sc *Scenario) Race(steps ...*Step) *Race {
	return &Race{scenario: sc, place: caller(), steps: steps}
}

// Before is called before each round, which are counted from 1, to make fresh data: what the steps of the last round left
// must not be taken for what those of this one do. An error ends the repetition.
func (race *Race) Before(do func(ctx context.Context, round int) error) *Race {
	if do == nil {
		race.mistake("there is nothing to do before each round: the func is nil", "remove Before, or give it the func")
		return race
	}
	race.before = append(race.before, do)
	return race
}

// Invariant is what must be so after each round, in words, and how it is checked: an error is a violation.
func (race *Race) Invariant(promise string, check func(ctx context.Context) error) *Race {
	switch {
	case promise == "":
		race.mistake("an invariant has no words", `say what is always so: "a filled phonebook keeps its name"`)
	case check == nil:
		race.mistake(fmt.Sprintf("the invariant %q has no check: the func is nil", promise), "give it a func that returns an error where it does not hold")
	}
	race.invariants = append(race.invariants, invariant{promise, check})
	return race
}

// Stored describes what the system has after a round in a few words, without what differs from round to round: it is part
// of the class to which the round's outcome belongs. Nil describes nothing.
func (race *Race) Stored(describe func(ctx context.Context) (string, error)) *Race {
	race.stored = describe
	return race
}

func (race *Race) mistake(what, hint string) {
	race.mistakes = append(race.mistakes, Mistake{caller().String(), what, hint})
}

// Rounds say how a race is repeated.
type Rounds struct {
	// N is how many rounds; zero means 20.
	N int
	// UntilViolated ends the repetition with the first round that violates an invariant.
	UntilViolated bool
	// Plain adds as many rounds in which the steps start at the same moment and nothing is held, in turn with the others:
	// what a test can do without a gateway, to compare with.
	Plain bool
	// Limit is how long the marked requests of a round may take to come once all steps have started, and their responses
	// after that; zero means 10 s.
	Limit time.Duration
}

const defaultRounds = 20

// Repeat runs the scenario again and again with fresh sessions, and releases the marked requests of each round together, in
// an order that is drawn anew each time. A round in which a step fails counts: that may be how the loser of a race fares. One
// in which the requests did not meet does not, and is a problem of the result.
func (race *Race) Repeat(ctx context.Context, o Rounds) *RaceResult {
	h := race.scenario.harness
	h.t.Helper()
	result := &RaceResult{RaceInfo: race.info(RaceSchema)}
	if o.Plain {
		result.Plain = &Tally{}
	}
	if err := race.check(o.mistakes(caller())); err != nil {
		result.stop(err)
	} else {
		result.stop(race.repeat(ctx, o, result))
	}
	result.finish()
	h.reportRace(result)
	return result
}

func (o Rounds) mistakes(at place) (wrong []Mistake) {
	if o.N < 0 {
		wrong = append(wrong, Mistake{at.String(), fmt.Sprintf("a race of %d rounds", o.N), fmt.Sprintf("zero means %d", defaultRounds)})
	}
	return append(wrong, limitMistakes(at, o.Limit)...)
}

func (race *Race) repeat(ctx context.Context, o Rounds, result *RaceResult) error {
	n, tallies := cmp.Or(o.N, defaultRounds), result.tallies()
	rounds := race.begin(&result.RaceInfo, n*len(tallies))
	defer rounds.end()
	for range n {
		for i, tally := range tallies { // in turn, so that both meet the same machine
			rounds.shows(result.progress())
			round, err := rounds.next(ctx, meetingPlan{plain: i == 1, limit: o.Limit})
			if err != nil {
				return err
			}
			tally.add(round)
		}
		if o.UntilViolated && result.violated() {
			return nil
		}
	}
	return nil
}
