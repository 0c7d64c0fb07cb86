package cdpdriver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// Name is what LOCKSTEP_DRIVER calls this driver.
const Name = "chromedp"

// Driver is browser.Driver on chromedp. Its zero value is ready for use.
type Driver struct{}

// Name implements browser.Driver.
func (Driver) Name() string { return Name }

// Connect implements browser.Driver.
func (Driver) Connect(ctx context.Context, address string) (browser.Connection, error) {
	allocator, cancelAllocator := remote.NewAllocator(context.Background(), address, remote.NoModifyURL)
	root, cancelRoot := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	c := &connection{root: root, cancel: func() { cancelRoot(); cancelAllocator() }}

	stop := context.AfterFunc(ctx, c.cancel)
	// A browser command connects without opening a tab.
	_, err := chromedp.CallBrowser(root, target.SetDiscoverTargets, target.SetDiscoverTargetsParams{Discover: false})
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.cancel()
		return nil, fmt.Errorf("%w at %s: %w", browser.ErrAttach, address, err)
	}
	return c, nil
}

// connection is one WebSocket to one browser: chromedp's root context.
type connection struct {
	root   context.Context
	cancel func()
	close  sync.Once
}

// Done implements browser.Connection.
func (c *connection) Done() <-chan struct{} { return c.root.Done() }

// Close implements browser.Connection.
func (c *connection) Close() error {
	c.close.Do(c.cancel)
	return nil
}

// NewPage implements browser.Connection.
func (c *connection) NewPage(ctx context.Context, o browser.PageOptions) (browser.Page, error) {
	p := &page{Lifetime: browser.NewLifetime()}
	tab, cancel := chromedp.NewContext(c.root,
		chromedp.WithNewBrowserContext(contextOptions(o)...),
		chromedp.WithListener(p.observe))
	p.tab, p.cancel = tab, cancel

	made := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { cutOff(made, cancel) })
	err := p.prepare(o)
	close(made)
	if err == nil {
		err = p.watch()
	}
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		cancel()
		p.background.Wait()
		return nil, fmt.Errorf("new page: %w", err)
	}
	return p, nil
}

// makeGrace is how long a tab may still take to be made when nobody wants it any more.
const makeGrace = time.Second

// cutOff ends the making of a tab, but for a browser that answers not before it is made: chromedp closes only what
// it is attached to, and half a tab would stay in a browser that others use as long as our connection does.
func cutOff(made <-chan struct{}, cancel func()) {
	timer := time.NewTimer(makeGrace)
	defer timer.Stop()
	select {
	case <-made: // who made it sees that it is too late, and closes it
	case <-timer.C:
		cancel()
	}
}

func contextOptions(o browser.PageOptions) []chromedp.CreateBrowserContextOption {
	dispose := true // nothing is left in the browser if our connection is lost
	options := []chromedp.CreateBrowserContextOption{func(p *target.CreateBrowserContextParams) {
		p.DisposeOnDetach = &dispose
	}}
	if proxy := o.ProxyServer(); proxy != "" {
		options = append(options, func(p *target.CreateBrowserContextParams) {
			p.ProxyServer = proxy
			p.ProxyBypassList = "<-loopback>" // loopback is bypassed unless told otherwise
		})
	}
	return options
}
