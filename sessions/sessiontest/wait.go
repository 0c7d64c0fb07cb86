package sessiontest

import (
	"testing"
	"time"
)

// eventually asks until the condition holds, and fails the test when patience is over.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// within fails the test when the channel is not closed in time.
func within(t testing.TB, limit time.Duration, what string, done <-chan struct{}) {
	t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.Fatalf("not within %v: %s", limit, what)
	}
}

// receive waits for a value.
func receive[T any](t testing.TB, values <-chan T) (v T) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case v = <-values:
	case <-limit.C:
		t.Fatalf("nothing came within %v", patience)
	}
	return v
}
