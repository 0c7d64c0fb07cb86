package browser

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// page takes a warm page or makes one, as soon as there is a place for it.
func (p *Pool) page(ctx context.Context, o PageOptions) (*Pooled, error) {
	for {
		c := p.claim(o)
		switch {
		case c.seat != nil:
			return p.newPage(ctx, c.seat, o)
		case c.warm != nil && c.warm.options == o && c.warm.Err() == nil:
			return c.warm, nil
		case c.warm != nil: // it died while it was waiting, or it makes room for one with other options
			_ = c.warm.Close(ctx)
		default:
			if err := c.wait(ctx); err != nil {
				return nil, err
			}
		}
	}
}

// claim is one of: a warm page, a place in a browser, or neither, to be waited for.
type claim struct {
	warm *Pooled
	seat *seat

	freed  <-chan struct{}
	limit  int
	owners []string
}

// claim takes what is there, for a page with these options.
func (p *Pool) claim(o PageOptions) claim {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o == (PageOptions{}) && len(p.warm) > 0 {
		return claim{warm: p.popWarm()}
	}
	if s := p.reserve(); s != nil {
		return claim{seat: s}
	}
	if len(p.warm) > 0 {
		return claim{warm: p.popWarm()}
	}
	return p.full()
}

// full describes a pool without a place; the lock is held.
func (p *Pool) full() claim {
	return claim{freed: p.freed, limit: len(p.seats) * p.options.PagesPerBrowser, owners: slices.Sorted(maps.Values(p.taken))}
}

// wait returns when there may be a place.
func (c claim) wait(ctx context.Context) error {
	select {
	case <-c.freed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("all %d pages are taken, by %s: %w; close a session, or allow more browsers or pages per browser",
			c.limit, strings.Join(c.owners, ", "), context.Cause(ctx))
	}
}

// reserve takes a place in the browser with the fewest pages, nil if all are full; the lock is held.
func (p *Pool) reserve() *seat {
	s := slices.MinFunc(p.seats, func(a, b *seat) int { return a.pages - b.pages })
	if limit := p.options.PagesPerBrowser; limit > 0 && s.pages >= limit {
		return nil
	}
	s.pages++
	return s
}

// release gives a place back.
func (p *Pool) release(s *seat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.pages--
	p.signal()
}

// signal wakes all who wait for a place; the lock is held.
func (p *Pool) signal() {
	close(p.freed)
	p.freed = make(chan struct{})
}

// newPage makes a page, with its gateway, at a place that was reserved.
func (p *Pool) newPage(ctx context.Context, s *seat, o PageOptions) (_ *Pooled, err error) {
	made := &Pooled{options: o, pool: p, seat: s}
	if made.gateway, err = p.gatewayFor(ctx, o); err == nil {
		through := o
		through.Gateway = made.gateway
		made.Page, made.link, err = s.newPage(ctx, through)
	}
	if err != nil {
		p.release(s)
		return nil, errors.Join(err, o.closeGateway(made.gateway))
	}
	return made, nil
}
