package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/report"
)

// Server runs scenarios for callers, and keeps what became of them.
//
// A run is in one of these places, and a caller finds it in each:
//
//	place       from                              until
//	----------  --------------------------------  -----------------------------------------------
//	active      its id is its own                 it has ended and is written down
//	database    its id is its own                 newer ones or its age push it out
type Server struct {
	options   Options
	scenarios map[string]Scenario
	store     *store
	streams   chan struct{} // a place for each stream of events
	large     chan struct{} // a place for each large body that is read

	life context.Context // of runs; ends when they are interrupted
	kill context.CancelCauseFunc
	runs sync.WaitGroup

	mu      sync.Mutex
	active  map[string]*running
	stopped bool
}

// errEnded is the cause with which runs are interrupted when the service ends.
var errEnded = errors.New("the service ended, and the run did not finish in the time that it had")

// New opens the database and marks runs that a service before this one left unfinished. Errors wrap
// sessions.ErrInvalidOption, or are those of the database. Who made it closes it.
func New(ctx context.Context, o Options) (*Server, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	scenarios, err := catalogue(append(builtIn(), o.Scenarios...))
	if err != nil {
		return nil, err
	}
	db, err := openStore(ctx, o.Database)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, scenarios: scenarios, store: db, streams: make(chan struct{}, o.Limits.Streams), large: make(chan struct{}, largeBodies), active: map[string]*running{}}
	if err := s.recover(ctx); err != nil {
		return nil, errors.Join(err, db.close())
	}
	s.life, s.kill = context.WithCancelCause(context.WithoutCancel(ctx))
	return s, nil
}

// recover marks runs that a service before this one left unfinished.
func (s *Server) recover(ctx context.Context) error {
	ids, err := s.store.unfinished(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		r, err := s.store.run(ctx, id)
		if err != nil {
			return err
		}
		rep, err := s.store.report(ctx, id)
		if err != nil {
			return err
		}
		now := time.Now().UTC()
		r.State, r.Ended = Aborted, &now
		r.Cause = "the service ended without warning while the run was in progress; what is told of it was written down last before that"
		if rep != nil {
			rep.Passed, rep.Problems = false, append(rep.Problems, r.Cause)
		}
		if err := s.store.update(ctx, r, rep); err != nil {
			return err
		}
	}
	return s.prune(ctx)
}

func (s *Server) prune(ctx context.Context) error {
	return s.store.prune(ctx, s.options.Limits.Keep, time.Now().Add(-s.options.Limits.KeepFor))
}

// Start begins a run and returns it. The context limits the call, not the run. Errors wrap ErrInvalid (all that is
// wrong is told at once), ErrUnknownScenario, ErrExists, ErrTooMany or ErrEnding.
func (s *Server) Start(ctx context.Context, start Start) (*Run, error) {
	scenario, known := s.scenarios[start.Scenario]
	if !known {
		return nil, fmt.Errorf("%w: %w", ErrUnknownScenario, wrong("scenario", "%q is not registered; there are %s", start.Scenario, s.names()))
	}
	if start.ID != "" && !runID.MatchString(start.ID) {
		return nil, unfit(wrong("id", "want up to 64 letters, digits, dots, dashes and underscores, the first a letter or a digit"))
	}
	set(&start.ID, newID())
	set(&start.Seed, newSeed())
	variables, err := start.variables(ctx)
	if err != nil {
		return nil, unfit(err)
	}
	life, kill := context.WithCancelCause(s.life)
	stop, halt := context.WithCancel(context.WithoutCancel(life)) // apart: what interrupts a run does not stop it in good order
	r := &running{id: start.ID, vars: variables, kill: kill, halt: halt, stop: stop.Done(), ready: make(chan struct{}), done: make(chan struct{}), base: Run{
		RunSummary: RunSummary{ID: start.ID, Scenario: start.Scenario, State: Running, Started: time.Now().UTC()},
		Seed:       start.Seed, Params: publicParams(start.Params), Vars: public(start.Vars),
		FirstFailures: []ExecutionFailure{}, Failures: []report.Failure{}, Assertions: []report.Assertion{}, Problems: []string{}, Buckets: []report.Moment{}, Files: []string{},
	}}
	if err := s.enter(ctx, r); err != nil {
		kill(nil)
		return nil, err
	}
	return s.begin(ctx, life, r, scenario, start)
}

// enter takes a place for a run, and its id.
func (s *Server) enter(ctx context.Context, r *running) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return ErrEnding
	}
	if s.active[r.id] != nil {
		return fmt.Errorf("%w: %q", ErrExists, r.id)
	}
	if going, _ := s.going(ctx); going >= s.options.Limits.Runs {
		return fmt.Errorf("%w: %d runs are in progress, which is the limit", ErrTooMany, going)
	}
	if err := s.store.insert(ctx, &r.base); err != nil {
		return err
	}
	s.active[r.id] = r
	s.runs.Add(1)
	return nil
}

