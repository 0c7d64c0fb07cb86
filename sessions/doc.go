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
// browser.ErrDied, browser.ErrCrashed, context.DeadlineExceeded, ErrInvalidOption.
package sessions
