package taken

import (
	"context"
	"slices"
	"sync"
)

// Held is what a rule holds.
type Held interface {
	comparable
	// Release lets it go.
	Release()
}

// most is how many names of what passed are kept.
const most = 10

// Book is what a rule has seen and taken. Make one with New.
type Book[H Held] struct {
	nth, count int
	waiting    func(H) bool

	mu     sync.Mutex
	seen   int
	passed []string
	taken  []H // in the order in which they came
	change chan struct{}
	closed bool
}

// New returns the book of a rule that takes so many of what matches, from the n-th on, counted from 1; a negative count means all.
// Waiting tells whether something that was taken has not been let go.
func New[H Held](nth, count int, waiting func(H) bool) *Book[H] {
	return &Book[H]{nth: nth, count: count, waiting: waiting, change: make(chan struct{})}
}

// Counts notes what the rule sees: it matches, or it passes by with its name. It tells whether the rule takes it, unless another
// rule decides.
func (b *Book[H]) Counts(name func() string, matches func() bool, decides bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || !matches() {
		b.passed = append(b.passed, name())
		if len(b.passed) > most {
			b.passed = b.passed[1:]
		}
		return false
	}
	b.seen++
	return decides && b.seen >= b.nth && (b.count < 0 || b.seen < b.nth+b.count)
}

// Announce lets those who wait know what was taken. It is let go at once if the book was closed meanwhile.
func (b *Book[H]) Announce(h H) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		h.Release()
	}
	if len(b.taken) > 0 { // who asks for the first wants that; others are of no more interest when they were let go
		b.taken = b.taken[:1+len(slices.DeleteFunc(b.taken[1:], func(h H) bool { return !b.waiting(h) }))]
	}
	b.taken = append(b.taken, h)
	close(b.change)
	b.change = make(chan struct{})
}

// First waits for the first that was taken, whatever became of it. The error is the cause of the context that ended.
func (b *Book[H]) First(ctx, life context.Context) (H, error) {
	return b.await(ctx, life, func(H) bool { return true })
}

// Waiting waits for the first that was taken and not let go. The error is the cause of the context that ended.
func (b *Book[H]) Waiting(ctx, life context.Context) (H, error) {
	return b.await(ctx, life, b.waiting)
}

func (b *Book[H]) await(ctx, life context.Context, wanted func(H) bool) (none H, err error) {
	for {
		b.mu.Lock()
		first := slices.IndexFunc(b.taken, wanted)
		if first >= 0 {
			defer b.mu.Unlock()
			return b.taken[first], nil
		}
		change := b.change
		b.mu.Unlock()
		select {
		case <-change:
		case <-life.Done():
			return none, context.Cause(life)
		case <-ctx.Done():
			return none, context.Cause(ctx)
		}
	}
}

// Close lets go all that is held; from now on nothing is taken.
func (b *Book[H]) Close() {
	b.mu.Lock()
	b.closed = true
	all := slices.Clone(b.taken)
	b.mu.Unlock()
	for _, h := range all {
		h.Release()
	}
}

// Seen is how many matched.
func (b *Book[H]) Seen() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen
}

// Passed are the names of the latest that passed by, the latest last.
func (b *Book[H]) Passed() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.passed)
}
