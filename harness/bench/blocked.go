package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

const (
	// neighbours are measured while one session's listener is blocked.
	neighbours = 15
	// pace is the time between the round trips of one neighbour: users who look now and then, so that the
	// machine is not measured instead.
	pace = 100 * time.Millisecond
	// chatter makes the page of the blocked session write to its console all the time.
	chatter = `setInterval(() => { for (let i = 0; i < 20; i++) console.log("chatter", i) }, 10); true`
)

// blocked measures round trips of sessions beside one whose listener does not return.
func blocked(ctx context.Context, o SessionsOptions, result *SessionsResult) (err error) {
	if o.Blocked == 0 {
		return nil
	}
	pool, err := browser.NewPool(o.Driver, browser.PoolOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()

	release, behind, err := blockOne(ctx, pool)
	if err != nil {
		return err
	}
	defer release()
	var others []*sessions.Browser
	for i := range neighbours {
		s, err := openSession(ctx, pool, fmt.Sprintf("neighbour %d", i+1))
		if err != nil {
			return err
		}
		others = append(others, s)
	}
	o.Progress(fmt.Sprintf("measuring %d sessions for %v beside one whose listener is blocked", neighbours, o.Blocked))
	times, err := roundTrips(ctx, others, o.Blocked)
	if err != nil {
		return err
	}
	result.Blocked = &BlockedResult{
		Sessions: neighbours, Seconds: o.Blocked.Seconds(),
		RoundTripMS: percentiles(times), RoundTrips: len(times), Waiting: behind(),
	}
	return nil
}

// blockOne opens a session whose page talks all the time to a listener that does not return until release.
func blockOne(ctx context.Context, pool *browser.Pool) (release func(), behind func() int64, err error) {
	s, err := openSession(ctx, pool, "blocked")
	if err != nil {
		return nil, nil, err
	}
	var seen atomic.Int64
	stopCounting := s.Listen(func(browser.Event) { seen.Add(1) })
	gate := make(chan struct{})
	stopBlocking := s.Listen(func(browser.Event) { <-gate })
	release = func() {
		close(gate)
		stopBlocking()
		stopCounting()
	}
	if err := s.Evaluate(ctx, chatter, nil); err != nil {
		release()
		return nil, nil, err
	}
	return release, func() int64 { return seen.Load() - 1 }, nil
}

// roundTrips runs a script in all sessions again and again.
func roundTrips(ctx context.Context, all []*sessions.Browser, during time.Duration) ([]time.Duration, error) {
	end := time.Now().Add(during)
	var mu sync.Mutex
	var times []time.Duration
	var errs []error
	var working sync.WaitGroup
	for _, s := range all {
		working.Go(func() {
			own, err := oneUser(ctx, s, end)
			mu.Lock()
			defer mu.Unlock()
			times = append(times, own...)
			errs = append(errs, err)
		})
	}
	working.Wait()
	return times, errors.Join(errs...)
}

func oneUser(ctx context.Context, s *sessions.Browser, end time.Time) ([]time.Duration, error) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	var times []time.Duration
	for time.Now().Before(end) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return times, context.Cause(ctx)
		}
		start := time.Now()
		if err := s.Evaluate(ctx, "1", nil); err != nil {
			return times, err
		}
		times = append(times, time.Since(start))
	}
	return times, nil
}
