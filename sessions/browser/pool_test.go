package browser_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

func acquire(t *testing.T, pool *browser.Pool, owner string) browser.Page {
	t.Helper()
	page, err := pool.Acquire(t.Context(), owner, browser.PageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// fakePage is the page below one of a pool.
func fakePage(page browser.Page) *browsertest.Page { return page.Raw().(*browsertest.Page) }

func TestPoolOptions(t *testing.T) {
	for name, o := range map[string]browser.PoolOptions{
		"browsers": {Browsers: -1}, "pages": {PagesPerBrowser: -1}, "warm": {Warm: -1},
		"attached to many": {Attach: "127.0.0.1:1", Browsers: 2}, "too many warm": {Warm: 5, PagesPerBrowser: 2, Browsers: 2},
	} {
		if _, err := browser.NewPool(&browsertest.Driver{}, o); !errors.Is(err, browser.ErrInvalidOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
	pool := browsertest.NewPool(t, &browsertest.Driver{}, browser.PoolOptions{})
	if _, err := pool.Acquire(t.Context(), "owner", browser.PageOptions{Width: -1}); !errors.Is(err, browser.ErrInvalidOption) {
		t.Errorf("a window of -1 pixels: %v", err)
	}
}

func TestPoolSpreadsPages(t *testing.T) {
	driver := &browsertest.Driver{}
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Browsers: 3})
	for i := range 6 {
		acquire(t, pool, fmt.Sprint("user", i))
	}
	connections := driver.Connections()
	if len(connections) != 3 {
		t.Fatalf("%d browsers", len(connections))
	}
	for i, c := range connections {
		if n := len(c.Pages()); n != 2 {
			t.Errorf("browser %d has %d pages", i, n)
		}
	}
}

func TestPoolThatIsFullNamesOwners(t *testing.T) {
	pool := browsertest.NewPool(t, &browsertest.Driver{}, browser.PoolOptions{PagesPerBrowser: 2})
	first := acquire(t, pool, "owner")
	acquire(t, pool, "clerk")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := pool.Acquire(ctx, "guest", browser.PageOptions{})
	want := "page for guest: all 2 pages are taken, by clerk, owner: context deadline exceeded; close a session, or allow more browsers or pages per browser"
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != want {
		t.Errorf("error = %v", err)
	}
	got := make(chan error, 1)
	go func() { _, err := pool.Acquire(t.Context(), "guest", browser.PageOptions{}); got <- err }()
	if err := first.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-got; err != nil {
		t.Errorf("after a page was given back: %v", err)
	}
}

func TestPoolKeepsWarmPages(t *testing.T) {
	driver := &browsertest.Driver{}
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Warm: 2})
	if err := pool.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready := driver.Pages()
	if len(ready) != 2 {
		t.Fatalf("%d pages are warm", len(ready))
	}
	if page := acquire(t, pool, "owner"); fakePage(page) != ready[0] {
		t.Error("the first warm page was not taken")
	}
	waitUntil(t, "the next page is made", func() bool { return driver.OpenPages() == 3 })

	ready[1].Crash()
	if page := acquire(t, pool, "clerk"); page.Err() != nil || fakePage(page) == ready[1] {
		t.Error("a dead warm page was handed out")
	}
	wide, err := pool.Acquire(t.Context(), "wide", browser.PageOptions{Width: 2000})
	if err != nil || fakePage(wide).Options.Width != 2000 {
		t.Errorf("a page with options of its own: %v, %v", wide, err)
	}
}

// The last place of a pool is being filled with a warm page when somebody asks: it is for them.
func TestPoolHandsOutAPageThatIsBeingWarmed(t *testing.T) {
	reached, released := make(chan struct{}, 1), make(chan struct{})
	driver := &browsertest.Driver{Fault: browsertest.Hold(browsertest.NewPage, 2, reached, released)}
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Warm: 1, PagesPerBrowser: 2})
	acquire(t, pool, "owner") // and the second is made in the background
	<-reached
	got := make(chan error, 1)
	go func() { _, err := pool.Acquire(t.Context(), "clerk", browser.PageOptions{}); got <- err }()
	close(released)
	if err := <-got; err != nil {
		t.Error(err)
	}
}

// A page with options of its own needs the place of a warm one.
func TestPoolMakesRoom(t *testing.T) {
	driver := &browsertest.Driver{}
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Warm: 1, PagesPerBrowser: 1})
	if err := pool.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Acquire(t.Context(), "wide", browser.PageOptions{Width: 2000}); err != nil {
		t.Error(err)
	}
}

