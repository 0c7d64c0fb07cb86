package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seed49090845/lockstep/harness/control"
)

// Options say which service it is.
type Options struct {
	// Server is its address; empty means http://127.0.0.1:7400.
	Server string
	// Token is shown with every call, unless it is empty.
	Token string
	// TLS is for a service with an authority of its own; nil means the system's.
	TLS *tls.Config
}

// Client calls a service. It may be used by many goroutines.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// maxAnswer is what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// patience is how long it may take to reach the service. How long it may take to answer is the context's to say: a run that
// is cancelled answers when it has ended.
const patience = 10 * time.Second

// New makes a client; nothing is sent yet.
func New(o Options) (*Client, error) {
	base := strings.TrimSuffix(cmp.Or(o.Server, "http://"+control.DefaultListen), "/")
	address, err := url.Parse(base)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("server %q: want an address such as http://%s", o.Server, control.DefaultListen)
	}
	transport := &http.Transport{TLSClientConfig: o.TLS, ForceAttemptHTTP2: true, DialContext: (&net.Dialer{Timeout: patience}).DialContext, TLSHandshakeTimeout: patience}
	return &Client{base: base, token: o.Token, http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Close closes connections that are kept.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// ProblemError is what the service refused, and why (RFC 9457).
type ProblemError struct{ huma.ErrorModel }

func (p *ProblemError) Error() string {
	lines := []string{p.Title}
	for _, e := range p.Errors {
		lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(e.Location, "body"), ".")+": "+e.Message)
	}
	if len(p.Errors) == 0 && p.Detail != p.Title {
		lines = append(lines, p.Detail)
	}
	return fmt.Sprintf("%s (%d)", strings.Join(lines, "\n  "), p.Status)
}

// Start begins a run.
func (c *Client) Start(ctx context.Context, start control.Start) (*control.Run, error) {
	return call[control.Run](ctx, c, http.MethodPost, "/api/runs", start)
}

// Run is what is known of a run.
func (c *Client) Run(ctx context.Context, id string) (*control.Run, error) {
	return call[control.Run](ctx, c, http.MethodGet, "/api/runs/"+url.PathEscape(id), nil)
}

// Cancel interrupts a run and returns it when it has ended.
func (c *Client) Cancel(ctx context.Context, id string) (*control.Run, error) {
	return c.cancel(ctx, id, false)
}

// CancelGracefully lets the users of a run finish, and returns it when it has ended.
func (c *Client) CancelGracefully(ctx context.Context, id string) (*control.Run, error) {
	return c.cancel(ctx, id, true)
}

func (c *Client) cancel(ctx context.Context, id string, graceful bool) (*control.Run, error) {
	return call[control.Run](ctx, c, http.MethodPost, "/api/runs/"+url.PathEscape(id)+"/cancel", map[string]bool{"graceful": graceful})
}

// Runs are the latest runs, as many as asked for: of all, or of those that started before the run of an id, unless it is
// empty.
func (c *Client) Runs(ctx context.Context, limit int, before string) ([]control.RunSummary, error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if before != "" {
		query.Set("before", before)
	}
	list, err := call[struct{ Runs []control.RunSummary }](ctx, c, http.MethodGet, "/api/runs?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	return list.Runs, nil
}

// Scenarios are what can be run.
func (c *Client) Scenarios(ctx context.Context) ([]control.ScenarioInfo, error) {
	list, err := call[struct{ Scenarios []control.ScenarioInfo }](ctx, c, http.MethodGet, "/api/scenarios", nil)
	if err != nil {
		return nil, err
	}
	return list.Scenarios, nil
}

// File is a report file.
func (c *Client) File(ctx context.Context, id, name string) ([]byte, error) {
	response, err := c.send(ctx, http.MethodGet, "/api/runs/"+url.PathEscape(id)+"/files/"+url.PathEscape(name), nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(io.LimitReader(response.Body, maxAnswer))
}

func call[T any](ctx context.Context, c *Client, method, path string, body any) (*T, error) {
	response, err := c.send(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var out T
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&out); err != nil {
		return nil, fmt.Errorf("%s %s: the answer is not what was expected: %w", method, path, err)
	}
	return &out, nil
}

// send returns an answer that is well; the others are errors.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("is the service there? %w", err)
	}
	if response.StatusCode < http.StatusMultipleChoices {
		return response, nil
	}
	defer response.Body.Close()
	problem := &ProblemError{huma.ErrorModel{Status: response.StatusCode, Title: response.Status}}
	_ = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&problem.ErrorModel) // what is no problem document has its status
	return nil, problem
}
