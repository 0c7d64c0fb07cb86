package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/minimise"
)

// wrongs are what is wrong with one execution.
type wrongs struct {
	texts []string
	// marks tell what it is, whatever the details: a step that did not pass, an invariant that does not hold.
	marks []string
}

func (w *wrongs) Error() string { return strings.Join(w.texts, "\n") }

func (w *wrongs) add(mark, text string) {
	w.marks, w.texts = append(w.marks, mark), append(w.texts, text)
}

// alike tells whether two executions have something wrong in common.
func alike(a, b error) bool {
	one, ok := errors.AsType[*wrongs](a)
	other, too := errors.AsType[*wrongs](b)
	return ok && too && slices.ContainsFunc(one.marks, func(mark string) bool { return slices.Contains(other.marks, mark) })
}

// execute runs the scenario once, in the order that the chooser says.
func (e *exploration) execute(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
	e.executions++
	for _, do := range e.before {
		if err := do(ctx, e.executions); err != nil {
			return schedule.Outcome{}, fmt.Errorf("before schedule %d: %w", e.executions, err)
		}
	}
	limited, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer e.closeLast(ctx)()
	e.last = e.newScheduling(c, stop)
	result := e.scenario.runUnder(limited, nil, e.last)
	if err := e.last.problem(ctx, result); err != nil {
		return schedule.Outcome{}, err
	}
	return e.judge(ctx, result)
}

// closeLast closes the sessions of the execution before while those of the next are opened.
func (e *exploration) closeLast(ctx context.Context) (wait func()) {
	h := e.harness
	h.mu.Lock()
	live := h.live
	h.live = map[*Session]sessions.Session{}
	h.mu.Unlock()
	closed := make(chan error, 1)
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	go func() { closed <- each(live, func(s sessions.Session) error { return s.Close(limited) }) }()
	return func() {
		defer cancel()
		if err := <-closed; err != nil {
			h.t.Logf("lockstep: closing the sessions of the schedule before: %v", err)
		}
	}
}

// problem tells why an execution does not count; nil if it does.
func (s *scheduling) problem(ctx context.Context, result *Result) error {
	switch {
	case result.refused != nil:
		return result.refused
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case result.broken != nil:
		return result.broken
	}
	for i, record := range result.Records {
		if s.counts[i] == prelude && record.Outcome != Passed {
			return fmt.Errorf("what comes before the first point did not pass: %s", strings.Join(firstTrouble(result), ""))
		}
	}
	for _, u := range s.users {
		if err := u.live.Err(); err != nil {
			return err
		}
	}
	if s.err == nil || deadlock(s.err) {
		return nil
	}
	if stuck, ok := errors.AsType[*schedule.StuckError](s.err); ok {
		return fmt.Errorf("%w\n%s", stuck, s.where)
	}
	return s.err
}

// judge finds what is wrong with an execution that came to its end.
func (e *exploration) judge(ctx context.Context, result *Result) (schedule.Outcome, error) {
	found := &wrongs{}
	if e.last.err != nil {
		found.add("deadlock", e.last.err.Error())
	}
	for _, record := range result.causes() {
		found.add(record.Session+": "+record.Name, fmt.Sprintf("%s: %s %q %s: %s", record.Session, record.Kind, record.Name, record.Outcome, strings.Join(record.Cause, "; ")))
	}
	for _, i := range e.invariants {
		if err := i.check(ctx); err != nil {
			found.add(i.promise, fmt.Sprintf("%s: %v", i.promise, err))
		}
	}
	outcome := schedule.Outcome{Events: e.last.history(result)}
	if ctx.Err() != nil { // then nobody knows what they would have said
		return outcome, context.Cause(ctx)
	}
	if len(found.texts) > 0 {
		outcome.Failure = found
	}
	if e.stored != nil {
		state, err := e.stored(ctx)
		if err != nil {
			return outcome, fmt.Errorf("describing what is stored: %w", err)
		}
		outcome.State = state
	}
	return outcome, nil
}

