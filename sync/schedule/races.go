package schedule

// races finds which points of an execution happen before which, and which pairs could be the other way round. Its
// memory is used again for the next execution.
type races struct {
	list []race
	n    int
	rows []uint64 // row b, bit a: a happens before b
}

// race is a pair of points that depend on each other and could come in the other order; the numbers are those of the choices.
type race struct{ first, second int }

func (r *races) words() int { return (r.n + 63) / 64 }

func (r *races) row(i int) []uint64 { return r.rows[i*r.words():][:r.words()] }

func (r *races) before(a, b int) bool { return r.row(b)[a/64]&(1<<(a%64)) != 0 }

func (r *races) find(t Trace, independent Independence) {
	r.n = len(t)
	r.list = r.list[:0]
	r.rows = append(r.rows[:0], make([]uint64, r.n*r.words())...)
	for b := range t {
		row := r.row(b)
		for a := b - 1; a >= 0; a-- {
			if row[a/64]&(1<<(a%64)) != 0 {
				continue // by way of another
			}
			caused := t[b].Since == a+1
			if !caused && !independent.dependent(&t[a].Pending, &t[b].Pending) {
				continue
			}
			for w, word := range r.row(a) {
				row[w] |= word
			}
			row[a/64] |= 1 << (a % 64)
			if !caused && (t[a].Session != t[b].Session || t[b].Since <= a) {
				r.list = append(r.list, race{a, b})
			}
		}
	}
}

// chain reports whether each point happens before the next, so that no other order is equivalent.
func (r *races) chain() bool {
	for b := 1; b < r.n; b++ {
		if !r.before(b-1, b) {
			return false
		}
	}
	return true
}
