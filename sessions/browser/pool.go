package browser

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// closeLimit is how long the pages may take to close when the pool is closed; what is left then dies with its
// browser.
const closeLimit = 5 * time.Second

// PoolOptions say where pages come from. The zero value launches one browser when it is first needed.
type PoolOptions struct {
	// Launch says how browsers are started.
	Launch LaunchOptions
	// Attach is the DevTools address of a running browser to use instead; empty means none. The browser
	// is left running.
	Attach string
	// Browsers is how many browsers share the pages, because all pages of one browser die with it; zero
	// means one. They are launched when they are first needed.
	Browsers int
	// PagesPerBrowser limits the pages of each browser, warm ones included; zero means no limit.
	PagesPerBrowser int
	// Warm is how many pages with default options are kept ready in advance; zero means none.
	Warm int
	// Gateway says what the pages' gateways are like: each page has one of its own, made with it. Session is set when the
	// page is given to its owner; where there is no Stamp, they share one of the pool's.
	Gateway gateway.Options
	// Direct lets pages reach their servers without a gateway, but for those whose options have one.
	Direct bool
}

func (o PoolOptions) validate() error {
	switch {
	case o.Browsers < 0, o.PagesPerBrowser < 0, o.Warm < 0:
		return fmt.Errorf("%w: browsers %d, pages per browser %d, warm %d: none may be negative", ErrInvalidOption, o.Browsers, o.PagesPerBrowser, o.Warm)
	case o.Attach != "" && o.Browsers > 1:
		return fmt.Errorf("%w: %d browsers and attached to %s: an attached browser is one", ErrInvalidOption, o.Browsers, o.Attach)
	case o.PagesPerBrowser > 0 && o.Warm > o.PagesPerBrowser*max(o.Browsers, 1):
		return fmt.Errorf("%w: %d warm pages do not fit into %d browsers of %d pages", ErrInvalidOption, o.Warm, max(o.Browsers, 1), o.PagesPerBrowser)
	}
	return nil
}

// Pool hands out pages of one or more browsers. Its owner calls Close.
type Pool struct {
	driver  Driver
	options PoolOptions

	life    Lifetime       // ends when Close is called
	working sync.WaitGroup // calls in progress and pages that are made in advance; Close waits for them
	closing sync.Once

	mu      sync.Mutex
	seats   []*seat
	warm    []*Pooled
	warming bool               // a page is being made in advance
	taken   map[*Pooled]string // page to the name of its owner
	freed   chan struct{}      // closed and replaced when there may be a place or a warm page
}

// NewPool makes a pool; no browser is started before the first page is asked for.
func NewPool(driver Driver, o PoolOptions) (*Pool, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Gateway.Stamp == nil {
		o.Gateway.Stamp = gateway.Stamps()
	}
	p := &Pool{driver: driver, options: o, life: NewLifetime(), taken: map[*Pooled]string{}, freed: make(chan struct{})}
	for range max(o.Browsers, 1) {
		p.seats = append(p.seats, newSeat(driver, o))
	}
	return p, nil
}

// Driver is the driver of the pool's pages.
func (p *Pool) Driver() Driver { return p.driver }

// Stamp gives the next time and number of the sequence that the records of all the pool's gateways share.
func (p *Pool) Stamp() gateway.Stamp { return p.options.Gateway.Stamp() }

// Address is the DevTools address of the pool's first browser, which is started if it is not running. Others
// attach to it: the processes of a parallel run share a browser so.
func (p *Pool) Address(ctx context.Context) (string, error) {
	ctx, leave, err := p.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	link, err := p.seats[0].connected(ctx)
	if err != nil {
		return "", err
	}
	return link.address, nil
}

// Acquire gives a page to the owner with this name: a warm one if there is one with these options, else a
// new one. Where all browsers are full it waits until a page is given back or the context ends.
func (p *Pool) Acquire(ctx context.Context, owner string, o PageOptions) (*Pooled, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	ctx, leave, err := p.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	page, err := p.page(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("page for %s: %w", owner, err)
	}
	if page.gateway != nil {
		page.gateway.Serve(owner)
	}
	p.mu.Lock()
	p.taken[page] = owner
	p.mu.Unlock()
	p.refill()
	return page, nil
}

// Close ends what is in progress, closes all pages and ends all browsers that the pool launched. It may be
// called more than once.
func (p *Pool) Close() error {
	var errs []error
	p.closing.Do(func() {
		p.mu.Lock() // nobody enters any more
		p.life.End(errPoolClosed)
		p.mu.Unlock()
		p.working.Wait()
		errs = append(errs, p.closePages())
		for _, s := range p.seats {
			errs = append(errs, s.close())
		}
	})
	return errors.Join(errs...)
}

var errPoolClosed = fmt.Errorf("browser pool: %w", ErrClosed)

// enter begins a call: its context ends with the caller's and with the pool, and Close waits until it has
// left.
func (p *Pool) enter(caller context.Context) (ctx context.Context, leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.life.Err(); err != nil {
		return nil, nil, err
	}
	p.working.Add(1)
	ctx, cancel := p.life.Limit(context.WithoutCancel(caller), caller)
	return ctx, func() { cancel(); p.working.Done() }, nil
}

// closePages closes all pages at once.
func (p *Pool) closePages() error {
	p.mu.Lock()
	pages := slices.AppendSeq(slices.Clone(p.warm), maps.Keys(p.taken))
	p.warm = nil
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	errs := make([]error, len(pages))
	var closing sync.WaitGroup
	for i, page := range pages {
		closing.Go(func() { errs[i] = page.Close(ctx) })
	}
	closing.Wait()
	return errors.Join(errs...)
}
