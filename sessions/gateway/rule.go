package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Match says which requests a rule is about. The zero value matches all.
type Match struct {
	// Method is the request's; empty means any.
	Method string
	// Path is a pattern as those of http.ServeMux, as in "/phonebooks/{id}/rename"; empty means any.
	Path string
	// Nth is the first request, counted from 1 among those that match, that the rule takes; zero means 1.
	Nth int
	// Count is how many requests the rule takes; zero means 1, a negative number all.
	Count int
}

// ErrInvalidRule is wrapped by the errors of rules that do not fit.
var ErrInvalidRule = errors.New("invalid rule")

// Rule holds requests at request out: nothing of them has reached the server before they are released.
type Rule struct {
	gateway *Gateway
	match   Match
	paths   *http.ServeMux

	mu     sync.Mutex
	seen   int      // requests that matched
	passed []string // requests that did not, the latest last
	held   []*Held  // in the order in which they came
	change chan struct{}
	off    bool
}

// Hold makes a rule that holds what matches until it is released.
func (g *Gateway) Hold(m Match) (*Rule, error) {
	if m.Nth < 0 {
		return nil, fmt.Errorf("gateway of %s: %w: Nth is %d; requests are counted from 1", g.options.Session, ErrInvalidRule, m.Nth)
	}
	if strings.ContainsFunc(m.Method, notToken) {
		return nil, fmt.Errorf("gateway of %s: %w: %q is no method", g.options.Session, ErrInvalidRule, m.Method)
	}
	if m.Nth == 0 {
		m.Nth = 1
	}
	if m.Count == 0 {
		m.Count = 1
	}
	r := &Rule{gateway: g, match: m, change: make(chan struct{})}
	if m.Path != "" {
		paths, err := pathPattern(m.Path)
		if err != nil {
			return nil, fmt.Errorf("gateway of %s: %w: path %q: %w", g.options.Session, ErrInvalidRule, m.Path, err)
		}
		r.paths = paths
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules = append(g.rules, r)
	return r, nil
}

// pathPattern lets http.ServeMux understand the pattern, and turns its panic about a bad one into an error.
func pathPattern(path string) (mux *http.ServeMux, err error) {
	if !strings.HasPrefix(path, "/") {
		return nil, errors.New("it begins with /")
	}
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
	}()
	mux = http.NewServeMux()
	mux.Handle(path, http.NotFoundHandler())
	return mux, nil
}

func (r *Rule) String() string {
	text := strings.TrimSpace(r.match.Method + " " + r.match.Path)
	if text == "" {
		return "any request"
	}
	return text
}

// take holds the exchange if the rule is about it.
func (r *Rule) take(x *exchange) *Held {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.off || !r.about(x) {
		r.passed = append(r.passed, x.name())
		if len(r.passed) > 10 {
			r.passed = r.passed[1:]
		}
		return nil
	}
	r.seen++
	if r.seen < r.match.Nth || r.match.Count > 0 && r.seen >= r.match.Nth+r.match.Count {
		return nil
	}
	h := newHeld(x)
	r.held = append(r.held, h)
	close(r.change)
	r.change = make(chan struct{})
	return h
}

func (r *Rule) about(x *exchange) bool {
	if r.match.Method != "" && r.match.Method != x.method {
		return false
	}
	if r.paths == nil {
		return true
	}
	_, pattern := r.paths.Handler(&http.Request{Method: x.method, URL: x.url, Host: x.url.Host})
	return pattern == r.match.Path
}

// Held waits until the rule holds a request, and returns the first that it still holds. The error says what was
// seen instead.
func (r *Rule) Held(ctx context.Context) (*Held, error) {
	start := time.Now()
	for {
		r.mu.Lock()
		waiting := slices.IndexFunc(r.held, func(h *Held) bool { return h.waiting() })
		if waiting >= 0 {
			defer r.mu.Unlock()
			return r.held[waiting], nil
		}
		change, passed, seen := r.change, slices.Clone(r.passed), r.seen
		r.mu.Unlock()
		select {
		case <-change:
		case <-r.gateway.life.Done():
			return nil, context.Cause(r.gateway.life)
		case <-ctx.Done():
			return nil, fmt.Errorf("gateway of %s: waited %v for %s to be held: %w; %d matched; it saw %s",
				r.gateway.options.Session, time.Since(start).Round(time.Millisecond), r, context.Cause(ctx), seen, orNothing(passed))
		}
	}
}

func orNothing(passed []string) string {
	if len(passed) == 0 {
		return "no other request"
	}
	return strings.Join(passed, ", ")
}

// Release lets go everything that the rule holds, and holds nothing any more.
func (r *Rule) Release() {
	r.gateway.mu.Lock()
	r.gateway.rules = slices.DeleteFunc(r.gateway.rules, func(other *Rule) bool { return other == r })
	r.gateway.mu.Unlock()
	r.mu.Lock()
	r.off = true
	held := slices.Clone(r.held)
	r.mu.Unlock()
	for _, h := range held {
		h.Release()
	}
}

// Seen is how many requests matched.
func (r *Rule) Seen() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}
