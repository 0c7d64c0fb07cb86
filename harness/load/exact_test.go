package load_test

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
)

// TestArrivalsAreExact measures how much later than planned user functions begin, at 5,000 users a second. On a machine
// that others use as well the figure is theirs too, so only the slow lane judges it.
func TestArrivalsAreExact(t *testing.T) {
	var mu sync.Mutex
	var late []time.Duration
	run(t.Context(), t, load.Options{MaxLateness: -1}, load.Scenario{
		Name: "s", Target: nowhere(t), Profile: injected(t, "constantUsersPerSec(5000).during(1)"),
		User: func(_ context.Context, u *load.User) error {
			lateness := time.Since(u.Intended())
			mu.Lock()
			defer mu.Unlock()
			late = append(late, lateness)
			return nil
		}})
	slices.Sort(late)
	p50, p99 := late[len(late)/2], late[len(late)*99/100]
	t.Logf("%d users a second: late by %v p50, %v p99, %v at most", len(late), p50, p99, late[len(late)-1])
	if late[0] < 0 {
		t.Errorf("a user was early by %v", -late[0])
	}
	if os.Getenv("LOCKSTEP_STRESS") != "" && p99 > time.Millisecond {
		t.Errorf("late by %v p99, want at most 1 ms", p99)
	}
}
