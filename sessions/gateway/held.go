package gateway

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed49090845/lockstep/sessions/gateway/internal/taken"
)

// Held is a request, or a response, that waits at its gateway.
//
//	state      what is sent   leaves it by
//	---------  -------------  ------------------------------------------------
//	waiting    nothing        Release, Drop, Together; the session going away
//	armed      all but the    the burst of Together; over HTTP/2 the session
//	           last byte      going away
//	let go     everything     -
type Held struct {
	exchange *exchange
	stage    Stage
	rule     *Rule

	decision *taken.Decision[verdict]
	armed    chan armed // one, if the verdict was to arm
	fired    chan fired
}

// verdict is what becomes of a held request.
type verdict uint8

const (
	letGo verdict = iota
	drop
	arm
)

// ErrDropped says that somebody who held an exchange dropped it; ErrFault, that a rule made it fail.
var (
	ErrDropped = errors.New("it was dropped")
	ErrFault   = errors.New("a rule made it fail")
)

func newHeld(x *exchange, stage Stage, r *Rule) *Held {
	return &Held{exchange: x, stage: stage, rule: r, decision: taken.NewDecision[verdict](), armed: make(chan armed, 1), fired: make(chan fired, 1)}
}

// String names the request: "owner POST /phonebooks/1/rename".
func (h *Held) String() string { return h.exchange.gateway.Session() + " " + h.exchange.name() }

// cannot tells a burst that it goes without this request. A nil Held has none.
func (h *Held) cannot(err error) {
	if h != nil {
		h.armed <- armed{err: err}
	}
}

func (h *Held) waiting() bool { return h.decision.Open() }

// decide gives the verdict, if none was given before.
func (h *Held) decide(v verdict) bool { return h.decision.Decide(v) }

// Exchange is what is known of it now.
func (h *Held) Exchange() Exchange {
	var now Exchange
	h.exchange.note(func(e *Exchange, _ func() Stamp) { now = *e })
	return now
}

// Answered waits until the head of the response has come, or it is known that none will, and returns what is known then.
func (h *Held) Answered(ctx context.Context) (Exchange, error) {
	select {
	case <-h.exchange.replied:
		return h.Exchange(), nil
	case <-ctx.Done():
		return h.Exchange(), fmt.Errorf("waiting for the response to %s: %w", h, context.Cause(ctx))
	}
}

// Body is the request's, at request out; nil at response in, unless a rule looked at it.
func (h *Held) Body() []byte { return h.exchange.body }

// Release lets the request go to the server, or the response to the session.
func (h *Held) Release() { h.decide(letGo) }

// Drop lets it go nowhere: the session's connection is closed.
func (h *Held) Drop() { h.decide(drop) }
