package taken

import "sync"

// Decision is what becomes of something that is held: whoever decides first, decides. Make one with NewDecision.
type Decision[V any] struct {
	mu      sync.Mutex
	decided bool
	verdict chan V // one
}

// NewDecision returns one that has not been made.
func NewDecision[V any]() *Decision[V] { return &Decision[V]{verdict: make(chan V, 1)} }

// Decide gives the verdict, and tells whether none was given before.
func (d *Decision[V]) Decide(v V) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.decided {
		return false
	}
	d.decided = true
	d.verdict <- v
	return true
}

// Open tells whether no verdict was given.
func (d *Decision[V]) Open() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.decided
}

// Verdict receives the verdict, once.
func (d *Decision[V]) Verdict() <-chan V { return d.verdict }
