package schedule

import "math/bits"

// orders counts how many orders there are of which executions are representatives: for each execution, the number of linear
// extensions of its happens-before relation. As the points of a session never commute, they are a chain, and a set of
// points that can have happened is told by how many of each session it has. Where there are many such sets, it gives up.
type orders struct {
	sum     uint64
	unknown bool

	// Of the current execution.
	lanes []chain
	needs []int    // row by point, column by session: how many must have happened before
	ways  []uint64 // by set: in how many orders it can have happened
}

// chain is what a session did.
type chain struct {
	session string
	points  []int
	stride  int // how far apart two sets are of which one has one point more of this session
	done    int // of the set at hand
}

// mostSets is how many sets are looked at for one execution.
const mostSets = 1 << 16

func (o *orders) total() (uint64, bool) { return o.sum, !o.unknown }

func (o *orders) add(t Trace, r *races) {
	if o.unknown {
		return
	}
	n, ok := uint64(1), true
	if !r.chain() {
		n, ok = o.extensions(t, r)
	}
	sum, carry := bits.Add64(o.sum, n, 0)
	o.sum, o.unknown = sum, !ok || carry != 0
}

// split sorts the points by session, and returns how many sets there are.
func (o *orders) split(t Trace) int {
	for i := range o.lanes {
		o.lanes[i].points = o.lanes[i].points[:0]
	}
	for p := range t {
		c := o.chainOf(t[p].Session)
		c.points = append(c.points, p)
	}
	sets := 1
	for i := range o.lanes {
		c := &o.lanes[i]
		c.stride, c.done = sets, 0
		if sets *= len(c.points) + 1; sets > mostSets {
			break
		}
	}
	return sets
}

func (o *orders) chainOf(session string) *chain {
	for i := range o.lanes {
		if o.lanes[i].session == session {
			return &o.lanes[i]
		}
	}
	o.lanes = append(o.lanes, chain{session: session})
	return &o.lanes[len(o.lanes)-1]
}

// count fills in what each point needs.
func (o *orders) count(t Trace, r *races) {
	o.needs = append(o.needs[:0], make([]int, len(t)*len(o.lanes))...)
	for p := range t {
		for i := range o.lanes {
			for _, q := range o.lanes[i].points {
				if q >= p || !r.before(q, p) {
					break
				}
				o.needs[p*len(o.lanes)+i]++
			}
		}
	}
}

func (o *orders) extensions(t Trace, r *races) (uint64, bool) {
	sets := o.split(t)
	if sets > mostSets {
		return 0, false
	}
	o.count(t, r)
	o.ways = append(o.ways[:0], make([]uint64, sets)...)
	o.ways[0] = 1
	// A set that has one point more has a higher number, so each is complete when its turn comes.
	for set := range sets - 1 {
		for i := range o.lanes {
			c := &o.lanes[i]
			if o.ways[set] == 0 || c.done == len(c.points) || !o.ready(c.points[c.done]) {
				continue
			}
			sum, carry := bits.Add64(o.ways[set+c.stride], o.ways[set], 0)
			if carry != 0 {
				return 0, false
			}
			o.ways[set+c.stride] = sum
		}
		o.step()
	}
	return o.ways[sets-1], true
}

// step goes on to the set with the next number.
func (o *orders) step() {
	for i := range o.lanes {
		c := &o.lanes[i]
		if c.done++; c.done <= len(c.points) {
			return
		}
		c.done = 0
	}
}

// ready reports whether all that the point needs is in the set at hand.
func (o *orders) ready(p int) bool {
	for i, need := range o.needs[p*len(o.lanes):][:len(o.lanes)] {
		if o.lanes[i].done < need {
			return false
		}
	}
	return true
}