func TestPoolReplacesABrowserThatDied(t *testing.T) {
	driver := &browsertest.Driver{}
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Browsers: 2})
	lost, kept := acquire(t, pool, "owner"), acquire(t, pool, "clerk")
	driver.Connections()[0].Die()
	<-lost.Done()
	waitUntil(t, "the error tells how it died", func() bool { return strings.Contains(lost.Err().Error(), "killed") })
	if !errors.Is(lost.Err(), browser.ErrDied) || kept.Err() != nil {
		t.Errorf("lost: %v, kept: %v", lost.Err(), kept.Err())
	}
	if err := lost.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if next := acquire(t, pool, "owner"); next.Err() != nil || len(driver.Connections()) != 3 {
		t.Errorf("the next page: %v, %d browsers", next.Err(), len(driver.Connections()))
	}
}

// A browser that dies while it makes a page costs one more try.
func TestPoolTriesAgain(t *testing.T) {
	driver := &browsertest.Driver{}
	driver.Fault = func(_ context.Context, call browsertest.Call) error {
		if call.Method == browsertest.NewPage && call.N == 1 {
			driver.Connections()[0].Die()
			return errors.New("use of closed network connection")
		}
		return nil
	}
	acquire(t, browsertest.NewPool(t, driver, browser.PoolOptions{}), "owner")

	always := &browsertest.Driver{}
	always.Fault = func(_ context.Context, call browsertest.Call) error {
		if call.Method == browsertest.NewPage {
			all := always.Connections()
			all[len(all)-1].Die()
		}
		return nil
	}
	pool := browsertest.NewPool(t, always, browser.PoolOptions{})
	if _, err := pool.Acquire(t.Context(), "owner", browser.PageOptions{}); !errors.Is(err, browser.ErrDied) {
		t.Errorf("a browser that always dies: %v", err)
	}
}

func TestPoolPassesFailuresOn(t *testing.T) {
	broken := errors.New("broken")
	for _, method := range []browsertest.Method{browsertest.Connect, browsertest.NewPage} {
		driver := &browsertest.Driver{Fault: browsertest.Fail(method, 1, broken)}
		pool := browsertest.NewPool(t, driver, browser.PoolOptions{PagesPerBrowser: 1, Attach: browsertest.Serve(t)})
		if _, err := pool.Acquire(t.Context(), "owner", browser.PageOptions{}); !errors.Is(err, broken) {
			t.Errorf("%s fails: %v", method, err)
		}
		acquire(t, pool, "owner") // its place was given back
	}
}

func TestPoolCloseEndsWhatIsInProgress(t *testing.T) {
	for name, method := range map[string]browsertest.Method{"connecting": browsertest.Connect, "making a page": browsertest.NewPage} {
		t.Run(name, func(t *testing.T) {
			emptyTemp(t)
			reached := make(chan struct{}, 1)
			driver := &browsertest.Driver{Fault: browsertest.Hold(method, 1, reached, nil)}
			pool := browsertest.NewPool(t, driver, browser.PoolOptions{Warm: 1})
			got := make(chan error, 1)
			go func() { _, err := pool.Acquire(context.Background(), "owner", browser.PageOptions{}); got <- err }()
			<-reached
			if err := pool.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if err := <-got; !errors.Is(err, browser.ErrClosed) {
				t.Errorf("Acquire: %v", err)
			}
			expectClosed(t, pool, driver)
		})
	}
}

func TestPoolCloseWhileWarmingAndWhileWaiting(t *testing.T) {
	emptyTemp(t)
	reached := make(chan struct{}, 1)
	driver := &browsertest.Driver{Fault: browsertest.Hold(browsertest.NewPage, 2, reached, nil)}
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Warm: 1, PagesPerBrowser: 2})
	page := acquire(t, pool, "owner")
	<-reached // the warm page takes the last place
	got := make(chan error, 1)
	go func() { _, err := pool.Acquire(context.Background(), "clerk", browser.PageOptions{}); got <- err }()
	if err := pool.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-got; !errors.Is(err, browser.ErrClosed) {
		t.Errorf("who waited: %v", err)
	}
	if !errors.Is(page.Err(), browser.ErrClosed) {
		t.Errorf("a page that was taken: %v", page.Err())
	}
	expectClosed(t, pool, driver)
}

func expectClosed(t *testing.T, pool *browser.Pool, driver *browsertest.Driver) {
	t.Helper()
	if err := pool.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if n := driver.OpenPages(); n != 0 {
		t.Errorf("%d pages are open", n)
	}
	if _, err := pool.Acquire(t.Context(), "late", browser.PageOptions{}); !errors.Is(err, browser.ErrClosed) {
		t.Errorf("Acquire after Close: %v", err)
	}
	if _, err := pool.Address(t.Context()); !errors.Is(err, browser.ErrClosed) {
		t.Errorf("Address after Close: %v", err)
	}
	if err := pool.Warm(t.Context()); !errors.Is(err, browser.ErrClosed) {
		t.Errorf("Warm after Close: %v", err)
	}
}
