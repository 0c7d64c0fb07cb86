// Package cdpdriver drives pages through chromedp.
//
// One connection serves all pages of a browser; each page is a chromedp context with a browser context and
// a window of its own. Spec authors who need more than the neutral verbs take the chromedp context of their
// page with Context and run any chromedp action on it:
//
//	tab, err := cdpdriver.Context(ctx, session)
//	if err != nil { … }
//	title, err := chromedp.Run(tab, chromedp.Title())
//
// # Concurrency
//
// Pages of one connection may be used at the same time, each by one goroutine. Listeners only append to
// the page's queue: they run in the loop that reads for the page.
//
// # Errors
//
// Errors are chromedp's, wrapped. A lost connection ends all its pages with browser.ErrDied, a renderer
// that ends closes its page with browser.ErrCrashed.
package cdpdriver
