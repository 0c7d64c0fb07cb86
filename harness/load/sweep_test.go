package load_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sessions"
)

func TestASweepKeepsEveryExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var present, most, done atomic.Int64
		scenario := load.Scenario{Name: "s", Target: nowhere(t), User: func(ctx context.Context, u *load.User) error {
			most.Store(max(most.Load(), present.Add(1)))
			defer present.Add(-1)
			_ = taking(time.Second)(ctx, u)
			if done.Add(1)%10 == 0 {
				return errors.New("the tenth")
			}
			return nil
		}}
		sweep, err := load.Sweep(t.Context(), load.Options{}, scenario, load.SweepOptions{Levels: []int{1, 5, 10}, Executions: 100})
		if err != nil {
			t.Fatal(err)
		}
		if most.Load() != 10 || len(sweep.Levels) != 3 || sweep.Err() != nil {
			t.Errorf("%d present at most, %d levels, %v", most.Load(), len(sweep.Levels), sweep.Err())
		}
		for i, want := range []struct {
			users int64
			took  time.Duration
		}{{1, 100 * time.Second}, {5, 20 * time.Second}, {10, 10 * time.Second}} {
			l := sweep.Levels[i]
			failed := 0
			for _, e := range l.Executions {
				if e.Err != nil {
					failed++
				}
			}
			if len(l.Executions) != 100 || l.Result.Users.Started != want.users || l.At != want.took || failed != 10 {
				t.Errorf("%d executions by %d users in %v, %d failed; want 100 by %d in %v, 10 failed", len(l.Executions), l.Result.Users.Started, l.At, failed, want.users, want.took)
			}
		}
	})
	if _, err := load.Sweep(t.Context(), load.Options{}, load.Scenario{}, load.SweepOptions{Levels: []int{0}, Executions: 1}); !errors.Is(err, sessions.ErrInvalidOption) {
		t.Error(err)
	}
}
