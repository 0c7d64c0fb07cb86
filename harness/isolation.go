package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// IsolationVerdict is what becomes of a failing schedule at a transaction isolation level.
type IsolationVerdict struct {
	// Level is the default of all connections: "read committed", "repeatable read", "serializable". A transaction that names
	// a level of its own keeps that.
	Level string `json:"level"`
	// Verdict is "still wrong", "refused" (the database broke a transaction off, by a serialization failure or a deadlock), or
	// "silent".
	Verdict string `json:"verdict"`
	// Detail names what was refused, with the SQLSTATE; empty for nothing.
	Detail string `json:"detail,omitempty"`
}

// isolationLevels are those that PostgreSQL has; its "read uncommitted" is "read committed".
var isolationLevels = []string{"read committed", "repeatable read", "serializable"}

// levels runs a failing schedule again at each isolation level.
func (e *exploration) levels(ctx context.Context, failure *ExploreFailure, failed schedule.Outcome, t schedule.Trace) (err error) {
	if e.database == nil || e.replays < 0 {
		return nil
	}
	defer func() { err = errors.Join(err, e.database.Isolation("")) }()
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
		failure.Isolation = append(failure.Isolation, v)
	}
	return nil
}

func (e *exploration) verdict(failed, now schedule.Outcome, err error) (verdict, detail string) {
	refused := strings.Join(e.last.statements.refused(), "; ")
	switch {
	case err != nil:
		return "not known", err.Error()
	case e.breaksPromise(now.Failure):
		return "still wrong", refused
	case refused != "":
		return "refused", refused
	case alike(failed.Failure, now.Failure):
		return "still wrong", ""
	}
	return "silent", ""
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
	return text
}
