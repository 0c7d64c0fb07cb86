package sessions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// DefaultActionTimeout limits each verb of a session.
const DefaultActionTimeout = 10 * time.Second

// BrowserOptions say how a browser session behaves. The zero value is good for most.
type BrowserOptions struct {
	// BaseURL is what addresses without a scheme are relative to; empty means that all must have one.
	BaseURL string
	// ActionTimeout limits each verb; zero means DefaultActionTimeout.
	ActionTimeout time.Duration
	// Page is the window.
	Page browser.PageOptions
	// Redactor hides secrets in evidence; its zero value hides the usual ones.
	Redactor Redactor
}

// Browser is a session in a real browser: an isolated context with one window.
type Browser struct {
	activities
	identity Identity
	options  BrowserOptions
	base     *url.URL
	page     *browser.Pooled
	recorder *recorder
	waiting  atomic.Pointer[waiting]
}

var _ Session = (*Browser)(nil)

// OpenBrowser opens a session in a page of the pool. The context limits the opening alone.
func OpenBrowser(ctx context.Context, pool *browser.Pool, id Identity, o BrowserOptions) (*Browser, error) {
	base, err := id.check(o.BaseURL, &o.ActionTimeout)
	if err != nil {
		return nil, err
	}
	page, err := pool.Acquire(ctx, id.Name, o.Page)
	if err != nil {
		return nil, &SessionError{Session: id.Name, Err: err}
	}
	return &Browser{identity: id, options: o, base: base, page: page, recorder: record(page.Events())}, nil
}

// Name implements Session.
func (b *Browser) Name() string { return b.identity.Name }

// Tenant implements Session.
func (b *Browser) Tenant() string { return b.identity.Tenant }

// Kind implements Session.
func (b *Browser) Kind() Kind { return KindBrowser }

// Done implements Session.
func (b *Browser) Done() <-chan struct{} { return b.page.Done() }

// Err implements Session.
func (b *Browser) Err() error {
	if err := b.page.Err(); err != nil {
		return &SessionError{Session: b.Name(), Err: err}
	}
	return nil
}

// Gateway is the proxy of the session, which records and can hold all that it sends; nil where it has none. It is closed
// with the session.
func (b *Browser) Gateway() *gateway.Gateway { return b.page.Gateway() }

// Page is the driver's page, for cdpdriver.Context and roddriver.Page.
func (b *Browser) Page() browser.Page { return b.page }

// Close implements Session.
func (b *Browser) Close(ctx context.Context) error {
	err := errors.Join(b.page.Close(ctx), b.recorder.close(ctx))
	if err != nil {
		return &SessionError{Session: b.Name(), Err: err}
	}
	return nil
}

// Listen calls the function for everything that happens in the page from now on, in order, in a goroutine of
// its own: a slow listener delays nobody. It ends when stop is called, which waits for the function to
// return (so it is not for the function itself to call), or with the session.
func (b *Browser) Listen(listener func(browser.Event)) (stop func()) {
	return b.recorder.listen(listener)
}

// Navigate goes to an address, absolute or relative to BaseURL, and waits for the load event.
func (b *Browser) Navigate(ctx context.Context, address string) error {
	return b.act(ctx, "navigate", b.options.Redactor.URL(address), func(ctx context.Context) error {
		target, err := resolve(b.base, address)
		if err != nil {
			return err
		}
		defer b.waits(b.underWay)()
		return b.page.Navigate(ctx, target)
	})
}

// Click waits until the first element that matches can be clicked (it is visible, enabled and not covered)
// and clicks its middle with the mouse. If that leads to another page, by a link, a form or a script that goes there at
// once, Click waits until that page has been parsed. A page that a script goes to later is for Eventually.
func (b *Browser) Click(ctx context.Context, selector string) error {
	return b.act(ctx, "click", selector, func(ctx context.Context) error {
		if _, err := b.await(ctx, selector, clickable); err != nil {
			return err
		}
		defer b.waits(b.underWay)()
		if err := b.page.Click(ctx, selector); err != nil {
			return err
		}
		return b.arrive(ctx)
	})
}

// afterTasks lets the page do what an action has made it want to do at once, such as sending a form.
const afterTasks = `new Promise(done => setTimeout(done))`

// arrive waits for the page that an action leads to, so that what comes next meets that page and not the old one.
func (b *Browser) arrive(ctx context.Context) error {
	if _, err := b.page.Evaluate(ctx, afterTasks); err != nil && (ctx.Err() != nil || b.page.Err() != nil) {
		return err // any other error is that of a page that is being left
	}
	return b.page.Arrive(ctx)
}

// Fill waits until the first field that matches can be edited and replaces its content. In a list it chooses
// the option with this label or value.
func (b *Browser) Fill(ctx context.Context, selector, text string) error {
	return b.act(ctx, "fill", selector, func(ctx context.Context) error {
		field, err := b.await(ctx, selector, fillable)
		if err != nil {
			return err
		}
		if !field.typed() {
			return b.choose(ctx, selector, text)
		}
		return b.page.Fill(ctx, selector, text)
	})
}

// typed tells whether a person types into the field, or chooses.
func (e element) typed() bool {
	if e.Tag == "SELECT" {
		return false
	}
	switch e.Type {
	case "date", "time", "datetime-local", "month", "week", "color", "range":
		return false
	}
	return true
}

