package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway/internal/taken"
)

// Stage is where a rule takes an exchange.
type Stage uint8

const (
	// RequestOut is before anything of the request has reached the server.
	RequestOut Stage = iota
	// ResponseIn is when the head of the response has come, before anything of it has reached the session.
	ResponseIn
)

func (s Stage) String() string {
	if s == ResponseIn {
		return "response in"
	}
	return "request out"
}

// Match says which exchanges a rule is about, and where. The zero value matches all, at request out.
type Match struct {
	// Stage is where.
	Stage Stage
	// Method is the request's; empty means any.
	Method string
	// Path is a pattern as those of http.ServeMux, as in "/phonebooks/{id}/rename"; empty means any.
	Path string
	// Header has fields that the request must have, with their values; an empty value means any. Names are compared
	// in any case.
	Header map[string]string
	// Body looks at the body of the request, which is kept in memory for it: at most 16 MiB, or the request fails. Nil
	// means any. It is called by the goroutines of connections, one at a time for each rule.
	Body func(body []byte) bool
	// Nth is the first request, counted from 1 among those that match, that the rule takes; zero means 1.
	Nth int
	// Count is how many requests the rule takes; zero means 1, Every all.
	Count int
}

// Every is the Count of a rule that takes all that match.
const Every = -1

// ErrInvalidRule is wrapped by the errors of rules that do not fit.
var ErrInvalidRule = errors.New("invalid rule")

// Rule is what a gateway does with exchanges that match: hold them, delay them, or answer in the server's place.
type Rule struct {
	gateway *Gateway
	match   Match
	paths   *http.ServeMux
	action  action
	book    *taken.Book[*Held]
}

// action is what becomes of an exchange that a rule takes; its zero value holds it.
type action struct {
	delay  time.Duration // let it go after this time
	reset  bool          // break the session's connection
	status int           // answer with this
	watch  bool          // let it go at once, and note it
}

// noted tells whether those who ask the rule are told what it took, and can let it go.
func (a action) noted() bool { return !a.reset && a.status == 0 }

// Hold makes a rule that holds what matches until it is released.
func (g *Gateway) Hold(m Match) (*Rule, error) { return g.rule(m, action{}) }

// Watch makes a rule that holds nothing: Taken tells what matched.
func (g *Gateway) Watch(m Match) (*Rule, error) { return g.rule(m, action{watch: true}) }

// Delay makes a rule that holds what matches for a time.
func (g *Gateway) Delay(m Match, d time.Duration) (*Rule, error) {
	if d <= 0 {
		return nil, g.invalid("a delay of %v: it must be positive", d)
	}
	return g.rule(m, action{delay: d})
}

// Reset makes a rule that breaks the session's connection in the place of an answer, as a network does that fails.
func (g *Gateway) Reset(m Match) (*Rule, error) { return g.rule(m, action{reset: true}) }

// Status makes a rule that answers with a status, from 200 to 599, in the server's place.
func (g *Gateway) Status(m Match, status int) (*Rule, error) {
	if status < 200 || status > 599 {
		return nil, g.invalid("status %d: want one from 200 to 599", status)
	}
	return g.rule(m, action{status: status})
}

func (g *Gateway) invalid(format string, args ...any) error {
	return fmt.Errorf("gateway of %s: %w: %s", g.Session(), ErrInvalidRule, fmt.Sprintf(format, args...))
}

func (g *Gateway) rule(m Match, a action) (*Rule, error) {
	paths, err := m.compile()
	if err != nil {
		return nil, fmt.Errorf("gateway of %s: %w", g.Session(), err)
	}
	m.Nth, m.Count = max(m.Nth, 1), orOne(m.Count)
	r := &Rule{gateway: g, match: m, paths: paths, action: a, book: taken.New(m.Nth, m.Count, (*Held).waiting)}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules = append(g.rules, r)
	g.made = append(g.made, r)
	return r, nil
}

// Check tells what is wrong with a match before there is a gateway; nil if nothing is.
func (m Match) Check() error {
	_, err := m.compile()
	return err
}

// compile checks the match and makes the pattern of its path; nil if that is empty.
func (m Match) compile() (paths *http.ServeMux, err error) {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrInvalidRule, fmt.Sprintf(format, args...))
	}
	switch {
	case m.Stage > ResponseIn:
		return nil, wrong("there is no stage %d", m.Stage)
	case m.Nth < 0:
		return nil, wrong("Nth is %d; requests are counted from 1", m.Nth)
	case m.Count < Every:
		return nil, wrong("Count is %d; want a number of requests, or Every", m.Count)
	case strings.ContainsFunc(m.Method, notToken):
		return nil, wrong("%q is no method", m.Method)
	}
	for name := range m.Header {
		if name == "" || strings.ContainsFunc(name, notToken) {
			return nil, wrong("%q is no name of a header field", name)
		}
	}
	if m.Path == "" {
		return nil, nil
	}
	if paths, err = pathPattern(m.Path); err != nil {
		return nil, wrong("path %q: %v", m.Path, err)
	}
	return paths, nil
}

