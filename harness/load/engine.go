package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/stats"
)

// ErrStopped is the cause with which a run ends that Options.Stop ended.
var ErrStopped = errors.New("the run was stopped")

// ErrMaxDuration is the cause with which a run ends whose Options.MaxDuration is over. It is no failure.
var ErrMaxDuration = errors.New("the maximum duration of the run is over")

// watchInterval is how often assertions that abort are held against the run.
const watchInterval = 250 * time.Millisecond

// engine is a run.
type engine struct {
	options  Options
	began    time.Time
	stats    *stats.Run
	throttle *throttle // nil: none
	nodes    map[string]*running

	starting context.Context // ends when nobody is to be started any more
	halt     context.CancelCauseFunc
	life     context.Context // of users; ends when they are interrupted
	kill     context.CancelCauseFunc

	mu       sync.Mutex
	states   map[string]State
	problems []string
}

// Run runs scenarios, which start together, and all that come after them. The error is one of the set-up, before
// anything was started; what became of a run is in its result.
func Run(ctx context.Context, o Options, scenarios ...Scenario) (*Result, error) {
	e, tree, err := newEngine(ctx, o, scenarios)
	if err != nil {
		return nil, err
	}
	defer e.kill(nil)
	stopped := e.beside(func(ctx context.Context) {
		select {
		case <-e.options.Stop:
			e.stop(ErrStopped)
		case <-ctx.Done():
		}
	}, e.guard)
	watched := e.watch()
	e.walk(tree)
	e.stats.End(time.Now())
	stopped()
	watched()
	return e.result(), nil
}

func newEngine(ctx context.Context, o Options, scenarios []Scenario) (*engine, profile.Tree, error) {
	err := o.complete()
	e := &engine{options: o, nodes: map[string]*running{}, states: map[string]State{}}
	trees := make([]profile.Scenario, len(scenarios))
	for i, s := range scenarios {
		trees[i] = s.tree()
		for _, one := range s.All() {
			err = errors.Join(err, one.check(&e.options))
			e.nodes[one.Name] = &running{Scenario: one, engine: e, over: make(chan struct{})}
		}
	}
	tree, treeError := profile.SetUp(trees...)
	if err = errors.Join(err, treeError); err != nil {
		return nil, tree, err
	}
	e.began = time.Now()
	if e.stats, err = e.options.newStats(e.began); err != nil {
		return nil, tree, err
	}
	e.throttle = newThrottle(o.Throttle, e.began, e.options.Shard, e.options.Shards)
	e.life, e.kill = context.WithCancelCause(ctx)
	e.starting, e.halt = context.WithCancelCause(e.life)
	return e, tree, e.lay(tree)
}

// lay makes the plans. Scenarios draw their random times from seeds of their own; the first one's is that of the
// run.
func (e *engine) lay(tree profile.Tree) (err error) {
	for i, node := range tree.Nodes() {
		r := e.nodes[node.Name]
		r.seed = e.options.Seed + uint64(i)
		r.plan = node.Profile.Plan(r.seed)
		if e.options.Shards > 1 {
			if r.plan, err = r.plan.Shard(e.options.Shard, e.options.Shards); err != nil {
				return err
			}
		}
		r.stats = e.stats.Scenario(node.Name)
		e.states[node.Name] = Waiting
	}
	return nil
}

// walk runs the tree: whatever may start starts at once.
func (e *engine) walk(tree profile.Tree) {
	if e.options.MaxDuration > 0 {
		timer := time.AfterFunc(e.options.MaxDuration, func() {
			e.halt(fmt.Errorf("%w: %v", ErrMaxDuration, e.options.MaxDuration))
		})
		defer timer.Stop()
	}
	walk, next := tree.Begin()
	ended := make(chan string)
	for going := 0; ; {
		for _, node := range next {
			if e.starting.Err() != nil {
				break // what waits still is not started
			}
			going++
			go e.follow(e.nodes[node.Name], ended)
		}
		if going == 0 {
			return
		}
		name := <-ended
		going--
		next = walk.End(name)
	}
}

// follow runs a scenario.
func (e *engine) follow(r *running, ended chan<- string) {
	r.began = time.Now()
	shard, shards := e.options.Shard, e.options.Shards
	if r.Profile.IsNoShard() {
		shard, shards = 0, 1
	}
	r.throttle = newThrottle(r.Throttle, r.began, shard, shards)
	e.enter(r.Name, Starting)
	r.run()
	e.enter(r.Name, Ended)
	ended <- r.Name
}

func (e *engine) enter(name string, s State) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.states[name] = s
}

// stop lets nobody start any more.
func (e *engine) stop(why error) { e.halt(why) }

func (e *engine) problem(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.problems = append(e.problems, fmt.Sprintf(format, args...))
}

// beside runs functions beside the run; their context ends when end is called, which waits for them.
func (e *engine) beside(functions ...func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.life))
	var all sync.WaitGroup
	for _, f := range functions {
		all.Go(func() { f(ctx) })
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// watch lets those who want to see the run see it.
func (e *engine) watch() (end func()) {
	functions := make([]func(context.Context), len(e.options.Watch))
	for i, f := range e.options.Watch {
		functions[i] = func(ctx context.Context) { f(ctx, &Live{e}) }
	}
	return e.beside(functions...)
}

// guard interrupts the run when an assertion says so.
func (e *engine) guard(ctx context.Context) {
	aborting := false
	for _, a := range e.options.Assertions {
		aborting = aborting || a.CanAbort()
	}
	if !aborting {
		return
	}
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s := e.stats.Snapshot()
		for _, a := range e.options.Assertions {
			if a.Aborts(s) {
				e.kill(&AbortError{a})
				return
			}
		}
	}
}
