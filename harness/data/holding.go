package data

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Holding says that a user had a value, and when.
type Holding struct {
	// Feeder is the name of the feeder, Row the value.
	Feeder string
	Row    Row
	// User and Iteration are who held it; Iteration 0: the user kept it over its iterations.
	User      string
	Iteration int
	// From is when it was drawn, To when it came back or was replaced; zero: it is still held. Both have the monotonic clock.
	From, To time.Time
	// Number counts the draws of the feeder from 1. It is given together with From, so that both have the same order.
	Number uint64
}

// Held reports whether it was held at that moment.
func (h Holding) Held(at time.Time) bool {
	return !h.From.After(at) && (h.To.IsZero() || h.To.After(at))
}

// Overlaps reports whether both were held at one moment.
func (h Holding) Overlaps(other Holding) bool {
	return (h.To.IsZero() || other.From.Before(h.To)) && (other.To.IsZero() || h.From.Before(other.To))
}

// String is such as `users.csv:2 (ada) held by "vu-1" in iteration 3 for 20ms`.
func (h Holding) String() string {
	if h.To.IsZero() {
		return fmt.Sprintf("%s held by %s still", h.Row, who(h.User, h.Iteration))
	}
	return fmt.Sprintf("%s held by %s for %v", h.Row, who(h.User, h.Iteration), rounded(h.To.Sub(h.From)))
}

// book is who holds what, and who held what. The lock of its feeder guards it.
type book struct {
	count   uint64
	present map[*holding]struct{}
	past    []Holding // a ring of at most limit, whose oldest is at next once it is full
	next    int
	limit   int
	dropped uint64
}

// holding is a Holding that has not ended.
type holding struct {
	Holding
	by     *User
	cancel func()        // takes it off its period
	back   func(Holding) // tells an observer that it has ended; nil: there is none
}

func newBook(limit int) *book { return &book{present: map[*holding]struct{}{}, limit: limit} }

func (b *book) open(h Holding) *holding {
	b.count++
	h.Number, h.From = b.count, time.Now()
	open := &holding{Holding: h}
	b.present[open] = struct{}{}
	return open
}

// close reports whether the holding was open.
func (b *book) close(h *holding) bool {
	if _, open := b.present[h]; !open {
		return false
	}
	delete(b.present, h)
	h.To = time.Now()
	switch {
	case b.limit < 0:
		b.dropped++
	case len(b.past) < b.limit:
		b.past = append(b.past, h.Holding)
	default:
		b.past[b.next] = h.Holding
		b.next = (b.next + 1) % b.limit
		b.dropped++
	}
	h.gone()
	return true
}

// forget takes back what was opened and never began.
func (b *book) forget(h *holding) {
	delete(b.present, h)
	b.count--
}

func (b *book) matching(wanted func(Holding) bool) []Holding {
	var all []Holding
	for _, h := range b.past {
		if wanted(h) {
			all = append(all, h)
		}
	}
	for h := range b.present {
		if wanted(h.Holding) {
			all = append(all, h.Holding)
		}
	}
	slices.SortFunc(all, func(a, b Holding) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// Holdings returns who held what and when, in the order of the draws: all that have not ended, and of the others the latest, as many as
// Options.History keeps. The second result is how many have been forgotten.
func (f *Feeder) Holdings() (holdings []Holding, forgotten uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.book.matching(func(Holding) bool { return true }), f.book.dropped
}

// Holders returns who held the row with that number at that moment, in the order of the draws. What has been forgotten is
// not there.
func (f *Feeder) Holders(row int, at time.Time) []Holding {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.book.matching(func(h Holding) bool { return h.Row.Number == row && h.Held(at) })
}
