// Package browser finds, launches and attaches to browsers, and hands out isolated pages: every page has
// a browser context of its own (cookies, storage, cache) and a window of its own, and nothing of it is
// left when it is closed.
//
// # Why
//
// A driver library knows how to talk to one browser. A run with many users needs more: K browsers that
// share the load, pages that are ready before they are asked for, a browser's death that is noticed at
// once and costs only its own users, and processes and folders that are gone at the end even when the run
// was killed. That part is the same for every driver, so it is here, below them; the drivers
// (packages cdpdriver and roddriver) get the DevTools address of a browser and make pages in it.
//
// # Use
//
//	pool, err := browser.NewPool(cdpdriver.Driver{}, browser.PoolOptions{Warm: 2})
//	if err != nil { … }
//	defer pool.Close()
//	page, err := pool.Acquire(ctx, "owner", browser.PageOptions{})
//	if err != nil { … }
//	defer page.Close(ctx)
//
// # Gateways
//
// Every page of a pool has a gateway of its own, made with it, in advance for those that are kept warm: the proxy of its
// browser context, loopback included. PoolOptions.Direct leaves them out, PageOptions.Direct that of one page. The page shows
// the gateway's credentials once, when it is made, and its context remembers them for all of its windows, workers and
// WebSockets. Nothing of that is left in the page.
//
// The certificates that gateways show are trusted by the browsers that this process launched, by the hash of the run's
// authority. A browser that another process launched knows another authority: there, pages with a gateway take any
// certificate, which only their gateway can show them; service workers over HTTPS cannot be registered there.
//
// # Security
//
// A gateway listens on loopback, verifies the servers, and serves its own page alone.
// The DevTools port of a launched browser listens on loopback, on a port that the kernel chooses, and lives
// as long as the browser. Attach refuses addresses beyond loopback unless they use TLS.
//
// # Concurrency
//
// Everything here may be used by several goroutines at once. A Pool starts goroutines that make pages in
// advance; Close waits for them, for all pages and for all browsers. A Process starts one goroutine that
// waits for the process; Close waits for it.
//
// # Errors
//
// ErrNotFound: there is no browser; the message says how to get one. ErrLaunch: a browser was found and
// did not start; the message has the end of its output. ErrAttach: nothing answered at the address.
// ErrDied: the browser ended while it was needed. ErrClosed: the pool, the process or the page was closed. ErrNoAnswer: the
// page's gateway could not reach the server.
package browser
