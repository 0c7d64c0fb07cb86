package httpuser

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
)

const (
	// DefaultTimeout limits one exchange, redirects and body included.
	DefaultTimeout = 10 * time.Second
	// DefaultMaxRedirects is how many redirects are followed, as in browsers.
	DefaultMaxRedirects = 20
	// DefaultMaxBody is how large the body of an answer may be, in bytes.
	DefaultMaxBody = 64 << 20
)

// Options say how a client behaves. The zero value is good for most.
type Options struct {
	// BaseURL is what addresses without a scheme are relative to.
	BaseURL *url.URL
	// Timeout limits one exchange; zero or less means DefaultTimeout.
	Timeout time.Duration
	// MaxRedirects limits the redirects followed; zero means DefaultMaxRedirects, a negative number none:
	// the redirect itself is the answer then.
	MaxRedirects int
	// MaxBody limits the body of an answer in bytes; zero or less means DefaultMaxBody.
	MaxBody int64
	// Header is sent with every request.
	Header http.Header
	// TLS is for servers with an authority of their own; nil means the system's authorities.
	TLS *tls.Config
	// Proxy is the address of an HTTP proxy for everything, loopback included; nil means none: the
	// environment's proxies are not used.
	Proxy *url.URL
	// Observe is called after each exchange, redirects each by themselves; nil means nobody.
	Observe func(Exchange)
	// Answered is called with each answer whose body was read; nil means nobody.
	Answered func(*Response)
}

// Exchange is one request and its answer. Status is zero where there was none, and Err says why.
type Exchange struct {
	At     time.Time
	Took   time.Duration // until the answer's header came
	Method string
	URL    string
	Status int
	Err    error
}

// Client is a user without a browser. Its owner calls Close.
type Client struct {
	options Options
	http    *http.Client

	mu     sync.Mutex
	header http.Header // guarded by mu; replaced, never changed
}

var (
	// ErrTooManyRedirects says that MaxRedirects was reached.
	ErrTooManyRedirects = errors.New("too many redirects")
	// ErrTimeout says that Timeout was reached. It wraps context.DeadlineExceeded.
	ErrTimeout = fmt.Errorf("no whole answer in time: %w", context.DeadlineExceeded)
)

// New makes a client.
func New(o Options) (*Client, error) {
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxRedirects == 0 {
		o.MaxRedirects = DefaultMaxRedirects
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	transport := &http.Transport{
		TLSClientConfig:   o.TLS.Clone(), // net/http adds to it, and users share theirs
		ForceAttemptHTTP2: true,
		// As many as a browser opens to one host; a user has its own, and none is shared.
		MaxConnsPerHost: 6, MaxIdleConnsPerHost: 6, IdleConnTimeout: 90 * time.Second,
	}
	if o.Proxy != nil {
		transport.Proxy = http.ProxyURL(o.Proxy)
	}
	c := &Client{options: o, header: o.Header.Clone()}
	c.http = &http.Client{Jar: jar, Transport: observed{transport, o.Observe}, CheckRedirect: c.checkRedirect}
	return c, nil
}

func (c *Client) checkRedirect(_ *http.Request, via []*http.Request) error {
	switch limit := c.options.MaxRedirects; {
	case limit < 0:
		return http.ErrUseLastResponse
	case len(via) > limit:
		return fmt.Errorf("%w: stopped after %d", ErrTooManyRedirects, limit)
	}
	return nil
}

// Close ends the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// SetHeader lets all later requests have a header, such as Authorization; an empty value takes it out.
func (c *Client) SetHeader(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := c.header.Clone()
	if changed == nil {
		changed = http.Header{}
	}
	changed.Set(name, value)
	if value == "" {
		changed.Del(name)
	}
	c.header = changed
}

func (c *Client) headers() http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.header
}

// Cookies are what the client would send to the address.
func (c *Client) Cookies(address *url.URL) []*http.Cookie { return c.http.Jar.Cookies(address) }

// Get asks for an address.
func (c *Client) Get(ctx context.Context, address string) (*Response, error) {
	return c.Do(ctx, http.MethodGet, address, nil, nil)
}

