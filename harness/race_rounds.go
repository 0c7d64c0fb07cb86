package harness

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
)

// rounds are those of a race that is repeated, one after another.
type rounds struct {
	race  *Race
	info  *RaceInfo
	total int
	begun int
	show  progress
	end   func() // of the display
}

// begin prepares a repetition, and shows what it is at until its end.
func (race *Race) begin(info *RaceInfo, total int) *rounds {
	r := &rounds{race: race, info: info, total: total}
	info.Racers = namesOf(sessionsOf(race.steps))
	r.shows("")
	r.end = race.scenario.harness.options.display.begin(&r.show)
	return r
}

// shows lets those who wait know what became of the rounds so far.
func (r *rounds) shows(state string) {
	r.show.set(fmt.Sprintf("race %q: round %d of %d, %s", r.info.Scenario, r.begun+1, r.total, state))
}

// errRace is wrapped by what ends a repetition.
var errRace = errors.New("the race was stopped")

// next is one more round. An error ends them all.
func (r *rounds) next(ctx context.Context, how meetingPlan) (Round, error) {
	r.begun++
	round := Round{Number: r.begun}
	for _, before := range r.race.before {
		if err := before(ctx, round.Number); err != nil {
			return round, fmt.Errorf("%w before round %d: %w", errRace, round.Number, err)
		}
	}
	if err := r.run(ctx, how, &round); err != nil {
		return round, fmt.Errorf("%w in round %d: %w", errRace, round.Number, err)
	}
	if round.Problem == "" {
		if err := r.race.look(ctx, &round); err != nil {
			return round, fmt.Errorf("%w after round %d: %w", errRace, round.Number, err)
		}
	}
	if (len(round.Violations) > 0 || round.Problem != "") && r.info.Files == nil {
		r.info.Files = r.race.scenario.harness.Evidence(ctx)
	}
	return round, nil
}

// run runs the scenario with the race in it, and notes how it went.
func (r *rounds) run(ctx context.Context, how meetingPlan, round *Round) error {
	racing := newRacing(r.race, how, rand.New(rand.NewPCG(uint64(r.info.Seed), uint64(round.Number))))
	result := r.race.scenario.runWith(ctx, racing)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case result.refused != nil:
		return result.refused
	}
	round.Took, round.Problem = result.Took, racing.problem(result)
	if round.Problem == "" {
		racing.describe(round, result)
	}
	return nil
}

// look checks the invariants and describes what is stored.
func (race *Race) look(ctx context.Context, round *Round) (err error) {
	for _, i := range race.invariants {
		if err := i.check(ctx); err != nil {
			round.Violations = append(round.Violations, fmt.Sprintf("%s: %v", i.promise, err))
		}
	}
	if ctx.Err() != nil { // then nobody knows what they would have said
		return context.Cause(ctx)
	}
	if race.stored != nil {
		round.Stored, err = race.stored(ctx)
	}
	return err
}

// progress is what a repetition is at, for those who wait.
type progress struct {
	mu   sync.Mutex
	text string
}

func (p *progress) set(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = text
}

func (p *progress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text
}
