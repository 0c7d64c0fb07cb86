package browsertest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// Name is the driver's name.
const Name = "fake"

// Driver is a browser.Driver without a browser. Its zero value is ready for use and never fails.
type Driver struct {
	// Fault is asked before every call; what it returns is the call's error. It may block, but must return
	// when its context ends: that ends with the caller's and with the page. Nil means no faults.
	Fault func(ctx context.Context, call Call) error
	// Element says what a selector matches; nil means that each matches one element of the zero value.
	Element func(page *Page, selector string) Element
	// Evaluate answers scripts with a value that encoding/json encodes. It can hand on to Page.Answer, which
	// knows the scripts of package sessions. Nil means Page.Answer.
	Evaluate func(page *Page, expression string) (any, error)
	// Shared lets all pages share cookies and storage, as in a browser without contexts.
	Shared bool

	mu          sync.Mutex
	calls       map[Method]int
	connections []*Connection
	storage     storage
}

var _ browser.Driver = (*Driver)(nil)

// Name implements browser.Driver.
func (*Driver) Name() string { return Name }

// Connect implements browser.Driver. Any address will do.
func (d *Driver) Connect(ctx context.Context, address string) (browser.Connection, error) {
	if err := d.before(ctx, Call{Method: Connect, Argument: address}); err != nil {
		return nil, fmt.Errorf("%w at %s: %w", browser.ErrAttach, address, err)
	}
	c := &Connection{driver: d, address: address, life: browser.NewLifetime()}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.connections = append(d.connections, c)
	return c, nil
}

// Connections are all connections that were made, in order, closed ones included.
func (d *Driver) Connections() []*Connection {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.connections)
}

// Pages are all pages that were made, in order of their connections, closed ones included.
func (d *Driver) Pages() []*Page {
	var all []*Page
	for _, c := range d.Connections() {
		all = append(all, c.Pages()...)
	}
	return all
}

// OpenPages counts the pages that were made and not closed: zero at the end of a test that leaves nothing.
func (d *Driver) OpenPages() int {
	open := 0
	for _, page := range d.Pages() {
		if !page.closed.Load() {
			open++
		}
	}
	return open
}

// before counts the call and asks for its fault.
func (d *Driver) before(ctx context.Context, call Call) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	d.mu.Lock()
	if d.calls == nil {
		d.calls = map[Method]int{}
	}
	d.calls[call.Method]++
	call.N = d.calls[call.Method]
	d.mu.Unlock()
	if d.Fault == nil {
		return nil
	}
	return d.Fault(ctx, call)
}
