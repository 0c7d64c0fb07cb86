package vars

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// waiter is one call of Await. The lock of its variable guards it, but for what Await alone uses.
type waiter struct {
	who   string
	until Condition
	since time.Time

	pending []Value       // in order, none left out
	news    chan struct{} // has room for one
	changes int
	latest  time.Time // when the last change was
}

func (w *waiter) tell(value Value, now time.Time) {
	w.pending = append(w.pending, value)
	w.changes++
	w.latest = now
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// Await is as [Store] says. Values that came before the context ended, the limit passed or the run ended still count.
func (m *Memory) Await(ctx context.Context, who, name string, until Condition) (Value, error) {
	until, err := until.check()
	if err == nil && who == "" {
		err = invalid("who waits has no name; messages need it")
	}
	if err != nil {
		return Value{}, fmt.Errorf("run variable %q: await: %w", name, err)
	}
	v, w, err := m.enter(ctx, who, name, until)
	if err != nil {
		return Value{}, err
	}
	defer m.leave(v, w)
	limit := time.NewTimer(m.options.AwaitTimeout)
	defer limit.Stop()
	for {
		if found, ok := v.look(w); ok {
			return found, nil
		}
		var reason error
		select {
		case <-w.news:
			continue
		case <-ctx.Done():
			reason = fmt.Errorf("the context ended: %w", context.Cause(ctx))
		case <-limit.C:
			reason = ErrTimeout
		case <-m.end:
			reason = ErrEnded
		}
		if found, ok := v.look(w); ok {
			return found, nil
		}
		return Value{}, v.giveUp(w, reason)
	}
}

// enter makes a waiter whose first value is the present one. It may wait for the end of a run that has ended: that is
// told in the same way as to those who came before.
func (m *Memory) enter(ctx context.Context, who, name string, until Condition) (*variable, *waiter, error) {
	if err := check(ctx, "await", name); err != nil {
		return nil, nil, err
	}
	w := &waiter{who: who, until: until, since: time.Now(), news: make(chan struct{}, 1)}
	for {
		v := m.present(name)
		v.mu.Lock()
		if v.gone {
			v.mu.Unlock()
			continue
		}
		w.pending = append(w.pending, v.share())
		v.waiters = append(v.waiters, w)
		v.mu.Unlock()
		return v, w, nil
	}
}

func (m *Memory) leave(v *variable, w *waiter) {
	v.mu.Lock()
	v.waiters = slices.DeleteFunc(v.waiters, func(other *waiter) bool { return other == w })
	m.close(v)
}

// look asks the condition about all values that have come, without the lock.
func (v *variable) look(w *waiter) (Value, bool) {
	v.mu.Lock()
	pending := w.pending
	w.pending = nil
	v.mu.Unlock()
	for _, value := range pending {
		if w.until.Holds(value) {
			return value, true
		}
	}
	return Value{}, false
}

func (v *variable) giveUp(w *waiter, reason error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	err := &AwaitError{
		Who: w.who, Name: v.name, Until: w.until.Text,
		Waited: now.Sub(w.since), Last: v.share(), Changes: w.changes, Reason: reason,
	}
	if w.changes > 0 {
		err.LastChange = now.Sub(w.latest)
	}
	return err
}

// Waiting is one who waits for a variable, for displays of progress.
type Waiting struct {
	// Who waits for the variable Name, Until says for what, and For how long already.
	Who, Name, Until string
	For              time.Duration
}

// String is such as `"owner" waits 3s for run variable "ready" to be present`.
func (w Waiting) String() string {
	return fmt.Sprintf("%q waits %v for run variable %q to be %s", w.Who, rounded(w.For), w.Name, w.Until)
}

// Waiting returns who waits now, those who have waited longest first.
func (m *Memory) Waiting() []Waiting {
	var all []Waiting
	for _, each := range m.variables.Range {
		v := each.(*variable)
		v.mu.Lock()
		for _, w := range v.waiters {
			all = append(all, Waiting{Who: w.who, Name: v.name, Until: w.until.Text, For: time.Since(w.since)})
		}
		v.mu.Unlock()
	}
	slices.SortStableFunc(all, func(a, b Waiting) int { return int(b.For - a.For) })
	return all
}
