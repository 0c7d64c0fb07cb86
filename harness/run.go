package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/order"
)

// run is one execution of a scenario. One goroutine, the coordinator, decides what starts and owns states; each
// item that runs has a goroutine that waits for its body, and the body has its own, so that one which ignores
// the end of its context keeps nobody but its session.
type run struct {
	scenario *Scenario
	harness  *Harness
	plan     *order.Plan
	journal  *journal
	board    *board
	// Written before the first body starts, and only read after.
	meetings map[*Barrier]*meeting
	live     map[*Session]sessions.Session
	shared   *shared
	racing   *racing     // nil where nothing races
	schedule *scheduling // nil where nothing is scheduled

	// The coordinator's own.
	states  []state
	held    map[*Session]*Step // by an item whose body was left behind
	results chan finished
	active  int
}

// state is what the coordinator knows of an item.
type state struct {
	started bool
	ended   bool
	record  Record
	blame   *Step // the item that kept this one from running
}

// finished is what an item's goroutine reports.
type finished struct {
	item      *Step
	record    Record
	abandoned bool
}

// Run opens fresh sessions and runs the scenario once. It returns when everything that it started has ended, with
// one exception: a body that does not return within 5 s of the end of its context is left behind, and the result
// says so. A scenario that is not valid is refused before anything starts. The sessions of the run stay open
// until the next run or the end of the test.
func (sc *Scenario) Run(ctx context.Context) *Result {
	sc.harness.t.Helper()
	result := sc.run(ctx)
	sc.harness.finish(result)
	return result
}

func (sc *Scenario) run(ctx context.Context) *Result { return sc.runWith(ctx, nil) }

// runWith runs the scenario with a race in it, or without if that is nil.
func (sc *Scenario) runWith(ctx context.Context, racing *racing) *Result {
	return sc.runUnder(ctx, racing, nil)
}

// runUnder runs the scenario with a race in it, or under a schedule; both may be nil.
func (sc *Scenario) runUnder(ctx context.Context, racing *racing, schedule *scheduling) *Result {
	result := &Result{
		Schema: ResultSchema, Scenario: sc.name, Place: sc.place.String(), Outcome: Errored,
		Started: time.Now(), Seed: sc.harness.seed,
	}
	plan, err := sc.plan()
	if err != nil {
		return result.refuse(err)
	}
	r, err := sc.newRun(plan)
	if err != nil {
		return result.refuse(err)
	}
	r.racing, r.schedule = racing, schedule
	if err := errors.Join(sc.enough(), r.share(ctx)); err != nil {
		return result.refuse(err)
	}
	if err := sc.harness.begin(r); err != nil {
		return result.refuse(err)
	}
	defer sc.harness.end()
	r.execute(ctx, result)
	if result.Vars, err = r.shared.end(ctx); err != nil {
		result.Problems = append(result.Problems, fmt.Sprintf("the run variables: %v", err))
	}
	result.Took = time.Since(result.Started)
	return result
}

func (sc *Scenario) newRun(plan *order.Plan) (*run, error) {
	r := &run{
		scenario: sc, harness: sc.harness, plan: plan, journal: newJournal(sc.harness.options.stamp), board: newBoard(sc),
		meetings: map[*Barrier]*meeting{}, live: map[*Session]sessions.Session{}, held: map[*Session]*Step{},
		states: make([]state, len(sc.items)), results: make(chan finished, len(sc.items)),
	}
	for _, b := range sc.barriers {
		m, err := sc.meeting(b)
		if err != nil {
			return nil, err
		}
		r.meetings[b] = m
	}
	for _, item := range sc.items {
		r.states[item.index].record = blank(item)
	}
	return r, nil
}

