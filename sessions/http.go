package sessions

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/httpuser"
)

// HTTPOptions say how an HTTP session behaves. The zero value is good for most.
type HTTPOptions struct {
	// BaseURL is what addresses without a scheme are relative to; empty means that all must have one.
	BaseURL string
	// ActionTimeout limits each exchange; zero means DefaultActionTimeout.
	ActionTimeout time.Duration
	// Header is sent with every request.
	Header http.Header
	// TLS is for servers with an authority of their own; nil means the system's authorities.
	TLS *tls.Config
	// Gateway says what the session's gateway is like; nil means that it has none. Its Session is the name of this one, and
	// where it has no TLS, that is as above.
	Gateway *gateway.Options
	// Redactor hides secrets in evidence; its zero value hides the usual ones.
	Redactor Redactor
}

// HTTP is a session without a browser.
type HTTP struct {
	activities
	browser.Lifetime
	identity Identity
	options  HTTPOptions
	client   *httpuser.Client
	gateway  *gateway.Gateway // nil where there is none

	mu       sync.Mutex
	requests kept[RequestRecord]
	last     *httpuser.Response
}

var _ Session = (*HTTP)(nil)

// OpenHTTP opens a session; nothing is sent yet.
func OpenHTTP(id Identity, o HTTPOptions) (*HTTP, error) {
	base, err := id.check(o.BaseURL, &o.ActionTimeout)
	if err != nil {
		return nil, err
	}
	h := &HTTP{Lifetime: browser.NewLifetime(), identity: id, options: o}
	client := httpuser.Options{
		BaseURL: base, Timeout: o.ActionTimeout, Header: o.Header, TLS: o.TLS, Observe: h.observe, Answered: h.answered,
	}
	if o.Gateway != nil {
		if err := h.listen(*o.Gateway, &client); err != nil {
			return nil, &SessionError{Session: id.Name, Err: err}
		}
	}
	if h.client, err = httpuser.New(client); err != nil {
		return nil, &SessionError{Session: id.Name, Err: errors.Join(err, h.closeGateway())}
	}
	return h, nil
}

// listen starts the session's gateway and leads the client through it: the gateway verifies the servers, and the client
// takes the gateway's word.
func (h *HTTP) listen(o gateway.Options, client *httpuser.Options) (err error) {
	o.Session = h.Name()
	if o.TLS == nil {
		o.TLS = h.options.TLS
	}
	if h.gateway, err = gateway.Listen(context.Background(), o); err != nil {
		return err
	}
	roots := x509.NewCertPool()
	h.gateway.Authority().Trust(roots)
	client.Proxy, client.TLS = h.gateway.URL(), &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return nil
}

func (h *HTTP) closeGateway() error {
	if h.gateway == nil {
		return nil
	}
	return h.gateway.Close()
}

// Gateway is the proxy of the session, which records and can hold all that it sends; nil where it has none. It is closed
// with the session.
func (h *HTTP) Gateway() *gateway.Gateway { return h.gateway }

// Name implements Session.
func (h *HTTP) Name() string { return h.identity.Name }

// Tenant implements Session.
func (h *HTTP) Tenant() string { return h.identity.Tenant }

// Kind implements Session.
func (h *HTTP) Kind() Kind { return KindHTTP }

// Err implements Session.
func (h *HTTP) Err() error {
	if err := h.Lifetime.Err(); err != nil {
		return &SessionError{Session: h.Name(), Err: err}
	}
	return nil
}

// Close implements Session.
func (h *HTTP) Close(context.Context) error {
	h.End(fmt.Errorf("HTTP user: %w", browser.ErrClosed))
	h.client.Close()
	if err := h.closeGateway(); err != nil {
		return &SessionError{Session: h.Name(), Err: err}
	}
	return nil
}

// phrase says what an exchange is, without secrets.
func (h *HTTP) phrase(method, address string) string {
	return method + " " + h.options.Redactor.URL(address)
}

// redact takes secrets out of the errors that repeat the address or the answer; all of package httpuser do so in
// one of these types.
func (h *HTTP) redact(err error) {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		failed.URL = h.options.Redactor.URL(failed.URL)
	}
	if refused, ok := errors.AsType[*httpuser.StatusError](err); ok {
		refused.URL, refused.Body = h.options.Redactor.URL(refused.URL), h.options.Redactor.Text(refused.Body)
	}
	if unlike, ok := errors.AsType[*httpuser.ContentError](err); ok {
		unlike.URL, unlike.Body = h.options.Redactor.URL(unlike.URL), h.options.Redactor.Text(unlike.Body)
	}
}

// SetHeader lets all later requests have a header, such as Authorization; an empty value takes it out.
func (h *HTTP) SetHeader(name, value string) { h.client.SetHeader(name, value) }

