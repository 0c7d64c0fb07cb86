package harness

import (
	"fmt"
	"net/http"

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

// WindowSize sets the size of a browser session's window in CSS pixels; without it, it is 1280 × 800.
func WindowSize(width, height int) SessionOption {
	return func(s *Session) { s.page.Width, s.page.Height = width, height }
}

// Header adds a header to every request of an HTTP session.
func Header(name, value string) SessionOption {
	return func(s *Session) {
		if s.header == nil {
			s.header = http.Header{}
		}
		s.header.Set(name, value)
	}
}

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
			h.mistake(s.place, fmt.Sprintf("session %q has a nil option", name), "remove it")
			continue
		}
		option(s)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if name == "" {
		h.mistakes = append(h.mistakes, Mistake{s.place.String(), "the session has no name", "say who the user is: \"owner\", \"clerk\""})
	}
	for _, other := range h.sessions {
		if other.given == name && other.tenant == tenant {
			h.mistakes = append(h.mistakes, Mistake{
				s.place.String(),
				fmt.Sprintf("session %q is declared twice, first at %s", name, other.place),
				"two users need two names; use the first declaration for the same user",
			})
		}
	}
	h.sessions = append(h.sessions, s)
	return s
}

func (h *Harness) declared() []*Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions
}
