package profile

import (
	"math"
	"sort"
	"time"
)

// curve is a rate over time: segments, then the last rate for ever.
type curve struct {
	pieces   []piece
	length   time.Duration
	area     wide   // of all pieces
	lastRate uint64 // at the end of the pieces, and from then on
}

// piece is a segment with what came before it.
type piece struct {
	segment
	start  time.Duration
	before wide // area
}

// move appends a segment from the last rate to another.
func (c *curve) move(to uint64, d time.Duration) {
	if d > 0 {
		s := segment{c.lastRate, to, d}
		c.pieces = append(c.pieces, piece{s, c.length, c.area})
		c.length += d
		c.area = c.area.plus(s.total())
	}
	c.lastRate = to
}

// jump changes the rate at once.
func (c *curve) jump(to uint64) { c.lastRate = to }

// whole is the number of whole ones that the area up to a time has.
func (c *curve) whole(until time.Duration) int {
	if until <= 0 {
		return 0
	}
	reached := c.area.plus(product(2*c.lastRate, uint64(max(0, until-c.length))))
	if until < c.length {
		after := sort.Search(len(c.pieces), func(i int) bool { return c.pieces[i].start > until })
		p := c.pieces[after-1]
		inside, _ := p.areaUntil(until - p.start)
		reached = p.before.plus(inside)
	}
	if !reached.fits(areaOfOne) {
		return math.MaxInt
	}
	n, _ := reached.over(areaOfOne)
	return int(n)
}

// reaches is the first nanosecond at which the area has n whole ones; it is false if that never comes.
func (c *curve) reaches(n int) (time.Duration, bool) {
	if n <= 0 {
		return 0, true
	}
	target := area(n)
	if c.area.less(target) {
		return c.reachesAfterwards(target.minus(c.area))
	}
	at := sort.Search(len(c.pieces), func(i int) bool {
		p := c.pieces[i]
		return !p.before.plus(p.total()).less(target)
	})
	p := c.pieces[at]
	return p.start + p.first(target.minus(p.before)), true
}

func (c *curve) reachesAfterwards(target wide) (time.Duration, bool) {
	if c.lastRate == 0 || !target.fits(2*c.lastRate) {
		return 0, false
	}
	t, rest := target.over(2 * c.lastRate)
	if rest > 0 {
		t++
	}
	if t > uint64(math.MaxInt64-c.length) {
		return 0, false
	}
	return c.length + time.Duration(t), true
}
