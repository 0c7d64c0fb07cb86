package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/report"
	"github.com/seed49090845/lockstep/sync/vars"
)

const (
	// firstFailures is how many failed executions are kept one by one.
	firstFailures = 20
	// checkpointInterval is how often a run in progress is written down.
	checkpointInterval = 2 * time.Second
)

// viewAge is how old an answer may be: however many ask, a run is looked at no more often.
const viewAge = 100 * time.Millisecond

// errCancelled is the cause with which a run ends that was cancelled.
var errCancelled = errors.New("the run was cancelled")

// running is a run in progress, and for a moment after it has ended.
type running struct {
	id    string
	vars  *vars.Memory
	kill  context.CancelCauseFunc
	halt  context.CancelFunc // nobody is started any more, and users may finish
	stop  <-chan struct{}    // closed by halt
	ready chan struct{}      // closed when the load goes on
	done  chan struct{}      // closed when final is there, or when the run was refused after all

	telling sync.Mutex // of one at a time; before mu
	told    *Run       // what was told last
	toldOf  *report.Report
	toldAt  time.Time

	mu     sync.Mutex
	base   Run // what was known before anything was measured
	live   *load.Live
	first  []ExecutionFailure
	cancel *int64 // executions that were interrupted before the run was cancelled; nil: it was not
	final  *Run
	report *report.Report
}

// execute lets the load loose, and returns when all has ended.
func (r *running) execute(ctx context.Context, options load.Options, scenarios []load.Scenario, checkpoint func(*Run, *report.Report)) (result *load.Result, err error) {
	defer func() {
		if value := recover(); value != nil {
			result, err = nil, fmt.Errorf("the run panicked: %v", value)
		}
	}()
	options.Vars = r.vars
	options.Failed = r.failed
	options.Watch = append(options.Watch, func(ctx context.Context, live *load.Live) {
		r.mu.Lock()
		r.live = live
		r.mu.Unlock()
		close(r.ready)
		ticker := time.NewTicker(checkpointInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				checkpoint(r.view(context.WithoutCancel(ctx)))
			}
		}
	})
	return load.Run(ctx, options, scenarios...)
}

// failed keeps the first failures.
func (r *running) failed(user string, at time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.first) < firstFailures {
		r.first = append(r.first, ExecutionFailure{AtMS: milliseconds(at), User: user, Message: hidden(strings.TrimPrefix(err.Error(), user+": "))})
	}
}

// end makes the last of what is told of a run; nothing is told of it yet.
func (r *running) end(ctx context.Context, result *load.Result, broken error) (run *Run, rep *report.Report) {
	_ = r.vars.End(ctx) // it has no errors in memory
	if broken == nil {
		run, rep = r.tell(ctx, result)
		run.State, run.Cause = verdict(result, r.isCancelled())
	} else {
		run, rep = r.look(ctx)
		run.State, run.Cause = Errored, hidden(broken.Error())
	}
	now := run.Started.Add(time.Since(run.Started)) // by the monotonic clock: no run ends before it began
	run.Ended = &now
	return run, rep
}

// settle tells what became of it, which does not change from now on.
func (r *running) settle(run *Run, rep *report.Report) {
	r.mu.Lock()
	r.final, r.report = run, rep
	r.mu.Unlock()
	close(r.done)
}

// settled is what became of it, nil as long as that is not known.
func (r *running) settled() (*Run, *report.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.final, r.report
}

// verdict is what a result is, and why.
func verdict(result *load.Result, cancelled bool) (State, string) {
	err := result.Err()
	_, aborted := errors.AsType[*load.AbortError](result.Ended)
	switch {
	case err == nil:
		return Passed, ""
	case errors.Is(result.Ended, errCancelled), cancelled && errors.Is(result.Ended, load.ErrStopped):
		return Cancelled, errCancelled.Error()
	case aborted, result.Ended != nil && !errors.Is(result.Ended, load.ErrMaxDuration):
		return Aborted, hidden(result.Ended.Error())
	}
	return Failed, hidden(err.Error())
}

func (r *running) isCancelled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cancel != nil
}

// abort has the run cancelled, which interrupts its executions, or lets them finish.
func (r *running) abort(graceful bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel == nil {
		var before int64
		if r.live != nil {
			before = r.live.Snapshot().Users.Interrupted
		}
		r.cancel = &before
	}
	if graceful {
		r.halt()
	} else {
		r.kill(errCancelled)
	}
}

// view is what is known now, or was a moment ago. Callers share it and do not change it.
func (r *running) view(ctx context.Context) (*Run, *report.Report) {
	if final, rep := r.settled(); final != nil {
		return final, rep
	}
	r.telling.Lock()
	defer r.telling.Unlock()
	if r.told == nil || time.Since(r.toldAt) > viewAge {
		r.told, r.toldOf = r.look(ctx)
		r.toldAt = time.Now()
	}
	return r.told, r.toldOf
}

// look is what is known now.
func (r *running) look(ctx context.Context) (*Run, *report.Report) {
	r.mu.Lock()
	final, rep, live := r.final, r.report, r.live
	r.mu.Unlock()
	if final != nil {
		return final, rep
	}
	if live == nil {
		run := r.known()
		return &run, nil
	}
	return r.tell(ctx, &load.Result{Snapshot: live.Snapshot(), Seed: r.known().Seed})
}

// known is what was known before anything was measured.
func (r *running) known() Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.base
}

// describe adds what is known when the run has been prepared.
func (r *running) describe(profile string, notes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.base.Profile = profile
	for _, note := range notes {
		r.base.Problems = append(r.base.Problems, hidden(note))
	}
}

// tell makes the wire's form of a result, whole or so far.
func (r *running) tell(ctx context.Context, result *load.Result) (*Run, *report.Report) {
	for i := range result.UserFailures {
		result.UserFailures[i].Message = hidden(result.UserFailures[i].Message)
	}
	run := r.known()
	rep := report.New(run.ID, result)
	for i := range rep.Failures {
		rep.Failures[i].Message = hidden(rep.Failures[i].Message)
	}
	run.Statistics, run.Failures, run.Assertions, run.Buckets = rep.Summary, rep.Failures, rep.Assertions, rep.Timeline
	run.Problems = append(slices.Clip(run.Problems), rep.Problems...)
	snapshot, err := r.vars.Snapshot(ctx)
	if err != nil {
		run.Problems = append(run.Problems, fmt.Sprintf("the run variables could not be read: %v", err))
	}
	run.Vars, run.VarsRevision = public(snapshot.Vars), snapshot.Revision
	run.Files = fileNames
	r.mu.Lock()
	defer r.mu.Unlock()
	run.FirstFailures = append(run.FirstFailures, r.first...)
	users := result.Users
	run.Counts = Counts{Started: users.Started, Passed: users.Passed, Failed: users.Failed, Aborted: users.Interrupted}
	if r.cancel != nil {
		run.Counts.Aborted = min(*r.cancel, users.Interrupted)
		run.Counts.Cancelled = users.Interrupted - run.Counts.Aborted
	}
	run.Counts.Finished = run.Counts.Passed + run.Counts.Failed + run.Counts.Aborted
	return &run, rep
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}
