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
	"strconv"
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
	// Fill has values by the names of fields of forms, queries, headers and JSON, which are sent in place of what was
	// recorded: passwords, and names that may be there only once. In them {user} is the number of the user, and
	// {iteration} that of its iteration.
	Fill map[string]string
}

// Replay is a recording that users can repeat.
type Replay struct {
	Steps []Step
	// Correlations are values that were answered before they were sent, and are likely to be others each time, and secrets
	// that were not recorded, unless Options.Fill has them.
	Correlations []Correlation
	// Streams are requests that are left out, because their answers never end.
	Streams []string

	think    bool
	sources  []source
	bodiless []string // requests whose bodies the recording does not have
}

// Step is a request.
type Step struct {
	virtual.Request
	// Think is the pause before it.
	Think time.Duration
	// Prepare changes the user's copy of the request before it is sent; nil changes nothing.
	Prepare func(*load.User, *virtual.Request)

	needs []need
}

// New makes a replay of a recording.
func New(log *har.Log, o Options) (*Replay, error) {
	host := cmp.Or(o.RecordedHost, o.Target.Host)
	entries := slices.Clone(log.Entries)
	slices.SortStableFunc(entries, func(a, b har.Entry) int { return a.Started.Compare(b.Started.Time) })
	r := &Replay{think: o.ThinkTimes}
	var all []exchange
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
		if isStream(e) {
			r.Streams = append(r.Streams, e.Request.Method+" "+e.Request.URL)
			continue
		}
		end := e.Started.Add(e.Time.Duration())
		if follows(address, redirected) {
			first := &all[len(all)-1]
			first.answer = recordedAnswer(e, first.entry.Request.URL)
			redirected, last = target(address, e), end
			continue
		}
		step := Step{Request: requestOf(e, address, o.Check)}
		if !last.IsZero() {
			step.Think = max(0, e.Started.Sub(last))
		}
		redirected, last = target(address, e), end
		r.Steps = append(r.Steps, step)
		if e.Request.BodySize > 0 && len(step.Body) == 0 {
			r.bodiless = append(r.bodiless, e.Request.Method+" "+e.Request.URL)
		}
		all = append(all, exchange{number: i + 1, entry: e, address: address, sent: values(e, address), answer: recordedAnswer(e, e.Request.URL)})
	}
	if len(r.Steps) == 0 {
		return nil, fmt.Errorf("%w: no request of the HAR was to %s; those it has were to %s; the recorded host (--har-host) chooses one", sessions.ErrInvalidOption, host,
			cmp.Or(strings.Join(slices.Sorted(maps.Keys(hosts)), ", "), "nobody"))
	}
	r.correlate(all, o.Fill)
	for i := range r.Steps {
		r.Steps[i].rename()
	}
	return r, nil
}

// isStream tells whether an answer goes on without end, as events and upgrades do. It may not have begun yet when the
// recording ended, so the request tells too.
func isStream(e *har.Entry) bool {
	const events = "text/event-stream"
	asked := slices.ContainsFunc(e.Request.Headers, func(h har.Pair) bool {
		return strings.EqualFold(h.Name, "Accept") && strings.HasPrefix(h.Value, events) || strings.EqualFold(h.Name, "Upgrade") && h.Value != "h2c"
	})
	return asked || e.Response.Status == http.StatusSwitchingProtocols || strings.HasPrefix(e.Response.Content.MimeType, events)
}

// anyValue stands in names for what is another each time.
const anyValue = "~any~"

// rename gives a step whose path is another each time one name for all.
func (s *Step) rename() {
	r := s.Request
	for _, n := range s.needs {
		if n.where == inPath {
			r.Path, _, _ = strings.Cut(r.Path, "?")
			n.put(&r, anyValue)
			s.Name = r.Method + " " + strings.ReplaceAll(r.Path, anyValue, "{}")
		}
	}
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

// User is the user function of a scenario: all steps, whatever becomes of each, but for one that needs a value of an
// answer that did not bring it. Its error joins theirs.
func (r *Replay) User(ctx context.Context, u *load.User) error {
	var errs []error
	taken := make([]string, len(r.sources)) // by this iteration; empty: not yet, or it was not there
	for i := range r.Steps {
		if err := r.pause(ctx, u, i); err != nil {
			return errors.Join(append(errs, err)...)
		}
		request, err := r.request(u, i, taken)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		response, err := u.Do(ctx, request)
		if err != nil {
			errs = append(errs, err)
		}
		if response != nil {
			r.take(i, response, taken)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// request is the user's own copy of that of a step.
func (r *Replay) request(u *load.User, i int, taken []string) (virtual.Request, error) {
	step := &r.Steps[i]
	request := step.Request
	if len(step.needs) > 0 || step.Prepare != nil {
		request.Header = maps.Clone(request.Header)
	}
	for _, n := range step.needs {
		value := n.fill
		if n.source >= 0 {
			value = taken[n.source]
			if from := r.sources[n.source]; value == "" {
				return request, fmt.Errorf("%s was not sent: its %s is taken from the answer to %s, %s, which was not there once and alone",
					step.title(), n.place(), r.Steps[from.step].title(), from.what)
			}
		} else {
			value = strings.NewReplacer("{user}", strconv.Itoa(u.Number()), "{iteration}", strconv.Itoa(u.Iteration())).Replace(value)
		}
		n.put(&request, value)
	}
	if step.Prepare != nil {
		step.Prepare(u, &request)
	}
	return request, nil
}

// take takes from an answer what later requests need.
func (r *Replay) take(step int, response *virtual.Response, taken []string) {
	var a *answer
	for i, from := range r.sources {
		if from.step != step {
			continue
		}
		if a == nil {
			a = answerTo(response)
		}
		if values := from.find(a); len(values) == 1 {
			taken[i] = values[0]
		}
	}
}

// title is what statistics call it.
func (s *Step) title() string { return cmp.Or(s.Name, s.Method+" "+s.Path) }

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
	notes := make([]string, 0, len(r.Correlations)+len(r.Streams)+len(r.bodiless))
	told := map[string]bool{}
	for _, stream := range r.Streams {
		note := "left out: " + stream + ", whose answer never ends"
		if !told[note] {
			notes = append(notes, note)
		}
		told[note] = true
	}
	for _, s := range r.bodiless {
		notes = append(notes, "sent without a body: "+s+", since the recording does not have it; a gateway keeps bodies with harness.KeepBodies")
	}
	for _, c := range r.Correlations {
		notes = append(notes, c.String())
	}
	return notes
}