// PostForm sends the values as a form.
func (c *Client) PostForm(ctx context.Context, address string, values url.Values) (*Response, error) {
	return c.Do(ctx, http.MethodPost, address, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, strings.NewReader(values.Encode()))
}

// JSON sends in as JSON (nil: no body) and decodes the answer into out (nil: ignored). A status that is not
// 2xx is a *StatusError.
func (c *Client) JSON(ctx context.Context, method, address string, in, out any) error {
	header := http.Header{"Accept": {"application/json"}}
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return &url.Error{Op: method, URL: address, Err: err}
		}
		body = bytes.NewReader(encoded)
		header.Set("Content-Type", "application/json")
	}
	response, err := c.Do(ctx, method, address, header, body)
	if err != nil {
		return err
	}
	if response.Status/100 != 2 {
		return &StatusError{Method: method, URL: response.URL, Status: response.Status, Body: response.Excerpt()}
	}
	if out == nil {
		return nil
	}
	return response.JSON(out)
}

// Do sends a request and reads the whole answer. Header and body may be nil.
func (c *Client) Do(ctx context.Context, method, address string, header http.Header, body io.Reader) (*Response, error) {
	target, err := c.resolve(address)
	if err != nil {
		return nil, &url.Error{Op: method, URL: address, Err: err}
	}
	limit := fmt.Errorf("%w (%v)", ErrTimeout, c.options.Timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.Timeout, limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, &url.Error{Op: method, URL: address, Err: err}
	}
	for _, headers := range []http.Header{c.headers(), header} {
		for name, values := range headers {
			request.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	response, err := c.send(request)
	if err != nil {
		return nil, explain(ctx, err)
	}
	if c.options.Answered != nil {
		c.options.Answered(response)
	}
	return response, nil
}

// send exchanges and reads the body.
func (c *Client) send(request *http.Request) (*Response, error) {
	start := time.Now()
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, err // a *url.Error: it names method and address
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, c.options.MaxBody+1))
	if err == nil && int64(len(content)) > c.options.MaxBody {
		err = fmt.Errorf("the body is larger than %d bytes; raise MaxBody if that is expected", c.options.MaxBody)
	}
	if err != nil {
		if cause := context.Cause(request.Context()); cause != nil {
			err = cause
		}
		err = fmt.Errorf("status %d, reading the body: %w", answer.StatusCode, err)
		return nil, &url.Error{Op: request.Method, URL: answer.Request.URL.String(), Err: err}
	}
	return &Response{
		Status: answer.StatusCode, Header: answer.Header, Body: content,
		URL: answer.Request.URL.String(), Took: time.Since(start),
	}, nil
}

// explain puts the cause of the context's end, if it has ended, in the place of net/http's word for it.
func explain(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return &url.Error{Op: failed.Op, URL: failed.URL, Err: cause}
	}
	return fmt.Errorf("%w: %w", cause, err)
}

func (c *Client) resolve(address string) (string, error) {
	u, err := url.Parse(address)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return "", failed.Err // the caller adds the address
	}
	if err != nil {
		return "", err
	}
	if u.IsAbs() {
		return address, nil
	}
	if c.options.BaseURL == nil {
		return "", errors.New("the address is relative and there is no base address; set BaseURL")
	}
	return c.options.BaseURL.ResolveReference(u).String(), nil
}

// observed reports each exchange, redirects each by themselves.
type observed struct {
	http.RoundTripper
	observe func(Exchange)
}

func (o observed) RoundTrip(request *http.Request) (*http.Response, error) {
	start := time.Now()
	response, err := o.RoundTripper.RoundTrip(request)
	if o.observe != nil {
		exchange := Exchange{At: start, Took: time.Since(start), Method: request.Method, URL: request.URL.String(), Err: err}
		if response != nil {
			exchange.Status = response.StatusCode
		}
		o.observe(exchange)
	}
	return response, err
}

// CloseIdleConnections lets http.Client reach through.
func (o observed) CloseIdleConnections() {
	if t, ok := o.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