func (r *run) execute(ctx context.Context, result *Result) {
	if r.racing == nil && r.schedule == nil { // they show their own
		defer r.showProgress()()
	}

	if slices.ContainsFunc(r.scenario.used(), func(s *Session) bool { return s.kind == browserSession }) {
		result.Driver = r.harness.options.driver.Name()
	}
	result.Sessions = r.sessionInfo()
	if err := r.openSessions(ctx); err != nil {
		r.failAll(ctx)
		result.problem(err)
	} else {
		stopRace := r.racing.start(ctx)
		r.schedule.bind(r)
		r.coordinate(ctx)
		r.schedule.finish()
		stopRace()
	}
	for _, s := range r.states {
		result.Records = append(result.Records, s.record)
	}
	for _, item := range r.held {
		result.Problems = append(result.Problems, "the body of "+item.label()+" of "+item.session.Name()+" may still be running: it did not return")
	}
	result.Outcome = verdict(result.Records)
	result.Problems = append(result.Problems, r.letGo(result.Outcome)...)
	if r.racing == nil && r.schedule == nil { // else they decide: how the losers of a race fare is no failure
		r.gather(ctx, result)
	}
}

func blank(item *Step) Record {
	record := Record{
		Kind: item.kind, Name: item.name, Session: item.session.Name(), Tenant: item.session.tenant,
		Place: item.place.String(),
	}
	if item.of != nil {
		record.Of, record.OfSession = item.of.name, item.of.session.Name()
	}
	return record
}

// coordinate starts what can start, in the order of declaration, until everything has ended.
func (r *run) coordinate(ctx context.Context) {
	deaths, stop := r.watchSessions()
	defer stop()
	for {
		r.schedule.proceed(ctx)
		r.startReady(ctx)
		r.updateMeetings()
		r.showWaiting()
		r.schedule.rest(ctx)
		if r.active == 0 && r.schedule.more() {
			continue
		}
		if r.active == 0 {
			return
		}
		select {
		case done := <-r.results: // an item always reports: attempt gives up on a body that ignores its end
			r.active--
			r.take(done)
		case <-deaths: // its own items notice by themselves; who waits for it at a barrier must be told
		}
	}
}

// take notes what an item's goroutine reported.
func (r *run) take(done finished) {
	r.states[done.item.index].record = done.record
	if done.abandoned {
		r.held[done.item.session] = done.item
	}
	r.schedule.taken(done.item)
	r.settle(done.item)
}

// startReady starts or settles all items whose turn it is, in one pass: what an item comes after is before it in
// the order.
func (r *run) startReady(ctx context.Context) {
	for _, node := range r.plan.Order() {
		item := r.scenario.items[node]
		if s := &r.states[node]; !s.started && !s.ended && r.turn(item) && r.schedule.open(item) {
			r.start(ctx, item)
		}
	}
}

// turn tells whether everything that the item comes after has ended.
func (r *run) turn(item *Step) bool {
	for _, edge := range r.plan.Dependencies(order.Node(item.index)) {
		if !r.states[edge.On].ended {
			return false
		}
	}
	return true
}

// start runs the item's body, or settles the item if its body must not run.
func (r *run) start(ctx context.Context, item *Step) {
	s := &r.states[item.index]
	if d := r.decide(ctx, item); d.outcome != "" {
		s.record.Outcome, s.blame = d.outcome, d.blame
		s.record.Cause = r.chain(d)
		r.settle(item)
		return
	}
	s.started = true
	s.record.Started = r.journal.stamp() // here, so that items which start together have their numbers in order
	r.active++
	r.board.begins(item, r.live[item.session])
	r.schedule.goes(item)
	record := s.record
	go func() {
		done := r.attempt(ctx, item, record)
		r.schedule.left(item)
		r.results <- done
	}()
}

// settle notes the end of an item.
func (r *run) settle(item *Step) {
	r.states[item.index].ended = true
	r.board.ends(item)
	r.racing.end(item)
}

// showWaiting notes what the sessions that do nothing wait for.
func (r *run) showWaiting() {
	waiting := map[*Session]*Step{}
	for _, node := range r.plan.Order() {
		item := r.scenario.items[node]
		if s := &r.states[node]; s.started || s.ended || waiting[item.session] != nil {
			continue
		}
		if on := r.waitsFor(item); on != nil {
			waiting[item.session] = on
		}
	}
	r.board.waitFor(waiting)
}
