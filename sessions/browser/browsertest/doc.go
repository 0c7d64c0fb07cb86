// Package browsertest is a browser.Driver whose browsers exist in memory, so that whatever stands on browsers
// is tested in microseconds and can see every one of its calls fail, hang, or lose its browser.
//
// # Why
//
// A real browser fails when it likes. Tests of the paths behind a failure (a page that cannot be made, a
// click that hangs, a browser that dies between two steps) need one that fails when it is told to.
//
// # Use
//
//	driver := &browsertest.Driver{Fault: browsertest.Fail(browsertest.Click, 2, errBroken)}
//	pool := browsertest.NewPool(t, driver, browser.PoolOptions{})
//	owner, err := sessions.OpenBrowser(ctx, pool, sessions.Identity{Name: "owner"}, sessions.BrowserOptions{})
//
// Where a pool is made elsewhere (package harness), give it the driver and one of
//
//	browser.PoolOptions{Attach: browsertest.Serve(t)}
//	browser.PoolOptions{Browsers: 2, Launch: browser.LaunchOptions{Executable: browsertest.Executable(t)}}
//
// The first attaches to an address where something answers as a browser would; the second launches a
// process for each browser, a script that only waits, so that browsers can be several and can be killed.
//
// Without a word all goes well: addresses load, every selector matches one element that is visible, enabled
// and has no text, scripts answer null, cookies and storage are each page's own. Driver.Element and
// Driver.Evaluate script the answers, Driver.Fault lets calls fail or block, Connection.Die and Page.Crash end what
// they belong to, Page.Say, Page.Throw and Page.Emit make events.
//
// # Concurrency
//
// Everything may be used by several goroutines at once. The Driver's fields are set before it is first used.
// There are no goroutines.
//
// # Errors
//
// The errors are those of real drivers: browser.ErrDied, browser.ErrCrashed, browser.ErrClosed, the context's
// cause, and whatever Fault returns.
package browsertest
