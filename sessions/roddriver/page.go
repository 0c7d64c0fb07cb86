package roddriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/cdp"
	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// page is browser.Page on a rod page with a connection of its own.
type page struct {
	browser.Lifetime
	line       *line
	page       *rod.Page
	events     browser.Queue[browser.Event]
	background sync.WaitGroup
	closeOnce  sync.Once
}

// closeLimit is how long a browser may take to close a window; its context goes with the connection anyway.
const closeLimit = 5 * time.Second

// watch starts what runs as long as the page: reading its events, and noticing its end.
func (p *page) watch() {
	messages := p.page.Event()
	p.background.Go(func() {
		for message := range messages {
			p.observe(message)
		}
		p.end(browser.WindowGone(p.line.lost()))
	})
	p.background.Go(func() {
		<-p.line.lost()
		p.end(browser.ErrConnectionLost)
	})
}

// end makes the page unusable, for the first reason that is given.
func (p *page) end(reason error) {
	p.End(reason)
	p.events.Close()
}

func (p *page) Events() *browser.Queue[browser.Event] { return &p.events }

// Raw is the rod page.
func (p *page) Raw() any { return p.page }

func (p *page) Close(ctx context.Context) error {
	p.end(fmt.Errorf("page: %w", browser.ErrClosed))
	p.closeOnce.Do(func() {
		limited, cancel := context.WithTimeout(ctx, closeLimit)
		defer cancel()
		b := p.page.Browser().Context(limited)
		// Disposing the context closes its window; the browser may be gone already.
		_ = proto.TargetDisposeBrowserContext{BrowserContextID: b.BrowserContextID}.Call(b)
		_ = p.line.Close()
		p.background.Wait()
	})
	return nil
}

// do runs an action that ends with the caller's context and with the page.
func (p *page) do(ctx context.Context, action func(*rod.Page) error) error {
	limited, cancel := p.Limit(context.WithoutCancel(ctx), ctx)
	defer cancel()
	err := action(p.page.Context(limited))
	p.endIfLost(err)
	return p.Explain(ctx, err)
}

// endIfLost ends the page when an action failed because there is no connection any more: the action can hear
// of it before those who watch.
func (p *page) endIfLost(err error) {
	var broken *net.OpError
	if err != nil && (p.line.life.Err() != nil || errors.As(err, &broken)) {
		p.end(browser.ErrConnectionLost)
	}
}

func (p *page) Navigate(ctx context.Context, url string) error {
	if err := p.do(ctx, func(page *rod.Page) error {
		if err := page.Navigate(url); err != nil {
			return err
		}
		return loaded(page)
	}); err != nil {
		return err
	}
	return p.line.navigation.Refusal(ctx, p.Evaluate)
}

// loaded waits for the load event; of a page that leads to another as soon as it is there, for that of the other.
func loaded(page *rod.Page) error {
	for {
		err := page.WaitLoad()
		if left, ok := errors.AsType[*cdp.Error](err); !ok || left.Message != "Inspected target navigated or closed" {
			return err
		}
		if err := page.GetContext().Err(); err != nil {
			return err
		}
	}
}

func (p *page) Click(ctx context.Context, selector string) error {
	return p.element(ctx, selector, func(_ *rod.Page, el *rod.Element) error {
		return el.Click(proto.InputMouseButtonLeft, 1)
	})
}

func (p *page) Fill(ctx context.Context, selector, text string) error {
	return p.element(ctx, selector, func(page *rod.Page, el *rod.Element) error {
		if err := el.Focus(); err != nil {
			return err
		}
		if _, err := evaluate(page, browser.SelectFocused); err != nil {
			return err
		}
		if text == "" {
			return page.Keyboard.Type(input.Delete)
		}
		return page.InsertText(text)
	})
}

func (p *page) Press(ctx context.Context, name string) error {
	key, ok := findKey(name)
	if !ok {
		return fmt.Errorf("%w: unknown key %q: want one character or a name of KeyboardEvent.key such as Enter, Tab, Escape, ArrowDown",
			browser.ErrInvalidOption, name)
	}
	return p.do(ctx, func(page *rod.Page) error { return page.Keyboard.Type(key) })
}

func (p *page) Evaluate(ctx context.Context, expression string) (value json.RawMessage, err error) {
	err = p.do(ctx, func(page *rod.Page) error {
		value, err = evaluate(page, expression)
		return err
	})
	return value, err
}

func (p *page) Screenshot(ctx context.Context) (png []byte, err error) {
	err = p.do(ctx, func(page *rod.Page) error {
		png, err = page.Screenshot(false, &proto.PageCaptureScreenshot{Format: proto.PageCaptureScreenshotFormatPng})
		return err
	})
	return png, err
}

func (p *page) Arrive(ctx context.Context) error {
	limited, cancel := p.Limit(context.WithoutCancel(ctx), ctx)
	defer cancel()
	if err := p.Explain(ctx, p.line.navigation.Wait(limited)); err != nil {
		return err
	}
	return p.line.navigation.Refusal(ctx, p.Evaluate)
}

func (p *page) ForgetHistory(ctx context.Context) error {
	return p.do(ctx, (*rod.Page).ResetNavigationHistory)
}

// element finds the first match and lets go of it afterwards.
func (p *page) element(ctx context.Context, selector string, action func(*rod.Page, *rod.Element) error) error {
	return p.do(ctx, func(page *rod.Page) error {
		el, err := page.Element(selector)
		if err != nil {
			return err
		}
		defer func() { _ = el.Release() }() // fails, rightly, where the action left the document
		return action(page, el)
	})
}

// evaluate runs a bare expression; rod's own Eval wants a function.
func evaluate(page *rod.Page, expression string) (json.RawMessage, error) {
	result, err := proto.RuntimeEvaluate{Expression: expression, AwaitPromise: true, ReturnByValue: true}.Call(page)
	if err != nil {
		return nil, err
	}
	if result.ExceptionDetails != nil {
		thrown := &rod.EvalError{RuntimeExceptionDetails: result.ExceptionDetails}
		return nil, &browser.ScriptError{Text: exceptionText(result.ExceptionDetails), Err: thrown}
	}
	if result.Result.Value.Nil() {
		return json.RawMessage("null"), nil
	}
	return result.Result.Value.MarshalJSON()
}

// ErrNoPage says that a session has no page of this driver.
var ErrNoPage = errors.New("not a page of the rod driver")

// Page is the rod page of the session; its calls end with ctx. The source is a browser session (anything
// with a Page method). The error wraps ErrNoPage when the session is driven by something else.
func Page(ctx context.Context, source interface{ Page() browser.Page }) (*rod.Page, error) {
	page, ok := source.Page().Raw().(*rod.Page)
	if !ok {
		return nil, fmt.Errorf("%w: it is a %T; run with LOCKSTEP_DRIVER=%s", ErrNoPage, source.Page().Raw(), Name)
	}
	return page.Context(ctx), nil
}
