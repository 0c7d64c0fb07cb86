package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// IsolationVerdict is what becomes of a failure at a transaction isolation level: of its schedule, and, if that is not wrong there, of
// others.
type IsolationVerdict struct {
	// Level is the default of all connections: "read committed", "repeatable read", "serializable". A transaction that names
	// a level of its own keeps that.
	Level string `json:"level"`
	// Verdict is "still wrong", "refused" (the database broke a transaction off, by a serialization failure or a deadlock), or
	// "silent".
	Verdict string `json:"verdict"`
	// Detail names what was refused, with the SQLSTATE; empty for nothing.
	Detail string `json:"detail,omitempty"`
	// Orders is how many other orders were tried at this level; All says that these were all that can differ.
	Orders int  `json:"orders,omitempty"`
	All    bool `json:"all,omitempty"`
	// Stopped is why there were not more; empty if the limit of them, or of their time, was reached.
	Stopped string `json:"stopped,omitempty"`
}

const (
	stillWrong = "still wrong"
	refused    = "refused"
	silent     = "silent"
	notKnown   = "not known"
)

// How long other orders are tried at a level at which the schedule itself is not wrong.
const (
	levelOrders = 200
	levelTime   = 3 * time.Second
)

// isolationLevels are those that PostgreSQL has; its "read uncommitted" is "read committed".
var isolationLevels = []string{"read committed", "repeatable read", "serializable"}

// levels runs a failing schedule again at each isolation level.
func (e *exploration) levels(ctx context.Context, failure *ExploreFailure, failed schedule.Outcome, t schedule.Trace) (err error) {
	if e.database == nil || e.replays < 0 {
		return nil
	}
	level := e.database.Level()
	defer func() { err = errors.Join(err, e.database.Isolation(level)) }()
	for _, level := range isolationLevels {
		e.show.set(fmt.Sprintf("exploring %q: the failure at isolation level %s", e.scenario.name, level))
		if err := e.database.Isolation(level); err != nil {
			return err
		}
		outcome, err := e.execute(ctx, inspiredBy(t.Schedule()))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		v := IsolationVerdict{Level: level}
		v.Verdict, v.Detail = e.verdict(failed, outcome, err)
		if v.Verdict == refused || v.Verdict == silent {
			e.others(ctx, failed, &v)
		}
		failure.Isolation = append(failure.Isolation, v)
	}
	return nil
}

// others tries other orders: a transaction that is refused in one may do harm in another.
func (e *exploration) others(ctx context.Context, failed schedule.Outcome, v *IsolationVerdict) {
	budget := schedule.Budget{Schedules: levelOrders, Time: levelTime, Failures: 1}
	report, err := schedule.Explore(ctx, schedule.Exhaustive(e.independent), budget, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		outcome, err := e.execute(ctx, c)
		if verdict, _ := e.verdict(failed, outcome, nil); verdict != stillWrong {
			outcome.Failure = nil
		}
		return outcome, err
	})
	v.Orders, v.All = report.Schedules, report.Complete && err == nil
	if err != nil && ctx.Err() == nil {
		v.Stopped, _, _ = strings.Cut(err.Error(), "\n")
	}
	if len(report.Failures) > 0 {
		v.Verdict, v.Detail = stillWrong, "in another order"
	}
}

func (e *exploration) verdict(failed, now schedule.Outcome, err error) (verdict, detail string) {
	broken := strings.Join(e.last.statements.refused(), "; ")
	switch {
	case err != nil:
		return notKnown, err.Error()
	case e.breaksPromise(now.Failure):
		return stillWrong, broken
	case broken != "":
		return refused, broken
	case alike(failed.Failure, now.Failure):
		return stillWrong, ""
	}
	return silent, ""
}

// breaksPromise tells whether an invariant did not hold: then it is wrong, whatever was refused.
func (e *exploration) breaksPromise(failure error) bool {
	found, ok := errors.AsType[*wrongs](failure)
	return ok && slices.ContainsFunc(e.invariants, func(i invariant) bool { return slices.Contains(found.marks, i.promise) })
}

// inspiredBy releases points in the order of the schedule as far as they come. What else comes, which happens where a
// transaction was broken off, comes last.
func inspiredBy(s schedule.Schedule) schedule.Chooser {
	rank := func(p schedule.Pending) int {
		if i := slices.Index(s, p.Point); i >= 0 {
			return i
		}
		return len(s)
	}
	return schedule.ChooserFunc(func(pending []schedule.Pending) (int, error) {
		best := 0
		for i := range pending {
			if rank(pending[i]) < rank(pending[best]) {
				best = i
			}
		}
		return best, nil
	})
}

func (v IsolationVerdict) String() string {
	text := v.Level + ": " + v.Verdict
	if v.Detail != "" {
		text += " (" + v.Detail + ")"
	}
	switch {
	case v.Orders == 0 || v.Verdict == stillWrong:
	case v.All && v.Orders == 1:
		text += "; nothing is wrong in the only order"
	case v.All:
		text += fmt.Sprintf("; nothing is wrong in all %s", counted(v.Orders, "order"))
	default:
		text += fmt.Sprintf("; nothing is wrong in %s", counted(v.Orders, "order"))
	}
	if v.Stopped != "" {
		text += "; then it stopped: " + v.Stopped
	}
	return text
}
