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

const (
	// defaultRaceLimit is how long the marked requests of a round may take to come, and their responses after that.
	defaultRaceLimit = 10 * time.Second
	// clickGrace is how long after the end of its step the request of a browser may take to come: a click is over before
	// the browser has sent what it led to.
	clickGrace = time.Second
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

	mu   sync.Mutex
	over bool // nothing is held any more
}

// racer is a step that races.
type racer struct {
	*Step
	begun chan struct{} // closed when its body is about to start and its rule is in force
	ended chan struct{} // closed when it has ended, or will not run
	rule  *gateway.Rule // of racing.mu; nil if it never came into force

	// Set while the race is conducted.
	held     *gateway.Held
	exchange gateway.Exchange
}

func newRacing(race *Race, how meetingPlan, random *rand.Rand) *racing {
	how.limit = cmp.Or(how.limit, defaultRaceLimit)
	r := &racing{how: how, random: random, done: make(chan struct{})}
	for _, step := range race.steps {
		r.racers = append(r.racers, &racer{Step: step, begun: make(chan struct{}), ended: make(chan struct{})})
	}
	return r
}

// racer finds that of an item; nil if it does not race, or nothing does.
func (r *racing) racer(item *Step) *racer {
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.racers, func(racer *racer) bool { return racer.Step == item })
	if i < 0 {
		return nil
	}
	return r.racers[i]
}

// who names the racer.
func (racer *racer) who() string { return fmt.Sprintf("%s of %s", racer.label(), racer.session.Name()) }

// start conducts the race while the run goes on; wait returns when it is over. All that it waits for has a limit, or ends
// with the items.
func (r *racing) start(ctx context.Context) (wait func()) {
	if r == nil {
		return func() {}
	}
	go func() {
		defer close(r.done)
		defer r.release()
		r.err = r.conduct(ctx)
	}()
	return func() { <-r.done }
}

// end notes that an item has ended.
func (r *racing) end(item *Step) {
	if racer := r.racer(item); racer != nil {
		close(racer.ended)
	}
}

// begin puts the rule of a racing item in force, and waits until the bodies of all racers can start.
func (r *racing) begin(ctx context.Context, item *Step, session sessions.Session) error {
	racer := r.racer(item)
	if racer == nil {
		return nil
	}
	if err := r.enter(racer, session.(interface{ Gateway() *gateway.Gateway }).Gateway()); err != nil {
		return err
	}
	close(racer.begun)
	return r.gather(ctx)
}

// enter puts the racer's rule in force, unless the race is over: then nobody would release what it holds.
func (r *racing) enter(racer *racer, g *gateway.Gateway) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.over:
	case r.how.plain:
		racer.rule, err = g.Watch(*racer.mark)
	default:
		racer.rule, err = g.Hold(*racer.mark)
	}
	return err
}

// release lets everything go, whatever became of the race.
func (r *racing) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	for _, racer := range r.racers {
		if racer.rule != nil {
			racer.rule.Release()
		}
	}
}

// gather waits until the bodies of all racers are about to start.
func (r *racing) gather(ctx context.Context) error {
	for _, racer := range r.racers {
		select {
		case <-racer.begun:
		case <-racer.ended:
			if !racer.hasBegun() {
				return fmt.Errorf("the race does not take place: %s cannot start", racer.who())
			}
		case <-ctx.Done():
			return fmt.Errorf("the race waits for %s to start: %w", racer.who(), context.Cause(ctx))
		}
	}
	return nil
}

func (racer *racer) hasBegun() bool {
	select {
	case <-racer.begun:
		return true
	default:
		return false
	}
}

// conduct waits for the marked requests, releases them together and waits for their responses.
func (r *racing) conduct(ctx context.Context) error {
	if err := r.gather(ctx); err != nil {
		return err
	}
	if err := r.each(ctx, "", r.await); err != nil {
		return err
	}
	if err := r.meet(ctx); err != nil {
		return err
	}
	return r.each(ctx, " since they met", func(ctx context.Context, racer *racer) (err error) {
		racer.exchange, err = racer.held.Answered(ctx)
		return err
	})
}

// errCalledOff says that another racer cannot go on.
var errCalledOff = errors.New("another cannot go on")

