package schedule

import (
	"fmt"
	"math/rand/v2"
)

// POS returns partial order sampling: each point gets a random priority when it comes, the highest is released, and
// whatever is pending and depends on it gets a new one. It spreads executions over the orders that differ more evenly than
// a random walk. It never ends by itself. (X. Yuan, J. Yang, R. Gu: Partial Order Aware Concurrency Sampling, CAV 2018.)
//
// A nil independence means [BothSafe].
func POS(seed uint64, independent Independence) Strategy {
	return &pos{seed: seed, independent: independent.orDefault()}
}

type pos struct {
	seed        uint64
	independent Independence
	runs        int
	random      *rand.Rand
	now, next   []ranked
}

// ranked is a point with its priority.
type ranked struct {
	point    Point
	priority float64
}

func (s *pos) String() string { return fmt.Sprintf("POS, seed %d", s.seed) }

func (s *pos) Begin() (Chooser, bool) {
	s.random = rand.New(rand.NewPCG(s.seed, uint64(s.runs)))
	s.now = s.now[:0]
	return s, true
}

func (s *pos) Choose(pending []Pending) (int, error) {
	s.next = s.next[:0]
	best := 0
	for i := range pending {
		s.next = append(s.next, ranked{pending[i].Point, s.priority(&pending[i].Point)})
		if s.next[i].priority > s.next[best].priority {
			best = i
		}
	}
	for i := range pending {
		if i != best && s.independent.dependent(&pending[i], &pending[best]) {
			s.next[i].priority = s.random.Float64()
		}
	}
	s.now, s.next = s.next, s.now
	return best, nil
}

func (s *pos) priority(p *Point) float64 {
	for i := range s.now {
		if s.now[i].point == *p {
			return s.now[i].priority
		}
	}
	return s.random.Float64()
}

func (s *pos) End(Trace) error {
	s.runs++
	return nil
}

func (s *pos) Shown() string {
	return fmt.Sprintf("stopped after %s, sampled by POS", plural(s.runs, "schedule"))
}
