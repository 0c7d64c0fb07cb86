package browser

import (
	"context"
	"sync"
)

// Queue passes values from producers that must never wait (a driver's read loop) to one consumer that may
// be slow. It grows as needed, so a slow consumer costs memory and nobody's time. The zero value is ready
// for use.
type Queue[T any] struct {
	mu     sync.Mutex
	items  []T
	closed bool
	wake   chan struct{} // has a value when something changed since the consumer looked
}

// Push adds a value. After Close it does nothing.
func (q *Queue[T]) Push(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.items = append(q.items, v)
	q.signal()
}

// Close ends the queue: Next returns what is left and then false.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

// Next returns all values that are waiting, and waits for one if there are none. It returns false when the
// queue is closed and empty, or the context has ended.
func (q *Queue[T]) Next(ctx context.Context) ([]T, bool) {
	for q.Ready(ctx) {
		if items := q.Take(); len(items) > 0 {
			return items, true
		}
	}
	return nil, false
}

// Ready waits until there is a value to take. It returns false when there is none and the queue is closed or
// the context has ended.
func (q *Queue[T]) Ready(ctx context.Context) bool {
	for {
		ready, closed, wake := q.look()
		if ready || closed {
			return ready
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return false
		}
	}
}

// Take returns all values that are waiting, nil if there are none. It does not wait.
func (q *Queue[T]) Take() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

// Len is the number of values that wait.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

func (q *Queue[T]) look() (ready, closed bool, wake <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items) > 0, q.closed, q.wakeup()
}

func (q *Queue[T]) signal() {
	select {
	case q.wakeup() <- struct{}{}:
	default:
	}
}

func (q *Queue[T]) wakeup() chan struct{} {
	if q.wake == nil {
		q.wake = make(chan struct{}, 1)
	}
	return q.wake
}
