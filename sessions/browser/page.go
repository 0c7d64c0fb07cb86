package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// Driver makes connections to browsers. The packages cdpdriver and roddriver have one each.
type Driver interface {
	// Name is what LOCKSTEP_DRIVER and reports call it.
	Name() string
	// Connect attaches to the browser at the WebSocket address of its DevTools. The context limits the
	// connecting alone.
	Connect(ctx context.Context, address string) (Connection, error)
}

// Connection is a driver's line to one browser.
type Connection interface {
	// NewPage makes an isolated browser context with one window in it. The context limits the making alone.
	NewPage(ctx context.Context, o PageOptions) (Page, error)
	// Done is closed when the line is lost or closed.
	Done() <-chan struct{}
	// Close ends the line, not the browser.
	Close() error
}

// PageOptions say what a page is like. The zero value is good for most; options are compared with ==.
type PageOptions struct {
	// Width and Height of the window's content in CSS pixels; zero means 1280 and 800.
	Width, Height int
	// Gateway is the proxy of everything in the page's context, loopback included, and its owner closes it. Nil means one
	// of the pool's making, which is closed with the page.
	Gateway *gateway.Gateway
	// Direct keeps the pool from making one: the page reaches its servers without a gateway.
	Direct bool
	// Proxy is the address of another HTTP proxy in the gateway's place, which asks for no credentials; empty means none.
	Proxy string
}

// Size is the window's size with the defaults put in.
func (o PageOptions) Size() (width, height int) {
	width, height = o.Width, o.Height
	if width == 0 {
		width = 1280
	}
	if height == 0 {
		height = 800
	}
	return width, height
}

// ProxyServer is the address of what the page reaches its servers through, loopback included; empty where that is
// nothing.
func (o PageOptions) ProxyServer() string {
	if o.Gateway != nil {
		return o.Gateway.Address()
	}
	return o.Proxy
}

func (o PageOptions) validate() error {
	if o.Width < 0 || o.Height < 0 {
		return fmt.Errorf("%w: window of %d by %d pixels: neither may be negative", ErrInvalidOption, o.Width, o.Height)
	}
	if o.Gateway != nil && (o.Direct || o.Proxy != "") {
		return fmt.Errorf("%w: a page with a gateway goes neither directly nor through another proxy", ErrInvalidOption)
	}
	return nil
}

// Page is one window in a browser context of its own, driven by one goroutine at a time. Click and Fill
// expect an element that is there; waiting for it is the caller's part (package sessions), so that both
// drivers wait alike.
type Page interface {
	// Navigate goes to the address and waits for the load event.
	Navigate(ctx context.Context, url string) error
	// Click presses the main mouse button in the middle of the first element that matches.
	Click(ctx context.Context, selector string) error
	// Fill replaces the content of the first field that matches, as a person who types would.
	Fill(ctx context.Context, selector, text string) error
	// Press hits one key where the focus is. Keys have the names of KeyboardEvent.key: "Enter", "a".
	Press(ctx context.Context, key string) error
	// Evaluate runs a JavaScript expression, waits for it if it is a promise, and returns its value as
	// JSON ("null" for undefined). An exception is an error.
	Evaluate(ctx context.Context, expression string) (json.RawMessage, error)
	// Screenshot is a PNG of what the window shows.
	Screenshot(ctx context.Context) ([]byte, error)
	// Arrive waits for the page that the window is on the way to, until it has been parsed; it returns at once
	// if the window stays where it is.
	Arrive(ctx context.Context) error
	// Motion is what the page has begun and not ended.
	Motion() Motion
	// ForgetHistory makes the current address the first of the window's history.
	ForgetHistory(ctx context.Context) error

	// Events are what happened in the page, in order.
	Events() *Queue[Event]
	// Raw is the driver's own handle of the page.
	Raw() any
	// Done is closed when the page can no longer be used; Err tells why then.
	Done() <-chan struct{}
	Err() error
	// Close closes the window and deletes its context. It may be called more than once.
	Close(ctx context.Context) error
}

// Event is something that happened in a page: exactly one of its pointers is set.
type Event struct {
	At      time.Time
	Console *Console
	Failure *Failure
	Request *Request
	Answer  *Answer
}

// Console is a line on the page's console.
type Console struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// Failure is an exception that the page did not catch.
type Failure struct {
	Text string `json:"text"`
}

// Request is a request that the page sent. A redirect is a request of its own with the same ID.
type Request struct {
	ID     string
	Method string
	URL    string
	Type   string
}

// Answer ends the Request with its ID: by a status, or by an error where there was none.
type Answer struct {
	ID     string
	Status int
	Error  string
}
