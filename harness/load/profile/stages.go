package profile

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// layout is what steps come to: stretches of time of an open profile, or of a closed one.
type layout struct {
	open   []arrivals
	closed []hold
}

// arrivals is a stretch of time in which users arrive.
type arrivals interface {
	length() time.Duration
	users() int
	// each gives the times of the users from the start of the stretch, in order, until yield refuses one.
	each(source *rand.Rand, yield func(time.Duration) bool) bool
}

// spread has users at equal distances: user k of n at k·D/n.
type spread struct {
	n    int
	over time.Duration
}

func (s spread) length() time.Duration { return s.over }

func (s spread) users() int { return s.n }

func (s spread) each(_ *rand.Rand, yield func(time.Duration) bool) bool {
	for k := range s.n {
		t, _ := product(uint64(k), uint64(s.over)).over(uint64(s.n))
		if !yield(time.Duration(t)) {
			return false
		}
	}
	return true
}

// flow has users at a rate: user k when the area below the rate reaches k.
type flow struct {
	rate segment
	n    int
}

func (f flow) length() time.Duration { return f.rate.length }

func (f flow) users() int { return f.n }

func (f flow) each(_ *rand.Rand, yield func(time.Duration) bool) bool {
	for k := range f.n {
		if !yield(f.rate.last(area(k))) {
			return false
		}
	}
	return true
}

// draws has users at random: sorted independent draws from the rate, which is a Poisson process given its count.
type draws struct{ flow }

// each makes the order statistics one after the other. -ln(1-U) of the i-th smallest of n uniform draws is the sum
// of i exponential draws, the j-th divided by n-j+1 (Rényi 1953), so nothing needs to be kept or sorted.
func (d draws) each(source *rand.Rand, yield func(time.Duration) bool) bool {
	sum, before := 0.0, time.Duration(0)
	for k := range d.n {
		sum += source.ExpFloat64() / float64(d.n-k)
		t := d.rate.guess(-math.Expm1(-sum))
		before = min(max(t, before), d.rate.length-1) // what is rounded may differ from its order by a bit
		if !yield(before) {
			return false
		}
	}
	return true
}

// peak has users along a smooth approximation of Heaviside's step function.
type peak struct {
	n    int
	over time.Duration
}

func (p peak) length() time.Duration { return p.over }

func (p peak) users() int { return p.n }

func (p peak) each(_ *rand.Rand, yield func(time.Duration) bool) bool {
	inverse := func(u int) float64 { return math.Erfinv(2*float64(u)/float64(p.n+2) - 1) }
	first := math.Abs(inverse(1))
	half, before := float64(p.over)/2, time.Duration(0)
	for i := 1; i <= p.n; i++ {
		t := time.Duration(math.Round(half * ((inverse(i) + first) / first)))
		before = min(max(t, before), max(0, p.over-1)) // Erfinv is right to all bits but the last
		if !yield(before) {
			return false
		}
	}
	return true
}

// hold is a stretch of time of a closed profile: the number of users wanted moves from one to the other.
type hold struct {
	from, to int
	over     time.Duration
}

// target is the number wanted at a time within the stretch.
func (h hold) target(at time.Duration) int {
	moved, _ := product(h.moves(), uint64(at)).over(uint64(h.over))
	return h.after(int(moved))
}

// each gives the changes from the start of the stretch, in order, the number at its start first.
func (h hold) each(yield func(Target) bool) bool {
	if !yield(Target{Users: h.from}) {
		return false
	}
	moves := h.moves()
	for k := 1; k <= int(moves); k++ {
		high, low := bits.Mul64(uint64(k), uint64(h.over))
		at, rest := bits.Div64(high, low, moves)
		if rest > 0 {
			at++ // the first nanosecond at which the whole number is passed
		}
		if !yield(Target{At: time.Duration(at), Users: h.after(k)}) {
			return false
		}
	}
	return true
}

func (h hold) moves() uint64 { return uint64(max(h.from, h.to) - min(h.from, h.to)) }

func (h hold) after(moves int) int {
	if h.to < h.from {
		return h.from - moves
	}
	return h.from + moves
}
