// Package roddriver drives pages through rod.
//
// Every page has a DevTools connection of its own: rod hands each event of a connection to every page on it,
// and keeps state for each page until the connection ends. With one connection a page, a slow page costs the
// others nothing, and closing it leaves nothing behind. rod's types are seen in this package alone; spec
// authors who need more than the neutral verbs take their page with Page:
//
//	page, err := roddriver.Page(ctx, session)
//	if err != nil { … }
//	info, err := page.Info()
//
// None of rod's Must functions is used: they panic in whatever goroutine they run in.
//
// # Concurrency
//
// Pages may be used at the same time, each by one goroutine. A page starts goroutines that read its events;
// Close ends them and waits.
//
// # Errors
//
// Errors are rod's, wrapped. A lost connection ends its page with browser.ErrDied, a renderer that ends
// closes its page with browser.ErrCrashed.
package roddriver
