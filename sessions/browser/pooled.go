package browser

import (
	"context"
	"errors"
	"sync"
)

// pooledPage is a page that gives its place back when it is closed.
type pooledPage struct {
	Page
	options PageOptions
	pool    *Pool
	seat    *seat
	link    *link
	once    sync.Once
}

// Err tells how the browser ended, where the driver knows only that its connection was lost.
func (p *pooledPage) Err() error {
	err := p.Page.Err()
	if errors.Is(err, ErrDied) && p.link.process != nil {
		if reason := p.link.process.Err(); reason != nil {
			return reason
		}
	}
	return err
}

// Close implements Page.
func (p *pooledPage) Close(ctx context.Context) error {
	err := p.Page.Close(ctx)
	p.once.Do(func() {
		p.pool.mu.Lock()
		delete(p.pool.taken, p)
		p.pool.mu.Unlock()
		p.pool.release(p.seat)
	})
	return err
}
