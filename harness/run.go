package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/order"
)

// run is one execution of a scenario. One goroutine, the coordinator, decides what starts and owns states;
// each body has a goroutine of its own.
type run struct {
	scenario *Scenario
	harness  *Harness
	plan     *order.Plan
	journal  *journal
	barriers map[*Barrier]*rendezvous
	live     map[*Session]sessions.Session

	// The coordinator's own.
	states  []state
	results chan finished
	active  int

	// doing is what progress shows; guarded by mu.
	mu    sync.Mutex
	doing map[*Session]situation
	ended int
}

// state is what the coordinator knows of an item.
type state struct {
	started bool
	ended   bool
	record  Record
	blame   *Step // the item that kept this one from running
}

// finished is what a body's goroutine reports.
type finished struct {
	item   *Step
	record Record
}

// Run opens fresh sessions and runs the scenario once. It returns when everything that it started has ended.
// A scenario that is not valid is refused before anything starts. The sessions of the run stay open until the
// next run or the end of the test.
func (sc *Scenario) Run(ctx context.Context) *Result {
	sc.harness.t.Helper()
	result := sc.run(ctx)
	sc.harness.report(result)
	return result
}

func (sc *Scenario) run(ctx context.Context) *Result {
	result := &Result{
		Schema: ResultSchema, Scenario: sc.name, Place: sc.place.String(), Outcome: Errored,
		Started: time.Now(), Seed: sc.harness.seed,
	}
	plan, err := sc.plan()
	if err != nil {
		result.refused = err
		result.Problems = []string{err.Error()}
		return result
	}
	r := &run{
		scenario: sc, harness: sc.harness, plan: plan, journal: newJournal(),
		barriers: map[*Barrier]*rendezvous{}, live: map[*Session]sessions.Session{},
		states: make([]state, len(sc.items)), results: make(chan finished, len(sc.items)),
		doing: map[*Session]situation{},
	}
	if err := sc.harness.begin(r); err != nil {
		result.refused = err
		result.Problems = []string{err.Error()}
		return result
	}
	defer sc.harness.end()
	r.execute(ctx, result)
	result.Took = time.Since(result.Started)
	return result
}

func (r *run) execute(ctx context.Context, result *Result) {
	for _, b := range r.scenario.barriers {
		meeting, err := r.scenario.rendezvous(b)
		if err != nil {
			result.refused = err
			return
		}
		r.barriers[b] = meeting
	}
	for _, item := range r.scenario.items {
		r.states[item.index].record = r.blank(item)
	}
	stopProgress := r.showProgress()
	defer stopProgress()

	result.Driver = r.harness.options.driver.Name()
	result.Sessions = r.sessionInfo()
	if err := r.openSessions(ctx); err != nil {
		r.failAll(ctx, err)
		result.Problems = append(result.Problems, err.Error())
	} else {
		r.coordinate(ctx)
	}
	for _, s := range r.states {
		result.Records = append(result.Records, s.record)
	}
	result.Outcome = verdict(result)
	r.gather(ctx, result)
}

func (r *run) blank(item *Step) Record {
	record := Record{
		Kind: item.kind, Name: item.name, Session: item.session.Name(), Tenant: item.session.tenant,
		Place: item.place.String(),
	}
	if item.of != nil {
		record.Of = item.of.name
	}
	return record
}

// used lists the sessions of the scenario in the order of their declaration.
func (r *run) used() []*Session {
	var used []*Session
	for _, s := range r.harness.declared() {
		if slices.ContainsFunc(r.scenario.items, func(item *Step) bool { return item.session == s }) {
			used = append(used, s)
		}
	}
	return used
}

func (r *run) sessionInfo() []SessionInfo {
	var infos []SessionInfo
	for _, s := range r.used() {
		infos = append(infos, SessionInfo{Name: s.Name(), Tenant: s.tenant, Kind: s.kind})
	}
	return infos
}

