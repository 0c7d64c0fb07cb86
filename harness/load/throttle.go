package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

// throttle gives requests their turns, in the order in which they ask. A turn that nobody wanted when it came is
// lost: a quiet time is not made up for by a burst. Of several machines each has every so-manieth turn, so that all of them
// together keep the limit.
type throttle struct {
	limit         profile.Throttle
	began         time.Time
	shard, shards int // of whose turns these are, from 0

	mu    sync.Mutex
	turns int // of this machine that are given or lost
}

// newThrottle is nil for a limit that limits nothing.
func newThrottle(limit profile.Throttle, began time.Time, shard, shards int) *throttle {
	if limit.String() == "" {
		return nil
	}
	return &throttle{limit: limit, began: began, shard: shard, shards: shards}
}

// next is when the request that asks now may go: the zero time if at once, false if never.
func (t *throttle) next(now time.Time) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	since := now.Sub(t.began)
	t.turns = max(t.turns+1, (t.limit.Allowed(since)+t.shards-1-t.shard)/t.shards)
	at, ok := t.limit.At((t.turns-1)*t.shards + t.shard + 1)
	if !ok || at <= since {
		return time.Time{}, ok
	}
	return t.began.Add(at), true
}

// wait returns when it is the caller's turn, with the moment of the turn if it had to wait for it.
func (t *throttle) wait(ctx context.Context) (turn time.Time, err error) {
	turn, ok := t.next(time.Now())
	switch {
	case !ok:
		<-ctx.Done()
		return turn, fmt.Errorf("the throttle %v lets nothing through any more: %w", t.limit, context.Cause(ctx))
	case turn.IsZero():
		return turn, nil
	case !waitRoughly(ctx, turn):
		return turn, fmt.Errorf("waiting for a turn under the throttle %v: %w", t.limit, context.Cause(ctx))
	}
	return turn, nil
}
