package virtual

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// redirect makes of a call the one that a redirect leads to: RFC 9110, section 15.4.
func (u *User) redirect(c *call, location string) *Error {
	if u.response.Redirects >= u.target.options.MaxRedirects {
		return fail(TooManyRedirects, fmt.Sprintf("stopped after %d redirects", u.response.Redirects), nil)
	}
	base, err := url.Parse(c.String())
	if err == nil {
		c.place, err = u.target.resolveFrom(base, location)
	}
	if err != nil {
		return fail(Malformed, "the redirect leads nowhere: "+err.Error(), err)
	}
	if !u.target.allows(c.origin) {
		return fail(Foreign, "the redirect leads to "+c.authority+", which is not the target", nil)
	}
	u.changeMethod(c)
	if slices.Contains(u.visited, visit{c.method, c.place, u.cookies.Changes()}) {
		return fail(Circle, "redirects in a circle, back to "+u.target.options.Redactor.URL(c.uri)+" with the same cookies", nil)
	}
	return nil
}

// changeMethod is what browsers do, and RFC 9110, sections 15.4.2 to 15.4.4, allows or demands: POST becomes GET
// after 301 and 302, everything but HEAD after 303.
func (u *User) changeMethod(c *call) {
	switch u.answer.StatusCode() {
	case http.StatusMovedPermanently, http.StatusFound:
		if c.method != http.MethodPost {
			return
		}
	case http.StatusSeeOther:
		if c.method == http.MethodHead {
			return
		}
	default:
		return
	}
	c.method, c.body = http.MethodGet, nil
	c.headers = slices.DeleteFunc(c.headers, func(h header) bool { return strings.HasPrefix(http.CanonicalHeaderKey(h.name), "Content-") })
}
