package sessions

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// recordLimit is how many entries of each kind are kept for evidence; older ones are counted and dropped,
// so that a long session needs no more memory than a short one.
const recordLimit = 1000

// recorder keeps the last of what happened in a page and passes it on to listeners. It has a goroutine that
// ends with the page's events; close waits for it.
type recorder struct {
	running sync.WaitGroup
	events  *browser.Queue[browser.Event]

	mu        sync.Mutex
	console   kept[ConsoleRecord]
	failures  kept[FailureRecord]
	requests  kept[RequestRecord]
	open      map[string]*RequestRecord // by the browser's id, until the answer came
	listeners map[*listener]struct{}
	closed    bool
}

type listener struct {
	queue  browser.Queue[browser.Event]
	cancel context.CancelFunc
	done   chan struct{}
}

func record(events *browser.Queue[browser.Event]) *recorder {
	r := &recorder{events: events, open: map[string]*RequestRecord{}, listeners: map[*listener]struct{}{}}
	r.running.Go(func() {
		for events.Ready(context.Background()) { // ends with the page
			r.mu.Lock()
			r.catchUp()
			r.mu.Unlock()
		}
		r.end()
	})
	return r
}

// catchUp notes what has happened until now; the lock is held, so that the order stays. Evidence calls it
// too: the last line on the console is the one that matters.
func (r *recorder) catchUp() {
	for _, event := range r.events.Take() {
		r.note(event)
	}
}

// close waits until everything is recorded and every listener has returned. A listener that does not return
// before the context ends is left behind, and the error says so.
func (r *recorder) close(ctx context.Context) error {
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		r.running.Wait()
	}()
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a listener has not returned: %w; listeners must return when the session is closed", context.Cause(ctx))
	}
}

// end lets the listeners finish what is in their queues.
func (r *recorder) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for l := range r.listeners {
		l.queue.Close()
	}
}

// forget drops what was recorded so far.
func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.catchUp()
	r.console, r.failures, r.requests = kept[ConsoleRecord]{}, kept[FailureRecord]{}, kept[RequestRecord]{}
	clear(r.open)
}

func (r *recorder) listen(handle func(browser.Event)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{cancel: cancel, done: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.catchUp() // what happened before is not the listener's
	if r.closed {
		cancel()
		return func() {}
	}
	r.listeners[l] = struct{}{}
	r.running.Go(func() {
		defer close(l.done)
		for {
			happened, ok := l.queue.Next(ctx)
			if !ok {
				return
			}
			for _, event := range happened {
				handle(event)
			}
		}
	})
	return func() {
		r.mu.Lock()
		delete(r.listeners, l)
		r.mu.Unlock()
		l.cancel()
		<-l.done
	}
}

func (r *recorder) note(event browser.Event) {
	for l := range r.listeners {
		l.queue.Push(event)
	}
	switch {
	case event.Console != nil:
		r.console.add(&ConsoleRecord{At: event.At, Level: event.Console.Level, Text: event.Console.Text})
	case event.Failure != nil:
		r.failures.add(&FailureRecord{At: event.At, Text: event.Failure.Text})
	case event.Request != nil:
		request := &RequestRecord{At: event.At, Method: event.Request.Method, URL: event.Request.URL, Type: event.Request.Type}
		r.requests.add(request)
		if len(r.open) == recordLimit { // requests that never get an answer must not pile up
			clear(r.open)
		}
		r.open[event.Request.ID] = request
	case event.Answer != nil:
		r.answer(event.At, event.Answer)
	}
}

func (r *recorder) answer(at time.Time, answer *browser.Answer) {
	request := r.open[answer.ID]
	if request == nil {
		return // it began before we looked
	}
	delete(r.open, answer.ID)
	request.Status, request.Error, request.Took = answer.Status, answer.Error, at.Sub(request.At)
}

// fill copies what was recorded.
func (r *recorder) fill(e *Evidence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.catchUp()
	e.Console = r.console.copy()
	e.Failures = r.failures.copy()
	e.Requests = r.requests.copy()
	e.Dropped = r.console.dropped + r.failures.dropped + r.requests.dropped
}

// kept is the last recordLimit entries.
type kept[T any] struct {
	entries []*T
	dropped int
}

func (k *kept[T]) add(entry *T) {
	if len(k.entries) == recordLimit {
		k.entries = append(k.entries[:0], k.entries[recordLimit/2:]...)
		k.dropped += recordLimit / 2
	}
	k.entries = append(k.entries, entry)
}

func (k *kept[T]) copy() []T {
	entries := make([]T, len(k.entries))
	for i, entry := range k.entries {
		entries[i] = *entry
	}
	return entries
}
