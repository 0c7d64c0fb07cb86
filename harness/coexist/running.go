package coexist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sync/vars"
)

// patience is how long a user function may go on after its context has ended, before it is left behind.
const patience = 5 * time.Second

// Why a phase ends.
var (
	errDurationOver = errors.New("the duration is over")
	errGraceOver    = errors.New("the time of the graceful stop is over")
)

// running is a phase that goes on. Users begin no iteration when ending is over, and are interrupted when life is.
type running struct {
	stage
	options  *Options
	vars     vars.Store
	ledger   *ledger
	pool     *browser.Pool
	position string

	life, ending context.Context
	kill, end    context.CancelCauseFunc
	took         time.Duration

	mu       sync.Mutex
	doing    string // before users start
	started  time.Time
	problems []string
	evidence []string
	figures  map[string]*ScenarioStage
}

func newRunning(ctx context.Context, st stage, o *Options, position string) *running {
	r := &running{stage: st, options: o, position: position, ledger: newLedger(), started: time.Now(), figures: map[string]*ScenarioStage{}}
	r.life, r.kill = context.WithCancelCause(data.WithObserver(ctx, r.ledger.draw))
	r.ending, r.end = context.WithCancelCause(r.life)
	for _, s := range st.scenarios {
		r.figures[s.name()] = &ScenarioStage{Name: s.name(), Kind: s.kind(), Users: st.users}
		for n := range st.users {
			r.ledger.join(s.userName(n+1), s.name())
		}
	}
	return r
}

// run returns when all users have ended, or were left behind.
func (r *running) run() {
	defer r.kill(nil)
	defer r.end(nil)
	defer r.stopWhenAsked()()
	crowd, ok := r.openSessions()
	defer r.closeSessions(crowd)
	if !ok {
		return
	}
	began := r.begin()
	timer := time.AfterFunc(r.duration, func() { r.end(errDurationOver) })
	defer timer.Stop()
	ended := make(chan struct{})
	var watching, all sync.WaitGroup
	watching.Go(func() { r.limitGrace(ended) })
	all.Go(r.runVirtual)
	for _, m := range crowd {
		all.Go(func() { r.work(m, crowd) })
	}
	all.Wait()
	r.took = time.Since(began)
	close(ended)
	watching.Wait()
	if r.iterations > 0 && errors.Is(context.Cause(r.ending), errDurationOver) {
		r.problem("the iterations took more than %v (Options.Limit), and were not finished", r.duration)
	}
}

// stopWhenAsked ends the phase in good order when Options.Stop is closed.
func (r *running) stopWhenAsked() (wait func()) {
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-r.options.Stop:
			r.end(errStopped)
		case <-over:
		}
	})
	return func() {
		close(over)
		watching.Wait()
	}
}

// limitGrace interrupts users who do not finish in time once the phase is over.
func (r *running) limitGrace(ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-r.ending.Done():
	}
	timer := time.NewTimer(max(r.options.GracefulStop, 0))
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		r.kill(errGraceOver)
	}
}

// begins tells whether a user has another iteration to do after that many.
func (r *running) begins(done int) bool {
	return r.ending.Err() == nil && (r.iterations == 0 || done < r.iterations)
}

// fails notes a failure. If data ran out and the run is to fail, nobody begins another iteration.
func (r *running) fails(name string, err error) (failure *Failure, first bool) {
	if errors.Is(err, data.ErrFailRun) {
		r.end(err)
	}
	return r.ledger.failed(name, err)
}

func (r *running) problem(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *running) say(doing string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doing = doing
}

// begin is when the users start.
func (r *running) begin() time.Time {
	began := r.ledger.begin()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doing, r.started = "", began
	return began
}

// change changes the figures of a scenario.
func (r *running) change(scenario string, by func(*ScenarioStage)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	by(r.figures[scenario])
}

// result is what became of the phase.
func (r *running) result() *Stage {
	s := &Stage{Phase: r.phase, Took: milliseconds(r.took), Warnings: r.warnings()}
	r.ledger.fill(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Started = r.started
	var refused int64
	for _, scenario := range r.scenarios {
		figures := *r.figures[scenario.name()]
		s.Scenarios = append(s.Scenarios, figures)
		refused += figures.RequestsFailed
		if figures.Interrupted > 0 {
			r.problems = append(r.problems, fmt.Sprintf("%s of %q had not finished when the phase was over and its time to finish, too, and were interrupted",
				counted(figures.Interrupted, "user"), figures.Name))
		}
	}
	if s.Failed == 0 && refused > 0 {
		r.problems = append(r.problems, fmt.Sprintf("%s failed, and the user functions returned no error: which values they were about is not known",
			counted(refused, "request")))
	}
	if s.Iterations == 0 && len(r.problems) == 0 {
		r.problems = append(r.problems, "no iteration has ended, so nothing is proven")
	}
	s.Problems, s.Evidence = slices.Clone(r.problems), slices.Clone(r.evidence)
	s.Passed = s.Failed == 0 && len(s.Problems) == 0 && len(s.RanOut) == 0
	return s
}

// progress is what goes on, in a line.
func (r *running) progress() string {
	ended, failed := r.ledger.sofar()
	r.mu.Lock()
	doing := r.doing
	started := r.started
	r.mu.Unlock()
	if doing != "" {
		return fmt.Sprintf("coexist · %s · %s · %s", r.position, r.stage, doing)
	}
	done := fmt.Sprintf("%d iterations", ended)
	if r.iterations > 0 {
		done = fmt.Sprintf("%d of %d iterations", ended, r.iterations*r.users*len(r.scenarios))
	}
	text := fmt.Sprintf("coexist · %s · %s · %d users · %s, %d failed · %s", r.position, r.stage, r.users*len(r.scenarios), done, failed, span(time.Since(started)))
	if r.iterations == 0 {
		text += " of " + span(r.duration)
	}
	if r.ending.Err() != nil {
		text += " · users finish"
	}
	return text
}

// span is a duration in whole seconds.
func span(d time.Duration) string { return d.Round(time.Second).String() }

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
