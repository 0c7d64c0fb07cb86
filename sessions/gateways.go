package sessions

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/httpuser"
)

// heldUp tells what of the session was held at its gateway since a time, if it has not been answered, and which hosts the
// session cannot reach for that: a verb that took too long may have waited for it. It is empty where nothing was, and
// where there is no gateway. A verb that gives up takes its request with it, so that what is held by now is not enough.
func heldUp(g *gateway.Gateway, since time.Time) string {
	if g == nil {
		return ""
	}
	var known []string
	for _, e := range g.Record() {
		if waited, unanswered := heldSince(e, since); unanswered {
			known = append(known, fmt.Sprintf("%s %s was held at the session's gateway for %v", e.Method, pathOf(e.URL), round(waited)))
		}
	}
	return strings.Join(append(known, g.Starved()...), "; ")
}

// heldSince is how long an exchange was held that was so after a time, and has not been answered.
func heldSince(e gateway.Exchange, since time.Time) (waited time.Duration, unanswered bool) {
	until := time.Now()
	if e.Released.Seq > e.Held.Seq {
		until = e.Released.At
	}
	answered := !e.Done.IsZero() && e.Err == ""
	return until.Sub(e.Held.At), !e.Held.IsZero() && !answered && until.After(since)
}

// pathOf is what names a request: its address without host and query.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil { // never: it was made of a URL
		return "a request"
	}
	return u.EscapedPath()
}

// hinted puts what the gateway knows of a verb that began at a time before its hint.
func hinted(g *gateway.Gateway, began time.Time, hint string) string {
	held := heldUp(g, began)
	switch {
	case held == "":
		return hint
	case hint == "":
		return held
	}
	return held + "; " + hint
}

// refusal is the error of an answer that is the gateway's own, where without a gateway there would be none. A fault that a rule
// made is to look like the server's answer.
func refusal(answer *httpuser.Response) error {
	if answer == nil || answer.Header.Get(gateway.AnsweredField) == "" || bytes.Contains(answer.Body, []byte(gateway.ErrFault.Error())) {
		return nil
	}
	return fmt.Errorf("%w: %s", browser.ErrNoAnswer, bytes.TrimSpace(answer.Body))
}
