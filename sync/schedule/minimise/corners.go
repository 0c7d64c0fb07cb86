package minimise

import (
	"slices"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// corners returns the constraints that the trace satisfies and that reproduce it, without those that follow from others of
// them: in a picture of two sessions, one along each axis, they are the corners of the way. They are in the order of their
// second points.
func corners(t schedule.Trace, independent schedule.Independence) []schedule.Constraint {
	var all []pair
	for then := range t {
		for first := range then {
			if ordered(t, first, then, independent) {
				all = append(all, pair{first, then})
			}
		}
	}
	var kept []schedule.Constraint
	for _, p := range all {
		implied := slices.ContainsFunc(all, func(q pair) bool {
			return q != p && keeps(t, p.first, q.first) && keeps(t, q.then, p.then)
		})
		if !implied {
			kept = append(kept, schedule.Constraint{First: t[p.first].Point, Then: t[p.then].Point})
		}
	}
	return kept
}

// pair is two places of a trace.
type pair struct{ first, then int }

// ordered reports whether the order of the two is a choice that matters. That of two points of one session is a choice only
// if they were pending together.
func ordered(t schedule.Trace, first, then int, independent schedule.Independence) bool {
	if t[first].Session == t[then].Session {
		return t[then].Since <= first
	}
	return !independent(t[first].Pending, t[then].Pending)
}

// keeps reports whether the session itself puts a before b, or they are the same.
func keeps(t schedule.Trace, a, b int) bool {
	return a == b || a < b && t[a].Session == t[b].Session && t[b].Since > a
}
