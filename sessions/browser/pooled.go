package browser

import (
	"context"
	"errors"
	"sync"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// Pooled is a page of a pool. When it is closed it gives its place back, and its gateway goes with it.
type Pooled struct {
	Page
	options PageOptions
	gateway *gateway.Gateway
	pool    *Pool
	seat    *seat
	link    *link
	once    sync.Once
}

// Gateway is the proxy of the page; nil where it has none.
func (p *Pooled) Gateway() *gateway.Gateway { return p.gateway }

// Err tells how the browser ended, where the driver knows only that its connection was lost.
func (p *Pooled) Err() error {
	err := p.Page.Err()
	if errors.Is(err, ErrDied) && p.link.process != nil {
		if reason := p.link.process.Err(); reason != nil {
			return reason
		}
	}
	return err
}

// Close implements Page.
func (p *Pooled) Close(ctx context.Context) error {
	err := p.Page.Close(ctx)
	p.once.Do(func() {
		err = errors.Join(err, p.options.closeGateway(p.gateway))
		p.pool.mu.Lock()
		delete(p.pool.taken, p)
		p.pool.mu.Unlock()
		p.pool.release(p.seat)
	})
	return err
}

// gatewayFor makes the gateway of a page, if it is to have one of its own.
func (p *Pool) gatewayFor(ctx context.Context, o PageOptions) (*gateway.Gateway, error) {
	if o.Gateway != nil || o.Direct || o.Proxy != "" || p.options.Direct {
		return o.Gateway, nil
	}
	return gateway.Listen(ctx, p.options.Gateway)
}

// closeGateway closes the gateway of a page with these options, unless it is somebody else's.
func (o PageOptions) closeGateway(g *gateway.Gateway) error {
	if g == nil || g == o.Gateway {
		return nil
	}
	return g.Close()
}