// going counts runs in progress. Those that have ended and could not be written down are written now; err says which still
// cannot be.
func (s *Server) going(ctx context.Context) (n int, err error) {
	for id, r := range s.active {
		run, rep := r.settled()
		if run == nil {
			n++
			continue
		}
		if failed := s.store.update(context.WithoutCancel(ctx), run, rep); failed != nil {
			err = errors.Join(err, fmt.Errorf("the result of run %q could not be written down: %w", id, failed))
			continue
		}
		delete(s.active, id)
	}
	return n, err
}

// begin prepares a run that has its place, and lets it loose.
func (s *Server) begin(ctx, life context.Context, r *running, scenario Scenario, start Start) (*Run, error) {
	prepared, err := scenario.prepare(life, start.Params)
	if err != nil {
		return nil, errors.Join(unfit(err), s.refuse(ctx, r, prepared))
	}
	options, scenarios, err := start.load(&s.options, prepared)
	if err != nil {
		return nil, errors.Join(unfit(err), s.refuse(ctx, r, prepared))
	}
	r.describe(profileText(scenarios), prepared.Notes)
	options.Seed, options.Stop = start.Seed, r.stop
	failed := make(chan error, 1)
	go s.follow(life, r, prepared, failed, func() (*load.Result, error) { return r.execute(life, options, scenarios, s.checkpoint) })
	select {
	case <-r.ready:
	case err := <-failed:
		return nil, unfit(err)
	}
	run, _ := r.view(context.WithoutCancel(ctx))
	return run, nil
}

// refuse takes back a run that does not fit.
func (s *Server) refuse(ctx context.Context, r *running, prepared Prepared) error {
	defer close(r.done)
	defer s.leave(r)
	return errors.Join(prepared.end(), s.store.remove(context.WithoutCancel(ctx), r.id))
}

// leave gives the place of a run back.
func (s *Server) leave(r *running) {
	s.mu.Lock()
	delete(s.active, r.id)
	s.mu.Unlock()
	r.kill(nil)
	s.runs.Done()
}

// follow sees a run through: executes it, closes what it had, writes it down.
func (s *Server) follow(life context.Context, r *running, prepared Prepared, failed chan<- error, execute func() (*load.Result, error)) {
	ctx := context.WithoutCancel(life)
	result, err := execute()
	select {
	case <-r.ready:
	default:
		failed <- errors.Join(err, s.refuse(ctx, r, prepared))
		return
	}
	run, rep := r.end(ctx, result, err)
	if err := prepared.end(); err != nil {
		run.Problems = append(run.Problems, hidden(fmt.Sprintf("at the end of the run: %v", err)))
	}
	s.finish(ctx, r, run, rep)
}

// finish writes a run down. What cannot be written stays in memory: no result is lost while the service is there.
func (s *Server) finish(ctx context.Context, r *running, run *Run, rep *report.Report) {
	if err := s.store.update(ctx, run, rep); err != nil {
		run.Problems = append(run.Problems, fmt.Sprintf("it is kept in memory alone: %v", err))
		r.settle(run, rep)
		r.kill(nil)
		s.runs.Done()
		return
	}
	s.leave(r) // first: who waits for the end may start the next
	r.settle(run, rep)
	_ = s.prune(ctx) // the next one tries again
}

// checkpoint writes a run down that goes on; one that cannot be written is written at the next.
func (s *Server) checkpoint(run *Run, rep *report.Report) {
	_ = s.store.update(context.Background(), run, rep)
}

// Run returns what is known of a run. It changes nothing.
func (s *Server) Run(ctx context.Context, id string) (*Run, error) {
	if r := s.find(id); r != nil {
		run, _ := r.view(ctx)
		return run, nil
	}
	return s.store.run(ctx, id)
}

func (s *Server) find(id string) *running {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active[id]
}

// Runs are the latest, as many as asked for: of all, or of those that started before the run of an id, unless it is empty.
func (s *Server) Runs(ctx context.Context, limit int, before string) ([]RunSummary, error) {
	list, err := s.store.list(ctx, limit, before)
	for i := range list {
		if r := s.find(list[i].ID); r != nil {
			run, _ := r.view(ctx)
			list[i] = run.RunSummary
		}
	}
	return list, err
}

var runID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// newID sorts by time, and nobody guesses the next.
func newID() string { return time.Now().UTC().Format("20060102-150405.000-") + rand.Text()[:6] }

// newSeed is what the load would draw; it is told while the run goes on.
func newSeed() uint64 { return uint64(mathrand.Uint32()) }

func (s *Server) names() string { return strings.Join(slices.Sorted(maps.Keys(s.scenarios)), ", ") }
