package schedule

import "math/bits"

// orders counts how many orders there are of which executions are representatives: for each execution, the number of
// linear extensions of its happens-before relation. That is hard in general, so it gives up where it would take long.
type orders struct {
	sum     uint64
	unknown bool
	now     map[uint64]uint64 // by set of points that have happened, in how many orders
	next    map[uint64]uint64
}

const (
	largestTrace = 64   // a set of points is one word
	largestLayer = 4096 // sets of the same size
)

func newOrders() *orders {
	return &orders{now: make(map[uint64]uint64), next: make(map[uint64]uint64)}
}

func (o *orders) total() (uint64, bool) { return o.sum, !o.unknown }

func (o *orders) add(t Trace, r *races) {
	if o.unknown {
		return
	}
	n, ok := uint64(1), true
	if !r.chain() {
		n, ok = o.extensions(len(t), r)
	}
	sum, carry := bits.Add64(o.sum, n, 0)
	o.sum, o.unknown = sum, !ok || carry != 0
}

func (o *orders) extensions(points int, r *races) (uint64, bool) {
	if points > largestTrace {
		return 0, false
	}
	clear(o.now)
	o.now[0] = 1
	for range points {
		clear(o.next)
		for done, ways := range o.now {
			for p := range points {
				if bit := uint64(1) << p; done&bit == 0 && r.rows[p]&^done == 0 {
					sum, carry := bits.Add64(o.next[done|bit], ways, 0)
					if carry != 0 {
						return 0, false
					}
					o.next[done|bit] = sum
				}
			}
		}
		if len(o.next) > largestLayer {
			return 0, false
		}
		o.now, o.next = o.next, o.now
	}
	for _, ways := range o.now { // the set of all points
		return ways, true
	}
	return 0, false
}
