package harness

import (
	"fmt"
	"net/http"

	"golang.org/x/net/http/httpguts"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// Session declares one independent user. It is opened anew for each run of a scenario; bodies use the
// session that they are handed.
type Session struct {
	harness *Harness
	given   string
	tenant  string
	kind    sessions.Kind
	place   place
	page    browser.PageOptions
	header  http.Header
	gateway bool // of an HTTP session: it has one
}

// label is how messages name the session.
func (s *Session) label() string {
	if s.tenant == "" {
		return fmt.Sprintf("session %q", s.given)
	}
	return fmt.Sprintf("session %q of tenant %q", s.given, s.tenant)
}

// Name says who the user is: "owner", or "acme.owner" where sessions of two tenants have the same name.
func (s *Session) Name() string {
	if s.tenant == "" {
		return s.given
	}
	for _, other := range s.harness.declared() {
		if other != s && other.given == s.given && other.tenant != s.tenant {
			return s.tenant + "." + s.given
		}
	}
	return s.given
}

// Tenant is the organisation that the user belongs to; empty where there is none.
func (s *Session) Tenant() string { return s.tenant }

// Kind tells what drives the session.
func (s *Session) Kind() sessions.Kind { return s.kind }

// SessionOption changes a declared session.
type SessionOption func(*Session)

// WindowSize sets the size of a browser session's window in CSS pixels; without it, or with zeros, it is 1280 × 800.
func WindowSize(width, height int) SessionOption {
	return func(s *Session) { s.page.Width, s.page.Height = width, height }
}

// Header adds a header to every request of an HTTP session; the same name again replaces it.
func Header(name, value string) SessionOption {
	return func(s *Session) {
		if s.header == nil {
			s.header = http.Header{}
		}
		s.header.Set(name, value)
	}
}

// WithoutGateway lets a browser session reach its servers directly: nothing of it is recorded or can be held.
func WithoutGateway() SessionOption { return func(s *Session) { s.page.Direct = true } }

// WithGateway gives an HTTP session a gateway, as browser sessions have one by themselves.
func WithGateway() SessionOption { return func(s *Session) { s.gateway = true } }

// Tenant is an organisation whose users are sessions.
type Tenant struct {
	harness *Harness
	name    string
}

// Name is the name of the tenant.
func (t *Tenant) Name() string { return t.name }

// Browser declares a user of the tenant in a real browser.
func (t *Tenant) Browser(name string, options ...SessionOption) *Session {
	return t.harness.declare(name, t.name, browserSession, options)
}

// HTTP declares a user of the tenant without a browser.
func (t *Tenant) HTTP(name string, options ...SessionOption) *Session {
	return t.harness.declare(name, t.name, httpSession, options)
}

// Tenant declares an organisation. The same name gives the same tenant again.
func (h *Harness) Tenant(name string) *Tenant {
	if name == "" {
		h.mistake(caller(), "the tenant has no name", "name it, or declare sessions without a tenant on the harness itself")
	}
	return &Tenant{harness: h, name: name}
}

// Browser declares a user without a tenant in a real browser.
func (h *Harness) Browser(name string, options ...SessionOption) *Session {
	return h.declare(name, "", browserSession, options)
}

// HTTP declares a user without a tenant and without a browser.
func (h *Harness) HTTP(name string, options ...SessionOption) *Session {
	return h.declare(name, "", httpSession, options)
}

func (h *Harness) declare(name, tenant string, kind sessions.Kind, options []SessionOption) *Session {
	s := &Session{harness: h, given: name, tenant: tenant, kind: kind, place: caller()}
	for _, option := range options {
		if option == nil {
			h.mistake(s.place, s.label()+" has a nil option", "remove it")
			continue
		}
		option(s)
	}
	for _, wrong := range s.check() {
		h.mistake(s.place, wrong.What, wrong.Hint)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, other := range h.sessions {
		if other.given == name && other.tenant == tenant && name != "" {
			h.mistakes = append(h.mistakes, Mistake{
				s.place.String(),
				fmt.Sprintf("%s is declared twice, first at %s", s.label(), other.place),
				"two users need two names; use the first declaration for the same user",
			})
			break
		}
	}
	h.sessions = append(h.sessions, s)
	return s
}

// check finds what is wrong with the declaration by itself. An option of the other kind of session would be
// ignored, so it is a mistake.
func (s *Session) check() (wrong []Mistake) {
	add := func(hint, what string) { wrong = append(wrong, Mistake{What: what, Hint: hint}) }
	if s.given == "" {
		add("say who the user is: \"owner\", \"clerk\"", "the session has no name")
	}
	if s.page.Width < 0 || s.page.Height < 0 {
		add("neither is negative; zero means the default", fmt.Sprintf("%s has a window of %d × %d", s.label(), s.page.Width, s.page.Height))
	}
	if s.kind == httpSession && s.page.Direct {
		add("remove WithoutGateway", s.label()+" has no gateway by itself: it is of kind http")
	}
	if s.kind == browserSession && s.gateway {
		add("remove WithGateway", s.label()+" has a gateway by itself: it is of kind browser")
	}
	if s.kind == httpSession && (s.page.Width != 0 || s.page.Height != 0) {
		add("declare it with Browser, or remove WindowSize", s.label()+" has a window size, and no window: it is of kind http")
	}
	if s.kind == browserSession && s.header != nil {
		add("declare it with HTTP, or remove Header", s.label()+" has headers, which a browser does not send")
	}
	for name, values := range s.header {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(values[0]) {
			add("a name is of letters, digits and dashes; a value has no line breaks", fmt.Sprintf("%s has the header %q: %q", s.label(), name, values[0]))
		}
	}
	return wrong
}

// declared are the sessions so far; the slice is not to be changed.
func (h *Harness) declared() []*Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions
}
