package minimise

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// known are the executions so far, and what they tell of those that were not run. It foresees the order that a chooser comes to: from
// the points that each session came to, without running anything. If an execution is known that had this order, but for points
// that commute, it need not be run again.
//
// What is foreseen may be wrong: a session that is refused something does not come to its other points. So an order that was
// asked for is remembered with what came of it, and an execution counts for constraints only if it obeyed them itself.
type known struct {
	independent schedule.Independence
	lanes       []lane
	runs        map[string]*executed // by order
}

// lane is the longest that a session is known to do.
type lane struct {
	session string
	points  []schedule.Pending
	needs   []int // by point: after how many points of the session it comes
}

// executed is an execution.
type executed struct {
	outcome schedule.Outcome
	trace   schedule.Trace
	failed  bool
}

func newKnown(t schedule.Trace, independent schedule.Independence) *known {
	k := &known{independent: independent, runs: map[string]*executed{}}
	k.learn(t)
	return k
}

// learn takes in what the sessions do in an execution.
func (k *known) learn(t schedule.Trace) {
	seen := map[string]*lane{}
	for i := range t {
		name := t[i].Session
		l := seen[name]
		if l == nil {
			l = &lane{session: name}
			seen[name] = l
		}
		needs := 0
		for _, before := range t[:min(t[i].Since, i)] {
			if before.Session == name {
				needs++
			}
		}
		l.points, l.needs = append(l.points, t[i].Pending), append(l.needs, needs)
	}
	for name, l := range seen {
		i := slices.IndexFunc(k.lanes, func(old lane) bool { return old.session == name })
		switch {
		case i < 0:
			k.lanes = append(k.lanes, *l)
		case len(l.points) > len(k.lanes[i].points):
			k.lanes[i] = *l
		}
	}
	slices.SortFunc(k.lanes, func(a, b lane) int { return strings.Compare(a.session, b.session) })
}

// add remembers an execution, under its own order and under the one that was asked for.
func (k *known) add(asked []schedule.Pending, e *executed) {
	k.learn(e.trace)
	k.runs[k.key(asked)] = e
	own := make([]schedule.Pending, len(e.trace))
	for i := range e.trace {
		own[i] = e.trace[i].Pending
	}
	k.runs[k.key(own)] = e
}

// find returns an execution that had the order and obeyed the constraints; nil if there was none.
func (k *known) find(order []schedule.Pending, constraints []schedule.Constraint) *executed {
	if e := k.runs[k.key(order)]; e != nil && obeyed(e.trace, constraints) {
		return e
	}
	return nil
}

func obeyed(t schedule.Trace, constraints []schedule.Constraint) bool {
	return !slices.ContainsFunc(constraints, func(c schedule.Constraint) bool {
		then := at(t, c.Then)
		return then >= 0 && at(t[:then], c.First) < 0
	})
}

// foresee goes through the lanes as an execution does, and returns the order that the chooser comes to.
func (k *known) foresee(c schedule.Chooser) (order []schedule.Pending, err error) {
	done := make([][]bool, len(k.lanes))
	count := make([]int, len(k.lanes))
	for i := range k.lanes {
		done[i] = make([]bool, len(k.lanes[i].points))
	}
	for {
		var pending []schedule.Pending
		var from [][2]int
		for i, l := range k.lanes {
			for j := range l.points {
				if !done[i][j] && l.needs[j] <= count[i] {
					pending, from = append(pending, l.points[j]), append(from, [2]int{i, j})
				}
			}
		}
		if len(pending) == 0 {
			return order, nil
		}
		chosen, err := c.Choose(pending)
		if err != nil {
			return nil, err
		}
		if chosen < 0 || chosen >= len(pending) {
			return nil, errors.New("minimise: the chooser chose what is not pending")
		}
		i, j := from[chosen][0], from[chosen][1]
		done[i][j] = true
		count[i]++
		order = append(order, pending[chosen])
	}
}

// key is the same for orders that differ only in points that commute: each point is put as early as those that it depends on
// let it, and what is then at one place is sorted. (P. Cartier, D. Foata: Problèmes combinatoires de commutation et
// réarrangements, 1969.)
func (k *known) key(order []schedule.Pending) string {
	type placed struct {
		at   int
		name string
	}
	all := make([]placed, len(order))
	for i := range order {
		all[i].name = order[i].String()
		for j := range i {
			if order[i].Session == order[j].Session || !k.independent(order[j], order[i]) {
				all[i].at = max(all[i].at, all[j].at+1)
			}
		}
	}
	slices.SortFunc(all, func(a, b placed) int { return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.name, b.name)) })
	var text strings.Builder
	for i, p := range all {
		if i > 0 && all[i-1].at != p.at {
			text.WriteByte('\n')
		}
		text.WriteString(p.name + "\t")
	}
	return text.String()
}

// prefer chooses what comes first in the order. A point that the order does not have comes right after those of its session
// that have come.
func prefer(order []schedule.Pending) schedule.Chooser {
	rank, latest := make(map[schedule.Point]int, len(order)), map[string]int{}
	for i, p := range order {
		rank[p.Point] = i
	}
	return schedule.ChooserFunc(func(pending []schedule.Pending) (int, error) {
		place := func(p schedule.Pending) int {
			if r, ok := rank[p.Point]; ok {
				return r
			}
			return latest[p.Session]
		}
		best := 0
		for i := range pending {
			if place(pending[i]) < place(pending[best]) {
				best = i
			}
		}
		latest[pending[best].Session] = place(pending[best])
		return best, nil
	})
}
