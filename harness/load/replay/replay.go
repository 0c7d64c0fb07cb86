package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Options say what of a recording is replayed. Target is needed.
type Options struct {
	// Target is where requests go; only its host counts.
	Target *url.URL
	// RecordedHost is whose requests are taken, as HOST or HOST:PORT; empty means the target's.
	RecordedHost string
	// ThinkTimes keeps the pauses between the end of a request and the start of the next. Without them a user pauses
	// after each request as its scenario says.
	ThinkTimes bool
	// Check looks at every answer; nil means that those must be 2xx or 304 that were recorded so, and that others
	// have the status that was recorded.
	Check virtual.Check
}

// Replay is a recording that users can repeat.
type Replay struct {
	Steps []Step
	// Correlations are values that were answered before they were sent, and are likely to be others each time.
	Correlations []Correlation
	think        bool
}

// Step is a request.
type Step struct {
	virtual.Request
	// Think is the pause before it.
	Think time.Duration
	// Prepare changes the user's copy of the request before it is sent; nil changes nothing.
	Prepare func(*load.User, *virtual.Request)

	entry int // of the HAR, from 1
}

// New makes a replay of a recording.
func New(log *har.Log, o Options) (*Replay, error) {
	host := cmp.Or(o.RecordedHost, o.Target.Host)
	entries := slices.Clone(log.Entries)
	slices.SortStableFunc(entries, func(a, b har.Entry) int { return a.Started.Compare(b.Started.Time) })
	r := &Replay{think: o.ThinkTimes}
	hosts := map[string]bool{}
	var redirected string
	var last time.Time
	for i := range entries {
		e := &entries[i]
		address, err := url.Parse(e.Request.URL)
		if err != nil {
			continue
		}
		hosts[address.Host] = true
		if address.Host != host || e.Request.Method == http.MethodConnect {
			continue
		}
		end := e.Started.Add(e.Time.Duration())
		if follows(address, redirected) {
			redirected, last = target(address, e), end
			continue
		}
		step := Step{Request: requestOf(e, address, o.Check), entry: i + 1}
		if !last.IsZero() {
			step.Think = max(0, e.Started.Sub(last))
		}
		redirected, last = target(address, e), end
		r.Steps = append(r.Steps, step)
	}
	if len(r.Steps) == 0 {
		return nil, fmt.Errorf("%w: no request of the HAR was to %s; those it has were to %s", sessions.ErrInvalidOption, host,
			cmp.Or(strings.Join(slices.Sorted(maps.Keys(hosts)), ", "), "nobody"))
	}
	r.Correlations = correlate(entries, host)
	return r, nil
}

// target is where an answer redirected to, empty if it did not.
func target(address *url.URL, e *har.Entry) string {
	if e.Response.RedirectURL == "" || e.Response.Status/100 != 3 {
		return ""
	}
	to, err := address.Parse(e.Response.RedirectURL)
	if err != nil {
		return ""
	}
	return to.String()
}

func follows(address *url.URL, redirected string) bool {
	return redirected != "" && address.String() == redirected
}

// requestOf is what a user sends in place of what was recorded.
func requestOf(e *har.Entry, address *url.URL, set virtual.Check) virtual.Request {
	r := virtual.Request{Method: e.Request.Method, Path: address.RequestURI(), Header: virtual.Header{}, Check: set}
	for _, h := range e.Request.Headers {
		if isSent(h.Name) {
			r.Header[http.CanonicalHeaderKey(h.Name)] = h.Value
		}
	}
	if set == nil && e.Response.Status >= http.StatusBadRequest {
		r.Check = check.Must(check.Status(e.Response.Status))
	}
	if data := e.Request.PostData; data != nil {
		r.Body = []byte(data.Text)
		if data.Text == "" && len(data.Params) > 0 {
			r.Body = []byte(formOf(data.Params))
		}
	}
	return r
}

func formOf(params []har.Param) string {
	parts := make([]string, len(params))
	for i, p := range params {
		parts[i] = url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value)
	}
	return strings.Join(parts, "&")
}

// isSent tells whether a recorded header is sent again: not those that users set themselves, nor those that are about a
// connection or about what a browser has in its cache.
func isSent(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Host", "Cookie", "Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade",
		"Accept-Encoding", "If-None-Match", "If-Modified-Since", "Origin", "Referer":
		return false
	}
	return !strings.HasPrefix(name, ":") && !strings.HasPrefix(http.CanonicalHeaderKey(name), "Proxy-")
}

// User is the user function of a scenario: all steps, whatever becomes of each. Its error joins theirs.
func (r *Replay) User(ctx context.Context, u *load.User) error {
	var errs []error
	for i := range r.Steps {
		if err := r.pause(ctx, u, i); err != nil {
			return errors.Join(append(errs, err)...)
		}
		request := r.Steps[i].Request
		if prepare := r.Steps[i].Prepare; prepare != nil {
			request.Header = maps.Clone(request.Header)
			prepare(u, &request)
		}
		if _, err := u.Do(ctx, request); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// pause is before a step, as recorded, or as the scenario says between steps.
func (r *Replay) pause(ctx context.Context, u *load.User, i int) error {
	switch {
	case r.think:
		return u.PauseFor(ctx, profile.ConstantPause(r.Steps[i].Think))
	case i > 0:
		return u.Pause(ctx)
	}
	return nil
}

// Notes are what is to be known before a replay, in words.
func (r *Replay) Notes() []string {
	notes := make([]string, 0, len(r.Correlations))
	for _, c := range r.Correlations {
		notes = append(notes, c.String())
	}
	return notes
}
