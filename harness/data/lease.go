package data

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// rack has the rows that nobody holds. The lock of the feeder guards it.
type rack struct {
	rows  int
	free  []Row     // the one that has been free for longest is first
	queue []*waiter // who came first is first
}

// waiter is a user who waits for a row.
type waiter struct {
	d     *drawer
	p     *period
	since time.Time
	given chan Row // has room for one
}

// take returns the row that has been free for longest, unless others wait for it already.
func (r *rack) take() (Row, bool) {
	if len(r.free) == 0 {
		return Row{}, false
	}
	row := r.free[0]
	r.free = r.free[1:]
	return row, true
}

// lease takes a row for the user, and waits for one if need be. It is called with the lock, and returns without.
func (f *Feeder) lease(ctx context.Context, d *drawer, p *period) (Row, error) {
	row, ok := f.rack.take()
	if ok {
		defer f.mu.Unlock()
		if !f.hold(d, p, row) {
			f.rack.free = append(f.rack.free, row)
			return Row{}, fmt.Errorf("%w: %q ended while it drew from feeder %q", ErrUserEnded, d.user.name, f.name)
		}
		return row, nil
	}
	w := &waiter{d: d, p: p, since: time.Now(), given: make(chan Row, 1)}
	if f.heldBy(d.user) == f.rack.rows {
		defer f.mu.Unlock()
		return Row{}, f.outOfLeases(f.waitedInVain(w, ErrOwnLeases))
	}
	f.rack.queue = append(f.rack.queue, w)
	f.mu.Unlock()
	return f.wait(ctx, w)
}

func (f *Feeder) wait(ctx context.Context, w *waiter) (Row, error) {
	limit := time.NewTimer(f.options.Wait)
	defer limit.Stop()
	var reason error
	select {
	case row := <-w.given:
		return row, nil
	case <-ctx.Done():
		reason = fmt.Errorf("the context ended: %w", context.Cause(ctx))
	case <-w.p.done:
		reason = ErrUserEnded
	case <-f.closed:
		reason = ErrClosed
	case <-limit.C:
		reason = ErrTimeout
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case row := <-w.given: // in the same instant; it comes back when its period ends, as any other
		return row, nil
	default:
	}
	f.rack.queue = slices.DeleteFunc(f.rack.queue, func(other *waiter) bool { return other == w })
	err := f.waitedInVain(w, reason)
	if errors.Is(reason, ErrTimeout) {
		return Row{}, f.outOfLeases(err)
	}
	return Row{}, err
}

// returned gives a row to who has waited longest and can still take it, or puts it on the rack.
func (f *Feeder) returned(row Row) {
	for len(f.rack.queue) > 0 {
		w := f.rack.queue[0]
		f.rack.queue = f.rack.queue[1:]
		if f.hold(w.d, w.p, row) {
			w.given <- row
			return
		}
	}
	f.rack.free = append(f.rack.free, row)
}

func (f *Feeder) heldBy(u *User) int {
	n := 0
	for h := range f.book.present {
		if h.by == u {
			n++
		}
	}
	return n
}

func (f *Feeder) waitedInVain(w *waiter, reason error) *WaitError {
	now := time.Now()
	err := &WaitError{Feeder: f.name, User: w.d.user.name, Iteration: w.p.iteration, Waited: now.Sub(w.since), Reason: reason, now: now}
	for h := range f.book.present {
		err.Holders = append(err.Holders, h.Holding)
	}
	slices.SortFunc(err.Holders, func(a, b Holding) int { return cmp.Compare(a.Number, b.Number) })
	return err
}

func (f *Feeder) outOfLeases(reason *WaitError) error {
	return &OutOfValuesError{
		Feeder: f.name, Policy: f.options.Policy, User: reason.User, Iteration: reason.Iteration, Rows: f.rack.rows,
		Detail: fmt.Sprintf("all rows (%d) are held", f.rack.rows), Rule: f.options.OutOfValues, Reason: reason,
	}
}
