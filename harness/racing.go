package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// meetingPlan is how the requests of a round meet: together if it is zero.
type meetingPlan struct {
	plain   bool            // the steps start at the same moment, and nothing is held
	offsets []time.Duration // each request is released so long after the moment; nil: all at it
	limit   time.Duration
}

// racing is a race within one run.
type racing struct {
	how    meetingPlan
	random *rand.Rand
	racers []*racer
	done   chan struct{} // closed when the requests have met, or cannot
	err    error         // why they did not; read it after done
}

// racer is a step that races.
type racer struct {
	item  *Step
	begun chan struct{} // closed when its body is about to start and its rule is in force
	ended chan struct{} // closed when it has ended, or will not run
	rule  *gateway.Rule // set before begun is closed

	// Set by the conductor.
	held     *gateway.Held
	exchange gateway.Exchange
}

func newRacing(race *Race, how meetingPlan, random *rand.Rand) *racing {
	how.limit = cmp.Or(how.limit, defaultRaceLimit)
	r := &racing{how: how, random: random, done: make(chan struct{})}
	for _, step := range race.steps {
		r.racers = append(r.racers, &racer{item: step, begun: make(chan struct{}), ended: make(chan struct{})})
	}
	return r
}

// racer finds that of an item; nil if it does not race, or nothing does.
func (r *racing) racer(item *Step) *racer {
	if r == nil {
		return nil
	}
	for _, racer := range r.racers {
		if racer.item == item {
			return racer
		}
	}
	return nil
}

// start lets the race be conducted while the run goes on; stop ends it and waits.
func (r *racing) start(ctx context.Context) (stop func()) {
	if r == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		defer close(r.done)
		defer r.release()
		r.err = r.conduct(ctx)
	}()
	return func() {
		cancel(errors.New("the run has ended"))
		<-r.done
	}
}

// end notes that an item has ended.
func (r *racing) end(item *Step) {
	if racer := r.racer(item); racer != nil {
		close(racer.ended)
	}
}

// begin puts the rule of a racing item in force, before its body starts. In a plain race it waits for the others.
func (r *racing) begin(ctx context.Context, item *Step, session sessions.Session) (err error) {
	racer := r.racer(item)
	if racer == nil {
		return nil
	}
	g := session.(interface{ Gateway() *gateway.Gateway }).Gateway()
	if r.how.plain {
		racer.rule, err = g.Watch(*item.mark)
	} else {
		racer.rule, err = g.Hold(*item.mark)
	}
	if err != nil {
		return err
	}
	close(racer.begun)
	if !r.how.plain {
		return nil
	}
	return r.gather(ctx)
}

// gather waits until the bodies of all racers are about to start.
func (r *racing) gather(ctx context.Context) error {
	for _, racer := range r.racers {
		select {
		case <-racer.begun:
		case <-racer.ended:
			return fmt.Errorf("the race does not take place: %s of %s did not run", racer.item.label(), racer.item.session.Name())
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s of %s to start: %w", racer.item.label(), racer.item.session.Name(), context.Cause(ctx))
		}
	}
	return nil
}

// conduct waits for the marked requests, releases them together and waits for their responses.
func (r *racing) conduct(ctx context.Context) error {
	if err := r.gather(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, r.how.limit, fmt.Errorf("%v have passed", r.how.limit))
	defer cancel()
	for _, racer := range r.racers {
		if err := racer.await(limited, r.how.plain); err != nil {
			return err
		}
	}
	if !r.how.plain {
		if err := r.meet(limited); err != nil {
			return err
		}
	}
	answered, cancel := context.WithTimeoutCause(ctx, r.how.limit, fmt.Errorf("%v have passed since they met", r.how.limit))
	defer cancel()
	for _, racer := range r.racers {
		var err error
		if racer.exchange, err = racer.held.Answered(answered); err != nil {
			return err
		}
	}
	return nil
}

// await waits for the racer's request, as long as its step goes on.
func (racer *racer) await(ctx context.Context, plain bool) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	defer func() { <-watched }()
	defer cancel(nil)
	go func() {
		defer close(watched)
		select {
		case <-racer.ended:
			cancel(fmt.Errorf("%s has ended without it", racer.item.label()))
		case <-ctx.Done():
		}
	}()
	if plain {
		racer.held, err = racer.rule.Taken(ctx)
	} else {
		racer.held, err = racer.rule.Held(ctx)
	}
	return err
}

// meet releases what is held.
func (r *racing) meet(ctx context.Context) error {
	all := make([]*gateway.Held, len(r.racers))
	for i, racer := range r.racers {
		all[i] = racer.held
	}
	var err error
	if r.how.offsets != nil {
		_, err = gateway.Apart(ctx, r.how.offsets, all...)
	} else {
		r.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		_, err = gateway.Together(ctx, all...)
	}
	return err
}

// release lets everything go, whatever became of the race.
func (r *racing) release() {
	for _, racer := range r.racers {
		select {
		case <-racer.begun:
			if racer.rule != nil {
				racer.rule.Release()
			}
		default:
		}
	}
}

// problem tells why the round does not count; empty if it does.
func (r *racing) problem(run *Result) string {
	switch {
	case run.broken != nil:
		return run.broken.Error()
	case run.Outcome == Errored, run.Outcome == Aborted, run.Outcome == Blocked:
		return firstCause(run)
	case r.err != nil:
		return r.err.Error()
	}
	return ""
}

// firstCause is what went wrong first in a run.
func firstCause(run *Result) string {
	for _, record := range run.causes() {
		return fmt.Sprintf("%s: %s %q %s: %s", record.Session, record.Kind, record.Name, record.Outcome, strings.Join(record.Cause, "; "))
	}
	return fmt.Sprintf("the scenario is %s; %s", run.Outcome, strings.Join(run.Problems, "; "))
}

// describe puts into the round how it went.
func (r *racing) describe(round *Round, run *Result) {
	sent, arrived := make([]time.Time, len(r.racers)), make([]time.Time, len(r.racers))
	for i, racer := range r.racers {
		e := racer.exchange
		sent[i], arrived[i] = e.Sent.At, e.Arrived
		saw := fmt.Sprint(e.Status)
		if e.Status == 0 {
			saw = "no response"
		}
		if outcome := outcomeOf(run, racer.item); outcome != Passed {
			saw += " " + string(outcome)
		}
		round.Saw = append(round.Saw, racer.item.session.Name()+" "+saw)
	}
	at := arrived
	if slices.ContainsFunc(arrived, time.Time.IsZero) {
		at = sent // the server says nothing
	}
	round.Arrived = !slices.ContainsFunc(arrived, time.Time.IsZero)
	round.Spread = slices.MaxFunc(at, time.Time.Compare).Sub(slices.MinFunc(at, time.Time.Compare))
	round.Apart = at[0].Sub(at[len(at)-1])
	byTime := make([]int, len(at))
	for i := range byTime {
		byTime[i] = i
	}
	slices.SortStableFunc(byTime, func(a, b int) int { return at[a].Compare(at[b]) })
	for _, i := range byTime {
		round.Order = append(round.Order, r.racers[i].item.session.Name())
	}
}

func outcomeOf(run *Result, item *Step) Outcome {
	return run.Records[item.index].Outcome
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
