package roddriver

import (
	"context"
	"fmt"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/proto"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// Name is what LOCKSTEP_DRIVER calls this driver.
const Name = "rod"

// Driver is browser.Driver on rod. Its zero value is ready for use.
type Driver struct{}

// Name implements browser.Driver.
func (Driver) Name() string { return Name }

// Connect implements browser.Driver.
func (Driver) Connect(ctx context.Context, address string) (browser.Connection, error) {
	_, l, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return &connection{address: address, line: l}, nil
}

// connection knows where the browser is; its line only tells when the browser is gone.
type connection struct {
	address string
	line    *line
}

// Done implements browser.Connection.
func (c *connection) Done() <-chan struct{} { return c.line.lost() }

// Close implements browser.Connection.
func (c *connection) Close() error { return c.line.Close() }

// NewPage implements browser.Connection.
func (c *connection) NewPage(ctx context.Context, o browser.PageOptions) (browser.Page, error) {
	b, l, err := dial(ctx, c.address)
	if err != nil {
		return nil, fmt.Errorf("new page: %w", err)
	}
	p := &page{Lifetime: browser.NewLifetime(), line: l}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	err = p.open(b, o)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = l.Close()
		p.background.Wait()
		return nil, fmt.Errorf("new page: %w", err)
	}
	return p, nil
}

// open makes the browser context, its window and the subscriptions.
func (p *page) open(b *rod.Browser, o browser.PageOptions) error {
	// The context is deleted with the connection, whatever ends that.
	create := proto.TargetCreateBrowserContext{DisposeOnDetach: true}
	if proxy := o.ProxyServer(); proxy != "" {
		create.ProxyServer = proxy
		create.ProxyBypassList = "<-loopback>" // loopback is bypassed unless told otherwise
	}
	isolated, err := create.Call(b)
	if err != nil {
		return err
	}
	b.BrowserContextID = isolated.BrowserContextID
	width, height := o.Size()
	rp, err := b.Page(proto.TargetCreateTarget{NewWindow: true, Width: &width, Height: &height})
	if err != nil {
		return err
	}
	p.page = rp
	main := string(rp.FrameID)
	p.line.frame.Store(&main)
	p.watch()
	if o.Gateway != nil {
		if err := introduce(p.page, o); err != nil {
			return err
		}
	}
	return p.enable(width, height)
}

// enable switches on what the page reports.
func (p *page) enable(width, height int) error {
	requests := []interface {
		Call(proto.Client) error
	}{
		proto.RuntimeEnable{}, proto.NetworkEnable{}, proto.LogEnable{}, proto.InspectorEnable{},
		proto.EmulationSetDeviceMetricsOverride{Width: width, Height: height, DeviceScaleFactor: 1},
		// A window without the focus gets no focus events and no caret.
		proto.EmulationSetFocusEmulationEnabled{Enabled: true},
	}
	for _, request := range requests {
		if err := request.Call(p.page); err != nil {
			return err
		}
	}
	return nil
}
