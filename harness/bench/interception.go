package bench

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/cdpdriver"
)

// interception holds one browser's request inside it, by DevTools.
type interception struct {
	tab    context.Context
	paused iter.Seq2[fetch.EventRequestPaused, error]
}

// holdInBrowsers is what a test does that has DevTools and no gateway: each request is paused in its browser, and all are
// told to go on at the same moment.
func holdInBrowsers(ctx context.Context, users []*sessions.Browser) (release func(ctx context.Context) error, err error) {
	all := make([]interception, len(users))
	for i, user := range users {
		tab, err := cdpdriver.Context(ctx, user)
		if err != nil {
			return nil, err
		}
		all[i] = interception{tab, chromedp.Events(tab, fetch.RequestPaused)}
		if _, err := chromedp.Call(tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/act"}}}); err != nil {
			return nil, err
		}
	}
	return func(context.Context) error { return continueAll(all) }, nil
}

// continueAll waits until all requests are paused, and lets them go on.
func continueAll(all []interception) error {
	errs := make([]error, len(all))
	start := make(chan struct{})
	var paused, going sync.WaitGroup
	for i, x := range all {
		paused.Add(1)
		going.Go(func() {
			id, err := x.first()
			paused.Done()
			<-start
			if err == nil {
				_, err = chromedp.Call(x.tab, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id})
			}
			errs[i] = err
		})
	}
	paused.Wait()
	close(start)
	going.Wait()
	for _, x := range all {
		if _, err := chromedp.Call(x.tab, fetch.Disable, cdp.Empty{}); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// first waits for the paused request.
func (x interception) first() (fetch.RequestID, error) {
	for event, err := range x.paused {
		return event.RequestID, err
	}
	return "", context.Cause(x.tab)
}
