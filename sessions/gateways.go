package sessions

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/httpuser"
)

// heldUp tells what of the session waits at its gateway, and which hosts it cannot reach for that: a verb that took too
// long may have waited for it. It is empty where nothing does, and where there is no gateway.
func heldUp(g *gateway.Gateway) string {
	if g == nil {
		return ""
	}
	known := g.Starved()
	if holding := g.Holding(); len(holding) > 0 {
		known = append([]string{"at the session's gateway: " + strings.Join(holding, ", ")}, known...)
	}
	return strings.Join(known, "; ")
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

// refusal is the error of an answer that is the gateway's own, where without a gateway there would be none. A fault that a rule
// made is to look like the server's answer.
func refusal(answer *httpuser.Response) error {
	if answer == nil || answer.Header.Get(gateway.AnsweredField) == "" || bytes.Contains(answer.Body, []byte(gateway.ErrFault.Error())) {
		return nil
	}
	return fmt.Errorf("%w: %s", browser.ErrNoAnswer, bytes.TrimSpace(answer.Body))
}
