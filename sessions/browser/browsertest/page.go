package browsertest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// Page is a browser.Page that exists in memory.
type Page struct {
	browser.Lifetime
	// Options are those that it was made with.
	Options browser.PageOptions

	driver  *Driver
	storage *storage
	events  browser.Queue[browser.Event]
	closed  atomic.Bool

	mu       sync.Mutex
	url      string
	calls    []string
	requests int
}

var _ browser.Page = (*Page)(nil)

// do runs one call, with its fault first.
func (p *Page) do(ctx context.Context, method Method, argument string, action func() error) error {
	limited, cancel := p.Limit(context.WithoutCancel(ctx), ctx)
	defer cancel()
	if p.Err() != nil {
		return p.Err()
	}
	p.mu.Lock()
	p.calls = append(p.calls, string(method)+" "+argument)
	p.mu.Unlock()
	err := p.driver.before(limited, Call{Method: method, Page: p, Argument: argument})
	if err == nil {
		err = action()
	}
	return p.Explain(ctx, err)
}

func nothing() error { return nil }

// Navigate implements browser.Page. Every address answers with 200.
func (p *Page) Navigate(ctx context.Context, url string) error {
	return p.do(ctx, Navigate, url, func() error {
		p.mu.Lock()
		p.url = url
		p.requests++
		id := strconv.Itoa(p.requests)
		p.mu.Unlock()
		p.Emit(browser.Event{Request: &browser.Request{ID: id, Method: "GET", URL: url, Type: "Document"}})
		p.Emit(browser.Event{Answer: &browser.Answer{ID: id, Status: 200}})
		return nil
	})
}

// Click implements browser.Page.
func (p *Page) Click(ctx context.Context, selector string) error {
	return p.do(ctx, Click, selector, nothing)
}

// Fill implements browser.Page.
func (p *Page) Fill(ctx context.Context, selector, text string) error {
	return p.do(ctx, Fill, selector+" "+text, nothing)
}

// Press implements browser.Page.
func (p *Page) Press(ctx context.Context, key string) error { return p.do(ctx, Press, key, nothing) }

// Evaluate implements browser.Page.
func (p *Page) Evaluate(ctx context.Context, expression string) (value json.RawMessage, err error) {
	err = p.do(ctx, Evaluate, expression, func() error {
		answer, err := p.evaluate(expression)
		if err == nil {
			value, err = json.Marshal(answer)
		}
		return err
	})
	return value, err
}

func (p *Page) evaluate(expression string) (any, error) {
	if p.driver.Evaluate != nil {
		return p.driver.Evaluate(p, expression)
	}
	return p.Answer(expression)
}

// Screenshot implements browser.Page: one pixel.
func (p *Page) Screenshot(ctx context.Context) (png []byte, err error) {
	err = p.do(ctx, Screenshot, "", func() error {
		png, err = base64.StdEncoding.DecodeString(pixel)
		return err
	})
	return png, err
}

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// Arrive implements browser.Page.
func (p *Page) Arrive(ctx context.Context) error { return p.do(ctx, Arrive, "", nothing) }

// Motion implements browser.Page: its requests end at once.
func (p *Page) Motion() browser.Motion { return browser.Motion{} }

// ForgetHistory implements browser.Page.
func (p *Page) ForgetHistory(ctx context.Context) error {
	return p.do(ctx, ForgetHistory, "", nothing)
}

// Events implements browser.Page.
func (p *Page) Events() *browser.Queue[browser.Event] { return &p.events }

// Raw is the page itself.
func (p *Page) Raw() any { return p }

// Close implements browser.Page. It closes even where its fault returns an error.
func (p *Page) Close(ctx context.Context) error {
	if p.closed.Swap(true) {
		return nil
	}
	err := p.driver.before(ctx, Call{Method: Close, Page: p})
	p.end(fmt.Errorf("page: %w", browser.ErrClosed))
	return err
}

// Crash ends the page as a crash of its renderer would.
func (p *Page) Crash() { p.end(browser.ErrCrashed) }

func (p *Page) end(reason error) {
	p.End(reason)
	p.events.Close()
}

// Calls are all calls so far, as in `click #edit`.
func (p *Page) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.calls...)
}

// URL is the address that the page shows.
func (p *Page) URL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.url
}

// Say prints a line on the page's console.
func (p *Page) Say(level, text string) {
	p.Emit(browser.Event{Console: &browser.Console{Level: level, Text: text}})
}

// Throw is an exception that the page does not catch.
func (p *Page) Throw(text string) {
	p.Emit(browser.Event{Failure: &browser.Failure{Text: text}})
}

// Emit adds an event, at this moment.
func (p *Page) Emit(event browser.Event) {
	event.At = time.Now()
	p.events.Push(event)
}