// String is the match as people write it: "POST /phonebooks/{id}/rename".
func (m Match) String() string {
	text := strings.TrimSpace(m.Method + " " + m.Path)
	if text == "" {
		text = "any request"
	}
	if m.Stage == ResponseIn {
		text += " (response in)"
	}
	return text
}

func orOne(count int) int {
	if count == 0 {
		return 1
	}
	return count
}

// Unmatched lists the rules that took nothing so far, released ones included: a rule that never matched says that a
// spec does not do what it seems to.
func (g *Gateway) Unmatched() []*Rule {
	g.mu.Lock()
	defer g.mu.Unlock()
	var idle []*Rule
	for _, r := range g.made {
		if r.Seen() == 0 {
			idle = append(idle, r)
		}
	}
	return idle
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

func (r *Rule) String() string { return r.match.String() }

// inForce are the rules of now.
func (g *Gateway) inForce() []*Rule {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.rules) // nil where there are none, as mostly
}

// held asks the rules about a stage; the first that takes the exchange decides, and all of them count it.
func (g *Gateway) held(x *exchange, stage Stage) *Held {
	var taken *Held
	for _, rule := range g.inForce() {
		if h := rule.take(x, stage, taken == nil); h != nil {
			taken = h
		}
	}
	return taken
}

// wantBody tells whether a rule must look at the request's body before it is known whether it is about the request.
func (g *Gateway) wantBody(x *exchange) bool {
	return slices.ContainsFunc(g.inForce(), func(r *Rule) bool { return r.match.Body != nil && r.aboutHead(x) })
}

// take tells whether the rule is about the exchange at this stage, and is to decide about it; one that it holds is noted.
func (r *Rule) take(x *exchange, stage Stage, decides bool) *Held {
	if r.match.Stage != stage {
		return nil
	}
	if !r.book.Counts(x.name, func() bool { return r.about(x) }, decides) {
		return nil
	}
	return newHeld(x, stage, r)
}

// announce lets those who wait for the rule to hold something know that it does.
func (h *Held) announce() {
	r := h.rule
	if !r.action.noted() {
		return
	}
	if r.action.watch {
		h.Release()
	}
	r.book.Announce(h)
}

func (r *Rule) about(x *exchange) bool {
	return r.aboutHead(x) && (r.match.Body == nil || x.whole && r.match.Body(x.body))
}

// aboutHead tells whether the rule may be about the exchange, before its body is known.
func (r *Rule) aboutHead(x *exchange) bool {
	if r.match.Method != "" && r.match.Method != x.method {
		return false
	}
	for name, want := range r.match.Header {
		given := values(x.header, name)
		if len(given) == 0 || want != "" && !slices.Contains(given, want) {
			return false
		}
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
	h, err := r.book.Waiting(ctx, r.gateway.life)
	return h, r.inVain(err, start, "be held")
}

// Taken waits until the rule has taken a request, and returns the first that it took, whatever became of it.
func (r *Rule) Taken(ctx context.Context) (*Held, error) {
	start := time.Now()
	h, err := r.book.First(ctx, r.gateway.life)
	return h, r.inVain(err, start, "come")
}

// inVain tells what the rule saw in the place of what somebody waited for.
func (r *Rule) inVain(err error, since time.Time, what string) error {
	if err == nil || r.gateway.life.Err() != nil {
		return err
	}
	return fmt.Errorf("gateway of %s: waited %v for %s to %s: %w; %d matched; it saw %s%s",
		r.gateway.Session(), time.Since(since).Round(time.Millisecond), r, what, err, r.Seen(), r.Instead(), r.gateway.starvation())
}

// ReleaseNext waits until the rule holds a request and lets the first go; the rule stays in force.
func (r *Rule) ReleaseNext(ctx context.Context) (*Held, error) {
	for {
		h, err := r.Held(ctx)
		if err != nil || h.decide(letGo) {
			return h, err
		}
	}
}

// Release lets go everything that the rule holds, and holds nothing any more.
func (r *Rule) Release() {
	r.gateway.mu.Lock()
	r.gateway.rules = slices.DeleteFunc(r.gateway.rules, func(other *Rule) bool { return other == r })
	r.gateway.mu.Unlock()
	r.book.Close()
}

// Instead is what the rule saw and did not match, the latest last, as in "GET /, POST /login".
func (r *Rule) Instead() string {
	if passed := r.book.Passed(); len(passed) > 0 {
		return strings.Join(passed, ", ")
	}
	return "no other request"
}

// Seen is how many requests matched.
func (r *Rule) Seen() int { return r.book.Seen() }
