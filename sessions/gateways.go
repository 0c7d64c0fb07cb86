package sessions

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// heldUp tells what of the session waits at its gateway, and which hosts it cannot reach for that: a verb that took too
// long may have waited for it. It is empty where nothing does, and where there is no gateway.
func heldUp(g *gateway.Gateway) string {
	if g == nil {
		return ""
	}
	var waits []string
	for _, e := range g.Record() {
		if !e.Held.IsZero() && e.Released.Seq < e.Held.Seq && e.Done.IsZero() {
			waits = append(waits, fmt.Sprintf("%s %s is held at the session's gateway for %v", e.Method, pathOf(e.URL), round(time.Since(e.Held.At))))
		}
	}
	return strings.Join(append(waits, g.Starved()...), "; ")
}

// pathOf is what names a request: its address without host and query.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil { // never: it was made of a URL
		return "a request"
	}
	return u.EscapedPath()
}

// hinted puts what the gateway knows before a hint.
func hinted(g *gateway.Gateway, hint string) string {
	held := heldUp(g)
	switch {
	case held == "":
		return hint
	case hint == "":
		return held
	}
	return held + "; " + hint
}
