package load

import (
	"context"
	"time"
)

// Timers of the runtime are late by up to a millisecond, since the poller of the network counts in whole ones. What
// is left of a wait that a timer has brought this near is slept in the kernel, whose timers are exact; the end of a context
// is noticed afterwards.
const timerError = 1500 * time.Microsecond

// sleepBriefly is sleepExactly, but in tests whose clock is not the kernel's.
var sleepBriefly = sleepExactly

// waitUntil returns at the moment, to a fraction of a millisecond, or false when the context ends.
func waitUntil(ctx context.Context, moment time.Time) bool {
	if left := time.Until(moment); left > timerError {
		timer := time.NewTimer(left - timerError)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	for {
		before := time.Now()
		left := moment.Sub(before)
		if ctx.Err() != nil {
			return false
		}
		if left <= 0 {
			return true
		}
		sleepBriefly(left)
		if time.Now().Equal(before) { // a clock of tests moves only while everybody waits for it
			return waitRoughly(ctx, moment)
		}
	}
}

// waitRoughly returns at the moment, or up to a millisecond later; false when the context ends. It holds no thread,
// so that any number of users may wait.
func waitRoughly(ctx context.Context, moment time.Time) bool {
	left := time.Until(moment)
	if left <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