func (b *Browser) choose(ctx context.Context, selector, text string) error {
	value, err := b.page.Evaluate(ctx, call(chooseScript, selector, text))
	if err != nil {
		return err
	}
	var refused string
	if err := json.Unmarshal(value, &refused); err != nil {
		return fmt.Errorf("choosing: %w", err)
	}
	if refused != "" {
		return fmt.Errorf("%w: %s %q", ErrInvalidOption, refused, text)
	}
	return nil
}

// Press hits one key where the focus is: one character, or a name of browser.NamedKeys such as "Enter".
// It waits for another page as Click does.
func (b *Browser) Press(ctx context.Context, key string) error {
	return b.act(ctx, "press", key, func(ctx context.Context) error {
		defer b.waits(b.underWay)()
		if err := b.page.Press(ctx, key); err != nil {
			return err
		}
		return b.arrive(ctx)
	})
}

// Text waits until the page has been parsed and an element matches, and returns the text of the first as a person
// reads it, trimmed.
func (b *Browser) Text(ctx context.Context, selector string) (text string, err error) {
	err = b.act(ctx, "read", selector, func(ctx context.Context) error {
		seen, err := b.await(ctx, selector, readable)
		text = seen.Text
		return err
	})
	return text, err
}

// Visible tells whether an element that matches is visible now; it does not wait.
func (b *Browser) Visible(ctx context.Context, selector string) (visible bool, err error) {
	err = b.act(ctx, "look for", selector, func(ctx context.Context) error {
		seen, err := b.probe(ctx, selector)
		visible = seen.Visible
		return err
	})
	return visible, err
}

// Evaluate runs a JavaScript expression in the page, waits for it if it is a promise, and decodes its value
// into out as encoding/json does; a nil out ignores it.
func (b *Browser) Evaluate(ctx context.Context, expression string, out any) error {
	return b.act(ctx, "evaluate", b.options.Redactor.Text(beginning(expression)), func(ctx context.Context) error {
		value, err := b.page.Evaluate(ctx, expression)
		if err != nil || out == nil {
			return err
		}
		return json.Unmarshal(value, out)
	})
}

// URL is the address that the window shows.
func (b *Browser) URL(ctx context.Context) (address string, err error) {
	return address, b.Evaluate(ctx, "location.href", &address)
}

// Screenshot is a PNG of what the window shows.
func (b *Browser) Screenshot(ctx context.Context) (png []byte, err error) {
	err = b.act(ctx, "take", "screenshot", func(ctx context.Context) error {
		png, err = b.capture(ctx)
		return err
	})
	return png, err
}

// captureTry is how long the browser may take for a screenshot before it is asked again, and then twice that,
// and so on: it needs some 40 ms, and longer where the machine is busy.
const captureTry = 200 * time.Millisecond

// capture takes a screenshot. A browser that is asked just when the window goes to another page may never
// answer; asked again, it does.
func (b *Browser) capture(ctx context.Context) ([]byte, error) {
	for limit := captureTry; ; limit *= 2 {
		limited, cancel := context.WithTimeoutCause(ctx, limit, errActionTimeout)
		png, err := b.page.Screenshot(limited)
		again := err != nil && limited.Err() != nil && ctx.Err() == nil && b.page.Err() == nil
		cancel()
		if !again {
			return png, err
		}
	}
}

// errActionTimeout is the cause of a verb's end at its own limit.
var errActionTimeout = fmt.Errorf("its limit was reached: %w", context.DeadlineExceeded)

// act runs a verb within its limit, notes what the session is doing, and names everything in the error.
func (b *Browser) act(ctx context.Context, verb, object string, do func(context.Context) error) error {
	what := verb + " " + shorten(object)
	defer b.begin(what)()
	start := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, b.options.ActionTimeout, errActionTimeout)
	defer cancel()
	err := b.page.Err()
	if err == nil {
		err = do(limited)
	}
	if err == nil {
		return nil
	}
	if thrown, ok := errors.AsType[*browser.ScriptError](err); ok {
		thrown.Text = b.options.Redactor.Text(thrown.Text)
	}
	failed := &ActionError{}
	if !errors.As(err, &failed) {
		failed = &ActionError{Err: err}
	}
	if limited.Err() != nil {
		failed.Hint = hinted(b.Gateway(), start, failed.Hint)
	}
	failed.Action = what
	failed.Waited = time.Since(start)
	return &SessionError{Session: b.Name(), Err: failed}
}

// beginning is enough of a text to know it by; scripts can be long.
func beginning(text string) string { return text[:min(len(text), 400)] }

// shorten quotes what a verb is about, in one line.
func shorten(object string) string {
	const limit = 80
	object = strings.Join(strings.Fields(object), " ")
	if runes := []rune(object); len(runes) > limit {
		object = string(runes[:limit]) + "…"
	}
	if strings.Contains(object, `"`) && strconv.CanBackquote(object) {
		return "`" + object + "`" // selectors have quotes, and escaped ones are hard to read
	}
	return strconv.Quote(object)
}

func isFinal(err error) bool { return errors.Is(err, ErrInvalidOption) }
