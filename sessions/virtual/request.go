package virtual

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Request is what a user sends. Only Path is needed.
type Request struct {
	// Name is what statistics call it; empty means method and path without query, which is right for paths that
	// are always the same.
	Name string
	// Method is GET if it is empty, or POST where there is something to send.
	Method string
	// Path is relative to the target's base, and may have a query. An absolute address must be one of the target.
	Path string
	// Header goes with this request, before the user's and the target's.
	Header Header
	// Form, JSON or Body is what is sent; at most one may be set. JSON is marshalled unless it is nil.
	Form url.Values
	JSON any
	Body []byte
	// Check looks at the answer; nil means that the status must be 2xx or 304.
	Check Check
}

// Header is a few headers by name.
type Header map[string]string

// Check looks at an answer, which is valid until the check returns. Its error says what was expected and what was
// seen, and becomes the message that failures are counted by. An answer that redirects were followed to is the
// last one.
type Check interface {
	Check(*Response) error
}

// CheckFunc is a check in plain Go.
type CheckFunc func(*Response) error

// Check implements Check.
func (f CheckFunc) Check(r *Response) error { return f(r) }

type header struct{ name, value string }

// call is a request, made ready to be sent.
type call struct {
	place
	method  string
	headers []header // of the request itself; they come before the user's
	body    []byte
	cookies []byte
}

// prepare makes the call of a request.
func (u *User) prepare(r *Request, c *call) *Error {
	c.headers, c.body = c.headers[:0], r.Body
	if c.method = r.Method; c.method == "" {
		c.method = http.MethodGet
		if r.Form != nil || r.JSON != nil || r.Body != nil {
			c.method = http.MethodPost
		}
	}
	var err error
	if c.place, err = u.target.resolve(r.Path); err != nil {
		return fail(Invalid, "the address is none: "+err.Error(), ErrNotSent)
	}
	if err := r.content(c); err != nil {
		return err
	}
	if !httpguts.ValidHeaderFieldName(c.method) { // a method is a token, as a header's name is
		return fail(Invalid, "the method is none", ErrNotSent)
	}
	for name, value := range r.Header {
		if err := checkHeader(name, value); err != nil {
			return fail(Invalid, err.Error(), ErrNotSent)
		}
		c.headers = append(c.headers, header{name, value})
	}
	if !u.target.allows(c.origin) {
		return fail(Foreign, c.authority+" is not the target", ErrNotSent)
	}
	return nil
}

// content encodes what is to be sent.
func (r *Request) content(c *call) *Error {
	switch {
	case r.Form == nil && r.JSON == nil:
		return nil
	case r.Form != nil && r.JSON != nil, r.Body != nil:
		return fail(Invalid, "only one of Form, JSON and Body can be sent", ErrNotSent)
	case r.Form != nil:
		c.body = []byte(r.Form.Encode())
		c.headers = append(c.headers, header{"Content-Type", "application/x-www-form-urlencoded"})
		return nil
	}
	encoded, err := json.Marshal(r.JSON)
	if err != nil {
		return fail(Invalid, "the JSON cannot be made: "+err.Error(), ErrNotSent)
	}
	c.body = encoded
	c.headers = append(c.headers, header{"Content-Type", "application/json"})
	return nil
}

// each calls do for every header of the call but those that the transport sets: the request's own first, then the
// user's, then the target's, each name once.
func (u *User) each(c *call, do func(name, value string)) {
	for _, h := range c.headers {
		do(h.name, h.value)
	}
	for i, h := range u.headers {
		if !has(c.headers, h.name) && h.value != "" && !c.foreign(u, h.name) {
			do(u.headers[i].name, h.value)
		}
	}
	for _, h := range u.target.headers {
		if !has(c.headers, h.name) && !has(u.headers, h.name) && !c.foreign(u, h.name) {
			do(h.name, h.value)
		}
	}
}

// foreign tells whether a header is not for the host of the call: what is secret is for the target itself alone.
func (c *call) foreign(u *User, name string) bool {
	return c.host != u.target.origin.host && strings.EqualFold(name, "Authorization")
}

func has(headers []header, name string) bool {
	for _, h := range headers {
		if len(h.name) == len(name) && strings.EqualFold(h.name, name) {
			return true
		}
	}
	return false
}

// isIdempotent is RFC 9110, section 9.2.2.
func isIdempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}
