package browsertest

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// Connection is a line to a browser that exists in memory.
type Connection struct {
	driver  *Driver
	address string
	life    browser.Lifetime

	mu    sync.Mutex
	pages []*Page
}

// Address is the address that was connected to.
func (c *Connection) Address() string { return c.address }

// Pages are all pages that were made through the connection, in order, closed ones included.
func (c *Connection) Pages() []*Page {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.pages)
}

// NewPage implements browser.Connection.
func (c *Connection) NewPage(ctx context.Context, o browser.PageOptions) (browser.Page, error) {
	limited, cancel := c.life.Limit(context.WithoutCancel(ctx), ctx)
	defer cancel()
	if err := c.life.Explain(ctx, c.driver.before(limited, Call{Method: NewPage})); err != nil {
		return nil, fmt.Errorf("new page: %w", err)
	}
	p := &Page{Options: o, Lifetime: browser.NewLifetime(), driver: c.driver, url: "about:blank", storage: &storage{}}
	if c.driver.Shared {
		p.storage = &c.driver.storage
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.life.Err(); err != nil {
		return nil, fmt.Errorf("new page: %w", err)
	}
	c.pages = append(c.pages, p)
	return p, nil
}

// Done implements browser.Connection.
func (c *Connection) Done() <-chan struct{} { return c.life.Done() }

// Close implements browser.Connection.
func (c *Connection) Close() error {
	c.end(fmt.Errorf("connection: %w", browser.ErrClosed))
	return nil
}

// Die ends the browser as a SIGKILL would: its process, if Executable started it, its connection, and all
// its pages with browser.ErrDied.
func (c *Connection) Die() {
	if pid, err := strconv.Atoi(path.Base(c.address)); err == nil && pid > 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	c.end(fmt.Errorf("%w: its DevTools connection was lost", browser.ErrDied))
}

func (c *Connection) end(reason error) {
	c.life.End(reason)
	for _, page := range c.Pages() {
		page.end(reason)
	}
}
