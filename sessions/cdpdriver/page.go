package cdpdriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// page is browser.Page on one chromedp context.
type page struct {
	browser.Lifetime
	tab        context.Context
	cancel     func() // closes the tab and waits for it
	events     browser.Queue[browser.Event]
	navigation browser.Navigation
	traffic    browser.Traffic
	dialogs    browser.Queue[*cdppage.EventJavascriptDialogOpening]
	background sync.WaitGroup
	closeOnce  sync.Once
}

// prepare opens the tab. Its context must not be limited: chromedp binds the tab's life to it.
func (p *page) prepare(o browser.PageOptions) error {
	width, height := o.Size()
	return chromedp.Do(p.tab,
		chromedp.EmulateViewport(int64(width), int64(height)),
		// A window without the focus gets no focus events and no caret.
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
			return err
		}),
		p.introduce(o))
}

// watch starts what runs as long as the page: noticing its end, and answering its dialogs.
func (p *page) watch() error {
	gone, err := chromedp.Detached(p.tab)
	if err != nil {
		return err
	}
	p.background.Go(func() {
		select {
		case <-p.tab.Done():
			p.end(browser.ErrConnectionLost)
		case <-gone:
			p.end(browser.WindowGone(p.tab.Done()))
		}
	})
	p.background.Go(p.dismissDialogs)
	return nil
}

// dismissDialogs answers alert, confirm and prompt as a person who presses Escape would, because an open
// dialog stops everything else in the page; leaving a page is never prevented.
func (p *page) dismissDialogs() {
	for {
		opened, ok := p.dialogs.Next(p.tab)
		if !ok {
			return
		}
		for _, dialog := range opened {
			_, _ = chromedp.Call(p.tab, cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{
				Accept: dialog.Type == cdppage.DialogTypeBeforeunload,
			})
		}
	}
}

// end makes the page unusable, for the first reason that is given.
func (p *page) end(reason error) {
	p.End(reason)
	p.events.Close()
	p.dialogs.Close()
}

func (p *page) Events() *browser.Queue[browser.Event] { return &p.events }

// Raw is the chromedp context of the page.
func (p *page) Raw() any { return p.tab }

func (p *page) Close(context.Context) error {
	p.end(fmt.Errorf("page: %w", browser.ErrClosed))
	p.closeOnce.Do(func() {
		p.cancel() // chromedp limits it to a few seconds by itself
		p.background.Wait()
	})
	return nil
}

// do runs an action that ends with the caller's context and with the page.
func do[T any](ctx context.Context, p *page, action chromedp.Action[T]) (T, error) {
	limited, cancel := p.Limit(p.tab, ctx)
	defer cancel()
	value, err := chromedp.Run(limited, action)
	p.endIfLost(ctx, err)
	return value, p.Explain(ctx, err)
}

// endIfLost ends the page when an action failed because there is none any more: the action can hear of it
// before those who watch. chromedp's word for a lost connection is context.Canceled.
func (p *page) endIfLost(ctx context.Context, err error) {
	switch {
	case errors.Is(err, chromedp.ErrTargetDetached):
		p.end(browser.WindowGone(p.tab.Done()))
	case errors.Is(err, context.Canceled) && ctx.Err() == nil:
		p.end(browser.ErrConnectionLost)
	}
}

func (p *page) Navigate(ctx context.Context, url string) error {
	if _, err := do(ctx, p, chromedp.Navigate(url)); err != nil {
		return err
	}
	return p.navigation.Refusal(ctx, p.Evaluate)
}

func (p *page) Click(ctx context.Context, selector string) error {
	_, err := do(ctx, p, chromedp.Click(chromedp.CSS(selector)))
	return err
}

func (p *page) Fill(ctx context.Context, selector, text string) error {
	replace := chromedp.KeyEvent(kb.Delete)
	if text != "" {
		replace = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
			return err
		})
	}
	_, err := do(ctx, p, chromedp.Steps(
		chromedp.Focus(chromedp.CSS(selector)),
		chromedp.Evaluate[chromedp.Void](browser.SelectFocused),
		replace,
	))
	return err
}

func (p *page) Press(ctx context.Context, key string) error {
	keys, ok := keyRune(key)
	if !ok {
		return fmt.Errorf("%w: unknown key %q: want one character or a name of KeyboardEvent.key such as Enter, Tab, Escape, ArrowDown",
			browser.ErrInvalidOption, key)
	}
	_, err := do(ctx, p, chromedp.KeyEvent(string(keys)))
	return err
}

func (p *page) Evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	value, err := do(ctx, p, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if thrown, ok := errors.AsType[*chromedp.ExceptionError](err); ok {
		return nil, &browser.ScriptError{Text: exceptionText(thrown.ExceptionDetails), Err: err}
	}
	if err != nil {
		return nil, err
	}
	if len(value) == 0 {
		return json.RawMessage("null"), nil
	}
	return value, nil
}

func (p *page) Screenshot(ctx context.Context) ([]byte, error) {
	return do(ctx, p, chromedp.CaptureScreenshot())
}

func (p *page) Arrive(ctx context.Context) error {
	limited, cancel := p.Limit(p.tab, ctx)
	defer cancel()
	if err := p.Explain(ctx, p.navigation.Wait(limited)); err != nil {
		return err
	}
	return p.navigation.Refusal(ctx, p.Evaluate)
}

func (p *page) Motion() browser.Motion { return browser.MotionOf(&p.traffic, &p.navigation) }

func (p *page) ForgetHistory(ctx context.Context) error {
	_, err := do(ctx, p, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdppage.ResetNavigationHistory, cdp.Empty{})
		return err
	}))
	return err
}

// keyRune finds chromedp's rune for the name of a key.
func keyRune(name string) (rune, bool) {
	if runes := []rune(name); len(runes) == 1 {
		return runes[0], true
	}
	r, ok := namedKeys()[name]
	return r, ok
}

var namedKeys = sync.OnceValue(func() map[string]rune {
	names := make(map[string]rune, len(kb.Keys))
	for r, key := range kb.Keys {
		if known, ok := names[key.Key]; !ok || r < known { // the map's order must not choose
			names[key.Key] = r
		}
	}
	return names
})

// ErrNoPage says that a session has no page of this driver.
var ErrNoPage = errors.New("not a page of the chromedp driver")

// Context is the chromedp context of the session's page, for any chromedp action; it ends with ctx. The
// source is a browser session (anything with a Page method). The error wraps ErrNoPage when the session is
// driven by something else.
func Context(ctx context.Context, source interface{ Page() browser.Page }) (context.Context, error) {
	tab, ok := source.Page().Raw().(context.Context)
	if !ok {
		return nil, fmt.Errorf("%w: it is a %T; run with LOCKSTEP_DRIVER=%s", ErrNoPage, source.Page().Raw(), Name)
	}
	limited, cancel := context.WithCancelCause(tab)
	context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	return limited, nil
}
