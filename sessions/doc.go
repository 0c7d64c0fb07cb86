// Package sessions has the users of the system under test: a session is one independent user with cookies,
// storage and a network identity of its own, in a real browser (Browser) or as a light HTTP client (HTTP).
//
// # Why
//
// Driver libraries know pages and elements; a run with many users needs to know who did what. A session
// has a name that is in every error, it always knows what it is doing and since when, it notices that its
// browser died, and it can give evidence at any moment: screenshot, source, console, page errors, requests.
// Its verbs wait alike on both drivers, and a verb that fails says what was awaited, how long, and what
// the page looked like instead.
//
// # Use
//
//	pool, err := browser.NewPool(driver, browser.PoolOptions{})
//	owner, err := sessions.OpenBrowser(ctx, pool, sessions.Identity{Name: "owner", Tenant: "acme"}, sessions.BrowserOptions{BaseURL: url})
//	defer owner.Close(ctx)
//	err = owner.Navigate(ctx, "/phonebooks")
//	err = owner.Click(ctx, "#create")
//	text, err := owner.Text(ctx, "[role=alert]")
//
// Spec authors rarely open sessions by hand: package harness does. The neutral verbs stay few. For anything
// else there is the driver's own handle: cdpdriver.Context and roddriver.Page.
//
// # Gateways
//
// A browser session reaches its servers through a gateway of its own, unless it was opened without (PageOptions.Direct);
// an HTTP session does if its options have one. Gateway returns it, to record, hold and release what the session sends:
//
//	rule, err := owner.Gateway().Hold(gateway.Match{Method: "POST", Path: "/phonebooks/{id}/rename"})
//
// Nothing changes for the verbs: a server that the gateway cannot reach fails them (browser.ErrNoAnswer, with the gateway's
// reason), and one that gave up while a request was held says so. What scripts of a page see of such a server is a response
// with the status 502, where without a gateway the request would fail.
//
// # Concurrency
//
// A session is one user, who does one thing at a time: its verbs are for one goroutine at a time. Doing,
// Done, Err, Evidence and Close may be called from others meanwhile. A Browser runs one goroutine that
// records what happens in its page and one for each listener; Close waits for them.
//
// # Errors
//
// Every error of a verb is a *SessionError with the session's name; below it an *ActionError says what was
// awaited, how long, the last state that was seen, and a hint. errors.Is finds the causes:
// browser.ErrDied, browser.ErrCrashed, browser.ErrNoAnswer, context.DeadlineExceeded, ErrInvalidOption.
package sessions