// each does something for all racers at once, within the limit. Who cannot go on calls it off for the others.
func (r *racing) each(ctx context.Context, since string, do func(context.Context, *racer) error) error {
	ctx, cancel := r.limited(ctx, since)
	defer cancel()
	ctx, callOff := context.WithCancelCause(ctx)
	defer callOff(nil)
	errs := make([]error, len(r.racers))
	var all sync.WaitGroup
	for i, racer := range r.racers {
		all.Go(func() {
			if errs[i] = do(ctx, racer); errs[i] != nil {
				callOff(errCalledOff)
			}
		})
	}
	all.Wait()
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, errCalledOff) })...)
}

func (r *racing) limited(ctx context.Context, since string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, r.how.limit, fmt.Errorf("%v have passed%s", r.how.limit, since))
}

// await waits for the racer's request, as long as its step goes on.
func (r *racing) await(ctx context.Context, racer *racer) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { racer.watch(ctx, cancel) })
	defer watching.Wait()
	defer cancel(nil)
	if r.how.plain {
		racer.held, err = racer.rule.Taken(ctx)
	} else {
		racer.held, err = racer.rule.Held(ctx)
	}
	return err
}

// watch ends the wait for the racer's request when its step has ended and the request can come no more.
func (racer *racer) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-racer.ended:
	case <-ctx.Done():
		return
	}
	if racer.session.kind == browserSession {
		timer := time.NewTimer(clickGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	cancel(fmt.Errorf("%s has ended without it", racer.label()))
}

// meet releases what is held.
func (r *racing) meet(ctx context.Context) (err error) {
	if r.how.plain {
		return nil
	}
	ctx, cancel := r.limited(ctx, " since they came")
	defer cancel()
	all := make([]*gateway.Held, len(r.racers))
	for i, racer := range r.racers {
		all[i] = racer.held
	}
	if r.how.offsets != nil {
		_, err = gateway.Apart(ctx, r.how.offsets, all...)
		return err
	}
	r.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	_, err = gateway.Together(ctx, all...)
	return err
}

// problem tells why the round does not count; empty if it does.
func (r *racing) problem(run *Result) string {
	switch {
	case run.broken != nil:
		return run.broken.Error()
	case r.err == nil && run.Outcome != Errored && run.Outcome != Aborted:
		return ""
	}
	var why []string
	if r.err != nil {
		why = strings.Split(r.err.Error(), "\n")
	}
	return strings.Join(append(why, firstTrouble(run)...), "; ")
}

// firstTrouble is what went wrong first in a run; nothing if all passed.
func firstTrouble(run *Result) []string {
	for _, record := range append(run.causes(), run.Records...) {
		if record.Outcome != Passed {
			why := firstLine(strings.Join(record.Cause, "; "))
			return []string{fmt.Sprintf("%s: %s %q %s: %s", record.Session, record.Kind, record.Name, record.Outcome, why)}
		}
	}
	return nil
}

// describe puts into the round how it went.
func (r *racing) describe(round *Round, run *Result) {
	at := make([]time.Time, len(r.racers))
	round.Arrived = !slices.ContainsFunc(r.racers, func(racer *racer) bool { return racer.exchange.Arrived.IsZero() })
	for i, racer := range r.racers {
		if at[i] = racer.exchange.Arrived; !round.Arrived {
			at[i] = racer.exchange.Sent.At
		}
		round.Saw = append(round.Saw, racer.saw(run))
	}
	byTime := make([]int, len(at))
	for i := range byTime {
		byTime[i] = i
	}
	slices.SortStableFunc(byTime, func(a, b int) int { return at[a].Compare(at[b]) })
	for _, i := range byTime {
		round.Order = append(round.Order, r.racers[i].session.Name())
	}
	round.Spread = at[byTime[len(at)-1]].Sub(at[byTime[0]])
	round.Apart = at[0].Sub(at[len(at)-1])
}

// saw is what the racer's session was told.
func (racer *racer) saw(run *Result) string {
	saw := fmt.Sprint(racer.session.Name(), " ", racer.exchange.Status)
	if racer.exchange.Status == 0 {
		saw = racer.session.Name() + " no response"
	}
	if outcome := run.Records[racer.index].Outcome; outcome != Passed {
		saw += " " + string(outcome)
	}
	return saw
}
