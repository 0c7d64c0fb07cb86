package schedule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// PCT returns probabilistic concurrency testing: sessions get random priorities, the highest that is pending goes on, and at
// depth-1 random points whoever is about to go on falls behind all others. A defect that needs depth constraints between
// points shows in an execution with probability at least
//
//	1 / (n · k^(depth-1))
//
// for n sessions and k points. (S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte: A Randomized Scheduler with
// Probabilistic Guarantees of Finding Bugs, ASPLOS 2010.)
//
// Where a session has several points pending, each of them is in a lane, which counts as a session of its own in n. The
// number k is the length of the longest execution so far: the first one measures it, and counts for nothing if the depth is
// more than 1; nor does any other that turns out to be larger than those before it. Depth is at least 1; less is taken as
// 1. PCT never ends by itself.
func PCT(depth int, seed uint64) Strategy {
	return &pct{depth: max(depth, 1), seed: seed, missed: 1}
}

type pct struct {
	depth  int
	seed   uint64
	runs   int
	n, k   int     // the most seen so far
	missed float64 // the probability that no execution so far found a defect that is there, at most

	// Of the current execution.
	random  *rand.Rand
	lanes   []lane // those at the front go first
	opened  int    // lanes
	changes []int  // at which points somebody falls behind, counted from 0
	step    int
}

// lane is a chain of points of one session, of which one is pending at a time.
type lane struct {
	session string
	behind  int   // the number of the change at which it fell behind last, from 1; 0: it did not
	point   Point // pending
	at      int   // index of the point in pending; -1: it has none
}

func (s *pct) String() string { return fmt.Sprintf("PCT of depth %d, seed %d", s.depth, s.seed) }

func (s *pct) Begin() (Chooser, bool) {
	s.random = rand.New(rand.NewPCG(s.seed, uint64(s.runs)))
	s.lanes, s.opened, s.step, s.changes = s.lanes[:0], 0, 0, s.changes[:0]
	for range s.depth - 1 {
		if s.k > 0 {
			from := s.earliest()
			s.changes = append(s.changes, from+s.random.IntN(s.k-from))
		}
	}
	return s, true
}

// earliest is the first point at which somebody may fall behind. At the very first one, that does what another order of the
// priorities does as well, if there are two sessions or it is the only change: the last point, at which only one session is
// left, is then a better place for it, as k-1 places to hit are fewer than k.
func (s *pct) earliest() int {
	if s.k > 1 && (s.n <= 2 || s.depth == 2) {
		return 1
	}
	return 0
}

func (s *pct) Choose(pending []Pending) (int, error) {
	s.enter(pending)
	for i, change := range s.changes {
		if change == s.step {
			s.fallBehind(i + 1)
		}
	}
	s.step++
	first := s.first()
	chosen := s.lanes[first].at
	s.lanes[first].point, s.lanes[first].at = Point{}, -1
	return chosen, nil
}

// first returns the lane with a point that has the highest priority.
func (s *pct) first() int {
	return slices.IndexFunc(s.lanes, func(l lane) bool { return l.at >= 0 })
}

// fallBehind moves the lane that would go next behind all those that did not fall so deep. How deep is drawn with the
// change, and does not follow from when it comes: the bound depends on that.
func (s *pct) fallBehind(deep int) {
	i := s.first()
	l := s.lanes[i]
	l.behind = deep
	s.lanes = slices.Delete(s.lanes, i, i+1)
	place := slices.IndexFunc(s.lanes, func(other lane) bool { return other.behind > deep })
	if place < 0 {
		place = len(s.lanes)
	}
	s.lanes = slices.Insert(s.lanes, place, l)
}

// enter puts each pending point into a lane: the one that it is in, one of its session that is free, or a new one, at a
// random place among those that have not fallen behind.
func (s *pct) enter(pending []Pending) {
	for i := range s.lanes {
		s.lanes[i].at = -1
	}
	for i := range pending {
		if l := s.laneOf(func(l *lane) bool { return l.point == pending[i].Point }); l != nil {
			l.at = i
		}
	}
	for i := range pending {
		p := &pending[i].Point
		if s.laneOf(func(l *lane) bool { return l.at == i }) != nil {
			continue
		}
		l := s.laneOf(func(l *lane) bool { return l.at < 0 && l.session == p.Session })
		if l == nil {
			l = s.open(p.Session)
		}
		l.point, l.at = *p, i
	}
}

func (s *pct) laneOf(is func(*lane) bool) *lane {
	for i := range s.lanes {
		if is(&s.lanes[i]) {
			return &s.lanes[i]
		}
	}
	return nil
}

func (s *pct) open(session string) *lane {
	ahead := 0
	for i := range s.lanes {
		if s.lanes[i].behind == 0 {
			ahead++
		}
	}
	place := s.random.IntN(ahead + 1)
	s.lanes = slices.Insert(s.lanes, place, lane{session: session, at: -1})
	s.opened++
	return &s.lanes[place]
}

func (s *pct) End(t Trace) error {
	s.runs++
	if s.depth == 1 || len(t) <= s.k && s.opened <= s.n {
		s.missed *= 1 - s.bound()
	}
	s.n, s.k = max(s.n, s.opened), max(s.k, len(t))
	return nil
}

// bound is the probability of finding a defect of the depth in the current execution, at least.
func (s *pct) bound() float64 {
	return 1 / (float64(max(s.n, s.opened, 1)) * math.Pow(float64(max(s.k, 1)), float64(s.depth-1)))
}

func (s *pct) Shown() string {
	return fmt.Sprintf("stopped after %s: a defect of depth %d would have been missed with probability at most %.2g (PCT, n = %d, k = %d)",
		plural(s.runs, "schedule"), s.depth, s.missed, s.n, s.k)
}