// Get asks for an address, absolute or relative to BaseURL, and follows redirects.
func (h *HTTP) Get(ctx context.Context, address string) (*httpuser.Response, error) {
	return h.exchange(ctx, h.phrase(http.MethodGet, address), func(ctx context.Context) (*httpuser.Response, error) {
		return h.client.Get(ctx, address)
	})
}

// PostForm sends the values as a form.
func (h *HTTP) PostForm(ctx context.Context, address string, values url.Values) (*httpuser.Response, error) {
	return h.exchange(ctx, h.phrase(http.MethodPost, address), func(ctx context.Context) (*httpuser.Response, error) {
		return h.client.PostForm(ctx, address, values)
	})
}

// Submit sends a form that was found in an answer.
func (h *HTTP) Submit(ctx context.Context, form *httpuser.Form) (*httpuser.Response, error) {
	return h.exchange(ctx, h.phrase(form.Method, form.Action), func(ctx context.Context) (*httpuser.Response, error) {
		return h.client.Submit(ctx, form)
	})
}

// JSON sends in as JSON (nil: no body) and decodes the answer into out (nil: ignored). A status that is not
// 2xx is an error that wraps a *httpuser.StatusError.
func (h *HTTP) JSON(ctx context.Context, method, address string, in, out any) error {
	_, err := h.exchange(ctx, h.phrase(method, address), func(ctx context.Context) (*httpuser.Response, error) {
		return nil, h.client.JSON(ctx, method, address, in, out)
	})
	return err
}

// Do sends any request; header and body may be nil.
func (h *HTTP) Do(ctx context.Context, method, address string, header http.Header, body io.Reader) (*httpuser.Response, error) {
	return h.exchange(ctx, h.phrase(method, address), func(ctx context.Context) (*httpuser.Response, error) {
		return h.client.Do(ctx, method, address, header, body)
	})
}

func (h *HTTP) exchange(ctx context.Context, what string, do func(context.Context) (*httpuser.Response, error)) (*httpuser.Response, error) {
	defer h.begin(what)()
	start := time.Now()
	limited, cancel := h.Limit(context.WithoutCancel(ctx), ctx)
	defer cancel()
	if err := h.Lifetime.Err(); err != nil {
		return nil, h.failed(what, start, err)
	}
	response, err := do(limited)
	if refused := h.refused(err); refused != nil {
		err = refused
	}
	if err = h.Explain(ctx, err); err != nil {
		return response, h.failed(what, start, err)
	}
	return response, nil
}

func (h *HTTP) failed(what string, start time.Time, err error) error {
	h.redact(err)
	hint := h.hint(err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		hint = hinted(h.gateway, start, hint)
	}
	return &SessionError{Session: h.Name(), Err: &ActionError{Action: what, Waited: time.Since(start), Hint: hint, Err: err}}
}

// hint says what to look at.
func (h *HTTP) hint(err error) string {
	var status *httpuser.StatusError
	switch {
	case errors.As(err, &status) && (status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden):
		return "is the session logged in, and is the CSRF token sent?"
	case errors.Is(err, httpuser.ErrTimeout):
		return "is the server slow, or does it wait for another session? ActionTimeout is the limit"
	}
	return ""
}

// refused is the error of an exchange that the gateway answered in the server's place.
func (h *HTTP) refused(err error) error {
	status, failed := errors.AsType[*httpuser.StatusError](err)
	if h.gateway == nil || err != nil && (!failed || status.Status != http.StatusBadGateway) {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return refusal(h.last)
}

// answered keeps the last answer, whatever its status, for evidence.
func (h *HTTP) answered(response *httpuser.Response) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = response
}

func (h *HTTP) observe(exchange httpuser.Exchange) {
	record := &RequestRecord{At: exchange.At, Method: exchange.Method, URL: exchange.URL, Status: exchange.Status, Took: exchange.Took}
	if exchange.Err != nil {
		record.Error = exchange.Err.Error()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests.add(record)
}

// Evidence implements Session: the requests, and the last answer.
func (h *HTTP) Evidence(context.Context) *Evidence {
	e := &Evidence{Session: h.Name(), Tenant: h.Tenant(), Kind: h.Kind(), At: time.Now(), Doing: h.Doing().String()}
	h.mu.Lock()
	e.Requests, e.Dropped = h.requests.copy(), h.requests.dropped
	if h.last != nil {
		e.URL, e.Source = h.last.URL, string(h.last.Body)
	}
	h.mu.Unlock()
	if err := h.Err(); err != nil {
		e.Problems = append(e.Problems, err.Error())
	}
	e.recorded(h.gateway, h.options.Redactor)
	e.redact(h.options.Redactor)
	return e
}
