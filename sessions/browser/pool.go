package browser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

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

	// life ends when Close is called; making pages in advance ends with it.
	life       context.Context
	endLife    context.CancelFunc
	background sync.WaitGroup

	mu      sync.Mutex
	seats   []*seat
	warm    []*pooledPage
	warming int
	taken   map[*pooledPage]string // page to the name of its owner
	freed   chan struct{}          // closed and replaced when a page was given back
	closed  bool
}

// NewPool makes a pool; no browser is started before the first page is asked for.
func NewPool(driver Driver, o PoolOptions) (*Pool, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	p := &Pool{driver: driver, options: o, taken: map[*pooledPage]string{}, freed: make(chan struct{})}
	p.life, p.endLife = context.WithCancel(context.Background())
	for range max(o.Browsers, 1) {
		p.seats = append(p.seats, newSeat(driver, o))
	}
	return p, nil
}

// Driver is the driver of the pool's pages.
func (p *Pool) Driver() Driver { return p.driver }

// Address is the DevTools address of the pool's first browser, which is started if it is not running. Others
// attach to it: the processes of a parallel run share a browser so.
func (p *Pool) Address(ctx context.Context) (string, error) {
	link, err := p.seats[0].connected(ctx)
	if err != nil {
		return "", err
	}
	return link.address, nil
}

// Warm makes the pages that are kept ready, and returns when they are.
func (p *Pool) Warm(ctx context.Context) error {
	for {
		p.mu.Lock()
		missing := p.options.Warm - len(p.warm)
		p.mu.Unlock()
		if missing <= 0 {
			return nil
		}
		if err := p.addWarm(ctx); err != nil {
			return err
		}
	}
}

// Acquire gives a page to the owner with this name: a warm one if there is one with these options, else a
// new one. Where all browsers are full it waits until a page is given back or the context ends.
func (p *Pool) Acquire(ctx context.Context, owner string, o PageOptions) (Page, error) {
	page, err := p.takeWarm(ctx, o), error(nil)
	if page == nil {
		page, err = p.newPage(ctx, o)
	}
	if err != nil {
		return nil, fmt.Errorf("page for %s: %w", owner, err)
	}
	if err := p.hand(page, owner); err != nil {
		return nil, errors.Join(err, page.Close(ctx))
	}
	p.refill()
	return page, nil
}

// Close closes all pages and ends all browsers that the pool launched. It may be called more than once.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.endLife()
	p.background.Wait()

	p.mu.Lock()
	pages := slices.Clone(p.warm)
	for page := range p.taken {
		pages = append(pages, page)
	}
	p.mu.Unlock()
	var errs []error
	for _, page := range pages {
		errs = append(errs, page.Close(context.Background()))
	}
	for _, s := range p.seats {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// takeWarm returns a warm page that can still be used, or nil.
func (p *Pool) takeWarm(ctx context.Context, o PageOptions) *pooledPage {
	if o != (PageOptions{}) {
		return nil
	}
	for {
		page := p.popWarm()
		if page == nil || page.Err() == nil {
			return page
		}
		_ = page.Close(ctx) // its browser died while it was waiting
	}
}

func (p *Pool) popWarm() *pooledPage {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.warm) == 0 {
		return nil
	}
	page := p.warm[0]
	p.warm = p.warm[1:]
	return page
}

// hand notes the page's owner, unless the pool was closed meanwhile.
func (p *Pool) hand(page *pooledPage, owner string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("browser pool: %w", ErrClosed)
	}
	p.taken[page] = owner
	return nil
}

func (p *Pool) newPage(ctx context.Context, o PageOptions) (*pooledPage, error) {
	if p.life.Err() != nil {
		return nil, fmt.Errorf("browser pool: %w", ErrClosed)
	}
	s, err := p.reserve(ctx)
	if err != nil {
		return nil, err
	}
	page, link, err := s.newPage(ctx, o)
	pooled := &pooledPage{Page: page, pool: p, seat: s, link: link}
	if err != nil {
		p.mu.Lock()
		p.release(pooled)
		p.mu.Unlock()
		return nil, err
	}
	return pooled, nil
}

// reserve takes a place in the browser with the fewest pages, and waits for one if all are full.
func (p *Pool) reserve(ctx context.Context) (*seat, error) {
	for {
		p.mu.Lock()
		s := slices.MinFunc(p.seats, func(a, b *seat) int { return a.pages - b.pages })
		if p.options.PagesPerBrowser == 0 || s.pages < p.options.PagesPerBrowser {
			s.pages++
			p.mu.Unlock()
			return s, nil
		}
		freed, owners := p.freed, p.owners()
		p.mu.Unlock()

		if idle := p.popWarm(); idle != nil { // a warm page with other options makes room
			_ = idle.Close(ctx)
			continue
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, fmt.Errorf("all %d pages are taken, by %s: %w; close a session, or allow more browsers or pages per browser",
				len(p.seats)*p.options.PagesPerBrowser, owners, context.Cause(ctx))
		}
	}
}

// owners lists who has pages; the lock is held.
func (p *Pool) owners() string {
	var names []string
	for _, owner := range p.taken {
		names = append(names, owner)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// release gives a page's place back; the lock is held.
func (p *Pool) release(page *pooledPage) {
	page.seat.pages--
	delete(p.taken, page)
	close(p.freed)
	p.freed = make(chan struct{})
}

// refill makes the next warm page in the background.
func (p *Pool) refill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.warming > 0 || len(p.warm) >= p.options.Warm {
		return
	}
	p.warming++
	p.background.Go(func() {
		err := p.addWarm(p.life)
		p.mu.Lock()
		p.warming--
		p.mu.Unlock()
		if err == nil { // else the next Acquire tries again and reports
			p.refill()
		}
	})
}

func (p *Pool) addWarm(ctx context.Context) error {
	page, err := p.newPage(ctx, PageOptions{})
	if err != nil {
		return err
	}
	p.mu.Lock()
	keep := !p.closed && len(p.warm) < p.options.Warm
	if keep {
		p.warm = append(p.warm, page)
	}
	p.mu.Unlock()
	if !keep {
		return page.Close(ctx)
	}
	return nil
}

// pooledPage is a page that gives its place back when it is closed.
type pooledPage struct {
	Page
	pool *Pool
	seat *seat
	link *link
	once sync.Once
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

func (p *pooledPage) Close(ctx context.Context) error {
	err := p.Page.Close(ctx)
	p.once.Do(func() {
		p.pool.mu.Lock()
		defer p.pool.mu.Unlock()
		p.pool.release(p)
	})
	return err
}