// openSessions closes those of the last run and opens all of this one at the same time.
func (r *run) openSessions(ctx context.Context) error {
	if err := r.harness.closeSessions(ctx); err != nil {
		r.harness.t.Logf("lockstep: closing the sessions of the last run: %v", err)
	}
	type opened struct {
		declared *Session
		session  sessions.Session
		err      error
	}
	used := r.used()
	answers := make(chan opened, len(used))
	for _, s := range used {
		r.setSituation(s, "opening")
		go func() {
			session, err := r.harness.open(ctx, s)
			answers <- opened{s, session, err}
		}()
	}
	var errs []error
	for range used {
		answer := <-answers
		if answer.err != nil {
			errs = append(errs, answer.err)
			continue
		}
		r.live[answer.declared] = answer.session
		r.setSituation(answer.declared, "")
	}
	r.harness.mu.Lock()
	r.harness.live = r.live
	r.harness.mu.Unlock()
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return r.checkIsolation(ctx)
}

// checkIsolation proves once for each harness that its browser sessions share nothing.
func (r *run) checkIsolation(ctx context.Context) error {
	var browsers []*sessions.Browser
	for _, s := range r.used() {
		if b, ok := r.live[s].(*sessions.Browser); ok {
			browsers = append(browsers, b)
		}
	}
	if r.harness.isolated || len(browsers) < 2 {
		return nil
	}
	if err := sessions.CheckIsolation(ctx, browsers); err != nil {
		return err
	}
	r.harness.isolated = true
	return nil
}

// failAll ends all items because the sessions could not be opened.
func (r *run) failAll(ctx context.Context, err error) {
	outcome := Errored
	if ctx.Err() != nil {
		outcome = Aborted
	}
	for i := range r.states {
		r.states[i].record.Outcome = outcome
		r.states[i].record.Cause = []string{"the sessions could not be opened: " + err.Error()}
		r.states[i].ended = true
	}
}

// coordinate starts what can start, in the order of declaration, until everything has ended.
func (r *run) coordinate(ctx context.Context) {
	for {
		r.startReady(ctx)
		if r.active == 0 {
			return
		}
		done := <-r.results // a body always ends: its context does, and attempt gives up on one that ignores it
		r.active--
		r.states[done.item.index].record = done.record
		r.settle(done.item)
	}
}

// startReady starts or settles all items whose turn it is. Settling one can make it the turn of another.
func (r *run) startReady(ctx context.Context) {
	for again := true; again; {
		again = false
		for _, node := range r.plan.Order() {
			item := r.scenario.items[node]
			if s := &r.states[item.index]; s.started || s.ended || !r.turn(item) {
				continue
			}
			again = r.start(ctx, item) || again
		}
	}
}

// turn tells whether everything that the item comes after has ended.
func (r *run) turn(item *Step) bool {
	return !slices.ContainsFunc(r.plan.Dependencies(order.Node(item.index)), func(e order.Edge) bool {
		return !r.states[e.On].ended
	})
}

// start runs the item's body, or settles the item if its body must not run; it tells which.
func (r *run) start(ctx context.Context, item *Step) (settled bool) {
	s := &r.states[item.index]
	if d := r.decide(ctx, item); d.outcome != "" {
		s.record.Outcome, s.blame = d.outcome, d.blame
		s.record.Cause = r.chain(d)
		r.settle(item)
		return true
	}
	s.started = true
	r.active++
	record := s.record
	go func() { r.results <- finished{item, r.attempt(ctx, item, record)} }()
	return false
}

// settle notes the end of an item.
func (r *run) settle(item *Step) {
	s := &r.states[item.index]
	s.ended = true
	r.leave(item, s.record.Outcome)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended++
	delete(r.doing, item.session)
}

// verdict is the outcome of the whole scenario: the gravest of its parts.
func verdict(result *Result) Outcome {
	outcome := Passed
	gravity := []Outcome{Passed, Skipped, Blocked, TimedOut, Failed, Errored, Aborted}
	for _, record := range result.Records {
		if slices.Index(gravity, record.Outcome) > slices.Index(gravity, outcome) {
			outcome = record.Outcome
		}
	}
	switch outcome {
	case Skipped, Blocked, TimedOut: // words for parts; the whole failed
		return Failed
	}
	return outcome
}

// session is the live session of a declared one.
func (r *run) session(s *Session) sessions.Session { return r.live[s] }

var errIgnoredEnd = fmt.Errorf("the body did not return %v after its context had ended; pass ctx to everything that waits", bodyGrace)
