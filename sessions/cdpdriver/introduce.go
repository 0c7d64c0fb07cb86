package cdpdriver

import (
	"context"
	"errors"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// introduce makes the page and its gateway known to each other: the page shows its credentials, and takes the
// certificates of the gateway, which verifies the servers. Nothing of it is left in the page.
func (p *page) introduce(o browser.PageOptions) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if o.Gateway == nil {
			return nil
		}
		yes := true
		if _, err := cdp.Call(ctx, t, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: yes}); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		asked := make(chan any, 16)
		if err := chromedp.Listen(ctx, func(ev any) { keepFetch(asked, ev) }); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, t, fetch.Enable, fetch.EnableParams{
			Patterns: []*fetch.RequestPattern{{URLPattern: browser.HelloPattern}}, HandleAuthRequests: &yes,
		}); err != nil {
			return err
		}
		user, password := o.Gateway.Credentials()
		if err := sayHello(ctx, t, asked, fetch.AuthChallengeResponse{
			Response: fetch.AuthChallengeResponseResponseProvideCredentials, Username: user, Password: password,
		}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, fetch.Disable, cdp.Empty{})
		p.events.Take() // the session has not begun
		return err
	})
}

// keepFetch runs in the loop that reads for the page.
func keepFetch(asked chan<- any, ev any) {
	switch ev.(type) {
	case *fetch.EventRequestPaused, *fetch.EventAuthRequired:
		select {
		case asked <- ev:
		default: // nobody asks that often, and nothing may wait here
		}
	}
}

var errNoHello = errors.New("the page did not reach its gateway")

// sayHello lets the page ask for the gateway's own address, and answers what the browser asks meanwhile.
func sayHello(ctx context.Context, t *chromedp.Target, asked <-chan any, credentials fetch.AuthChallengeResponse) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	said := make(chan error, 1)
	go func() {
		reached, err := chromedp.Evaluate[bool](browser.HelloScript, chromedp.EvalAwaitPromise)(ctx, t)
		if err == nil && !reached {
			err = errNoHello
		}
		said <- err
	}()
	for {
		select {
		case err := <-said:
			return err
		case ev := <-asked:
			if err := answer(ctx, t, ev, credentials); err != nil {
				cancel()
				return errors.Join(err, <-said)
			}
		}
	}
}

func answer(ctx context.Context, t *chromedp.Target, ev any, credentials fetch.AuthChallengeResponse) (err error) {
	switch ev := ev.(type) {
	case *fetch.EventRequestPaused:
		_, err = cdp.Call(ctx, t, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
	case *fetch.EventAuthRequired:
		_, err = cdp.Call(ctx, t, fetch.ContinueWithAuth, fetch.ContinueWithAuthParams{
			RequestID: ev.RequestID, AuthChallengeResponse: &credentials,
		})
	}
	return err
}
