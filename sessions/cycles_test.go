package sessions_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// envStress chooses the stress lane.
const envStress = "LOCKSTEP_STRESS"

// cycles is how many sessions each driver opens and closes: enough to see what each leaves behind, and 10,000 in the
// stress lane.
func cycles() int {
	switch {
	case os.Getenv(envStress) != "":
		return 10_000
	case testing.Short():
		return 50
	}
	return 60
}

func TestSessionsLeaveNothingBehind(t *testing.T) {
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			pool := browsertest.NeedPool(t, driver, browser.PoolOptions{})
			openAndClose(t, pool, 10) // what is made once is made now
			before := count(t, pool)
			start := time.Now()
			openAndClose(t, pool, cycles())
			t.Logf("%d cycles in %v", cycles(), time.Since(start).Round(time.Millisecond))
			var after leftovers
			until(t, fmt.Sprintf("all is as before: %+v", before), func() bool {
				after = count(t, pool)
				return after.contexts <= before.contexts && after.targets <= before.targets && after.goroutines <= before.goroutines+2
			})
		})
	}
}

// openAndClose opens and closes sessions, some at the same time.
func openAndClose(t *testing.T, pool *browser.Pool, times int) {
	const workers = 4
	jobs := make(chan int)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for i := range jobs {
				if err := cycle(t.Context(), pool, i); err != nil {
					t.Errorf("cycle %d: %v", i, err)
				}
			}
		})
	}
	for i := range times {
		if t.Failed() {
			break
		}
		jobs <- i
	}
	close(jobs)
	working.Wait()
}

func cycle(ctx context.Context, pool *browser.Pool, i int) error {
	s, err := sessions.OpenBrowser(ctx, pool, sessions.Identity{Name: fmt.Sprint("user", i)}, sessions.BrowserOptions{ActionTimeout: time.Minute})
	if err != nil {
		return err
	}
	if err := s.Evaluate(ctx, "1 + 1", nil); err != nil {
		return err
	}
	return s.Close(ctx)
}

type leftovers struct{ contexts, targets, goroutines int }

// count asks the browser what it has, through a connection of its own.
func count(t *testing.T, pool *browser.Pool) (found leftovers) {
	t.Helper()
	address, err := pool.Address(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found.goroutines = runtime.NumGoroutine()
	allocator, cancelAllocator := remote.NewAllocator(t.Context(), address, remote.NoModifyURL)
	defer cancelAllocator()
	root, cancel := chromedp.NewContext(allocator)
	defer cancel()
	contexts, err := chromedp.CallBrowser(root, target.GetBrowserContexts, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	targets, err := chromedp.CallBrowser(root, target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		t.Fatal(err)
	}
	found.contexts, found.targets = len(contexts.BrowserContextIDs), len(targets.TargetInfos)
	return found
}