// history is what happened, with what became of it.
func (s *scheduling) history(result *Result) []schedule.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := slices.Clone(s.events)
	for i := range events {
		if events[i].Point != (schedule.Point{}) {
			events[i].Note = s.becameOf(events[i].Point)
		}
	}
	for _, record := range result.causes() {
		events = append(events, schedule.Event{Session: record.Session, Note: fmt.Sprintf("%s %q %s", record.Kind, record.Name, record.Outcome)})
	}
	return events
}

// becameOf is the status of a request, at its last point.
func (s *scheduling) becameOf(p schedule.Point) string {
	kind := kindOfPoint(p.What)
	if kind == pointStatement {
		return s.statements.becameOf(s.named(p.Session), p)
	}
	last := pointRequest
	if s.at(Responses) {
		last = pointResponse
	}
	if kind != last {
		return ""
	}
	if u := s.named(p.Session); u.gateway != nil {
		return u.status(strings.TrimPrefix(p.What, responseWord), p.Nth)
	}
	return ""
}

// named is the user of a name.
func (s *scheduling) named(session string) *user {
	return s.users[slices.IndexFunc(s.users, func(u *user) bool { return u.session.Name() == session })]
}

// status is that of the response to the n-th request of a name.
func (u *user) status(what string, nth int) string {
	u.mu.Lock()
	numbers := u.numbers[what]
	u.mu.Unlock()
	if nth > len(numbers) {
		return ""
	}
	for _, x := range u.gateway.Record() {
		if x.Number != numbers[nth-1] {
			continue
		}
		if x.Status == 0 {
			return "no response"
		}
		return fmt.Sprint(x.Status)
	}
	return ""
}

// explain minimises a failure, replays what is left of it, and keeps it.
func (e *exploration) explain(ctx context.Context, i int, f schedule.Failure) error {
	failure := &e.result.Failures[i]
	trace, outcome := f.Trace, f.Outcome
	if e.replays >= 0 {
		e.show.set(fmt.Sprintf("exploring %q: minimising the failure of schedule %d", e.scenario.name, f.Number))
		least, err := minimise.Trace(ctx, f.Trace, e.executeWithout, minimise.Options{
			Independent: e.independent, Replays: e.replays, Parts: e.parts(),
			Same: func(o schedule.Outcome) bool { return alike(o.Failure, f.Outcome.Failure) },
		})
		switch {
		case errors.Is(err, minimise.ErrNotReproduced):
			failure.Unstable = err.Error()
		case err != nil:
			return err
		default:
			failure.minimal(least)
			failure.LeftOut, failure.gone = e.without(least.Dropped)
			trace, outcome, failure.reduced = least.Trace, least.Outcome, least.Reduced.Events
		}
	}
	failure.describe(trace, outcome)
	if e.prefixes > 0 {
		fate, err := schedule.Inevitable(ctx, trace.Schedule(), e.prefixes, uint64(e.seed), e.execute) //nolint:gosec // any number is a seed
		if err != nil {
			return err
		}
		failure.Fate = fate.String()
	}
	if err := e.levels(ctx, failure, outcome, trace); err != nil {
		return err
	}
	return e.confirm(ctx, failure, trace)
}

// confirm replays a failure once more, and takes evidence of it.
func (e *exploration) confirm(ctx context.Context, failure *ExploreFailure, t schedule.Trace) error {
	outcome, err := e.execute(ctx, schedule.Follow(t.Schedule()))
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		failure.Unstable = "it could not be replayed: " + err.Error()
	case outcome.Failure == nil:
		failure.Unstable = "the last replay of it passed"
	default:
		failure.describe(t, outcome)
	}
	return e.keep(ctx, failure)
}

// repeat looks for what differs when the same schedule is run again.
func (e *exploration) repeat(ctx context.Context) error {
	difference, err := schedule.Repeat(ctx, nil, 1, e.execute)
	if err != nil {
		return err
	}
	if difference != nil {
		e.result.Nondeterminism = difference.String()
	}
	return nil
}
