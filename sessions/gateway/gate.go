package gateway

import (
	"context"
	"fmt"
	"net/url"
)

// Gate decides when exchanges go on: each asks it at both of its stages. It is how a scheduler stands at a gateway; rules
// are for people. Its methods are called by the goroutines of connections, several at a time.
type Gate interface {
	// Begin is told of a request when its head has been read, before anything else happens to it, and returns what stands
	// for it from then on; nil lets it pass without being asked any more.
	Begin(p Passage) Passing
}

// Passing is an exchange on its way through a gate.
type Passing interface {
	// Pass returns when the exchange may go on from the stage; an error breaks it. The context ends with the
	// gateway, and when the session goes away.
	Pass(ctx context.Context, stage Stage) error
	// Sent is told when all of the request was handed over, and the server has it to itself.
	Sent()
	// End is told once when the exchange is over: all of its response was passed on, or there will be none.
	End()
}

// Passage is what a gate knows of an exchange when it begins.
type Passage struct {
	Session string
	// Number is that of the Exchange in the record.
	Number int
	Method string
	URL    *url.URL
	Header []Field
}

// Guard makes exchanges that begin from now on ask the gate; nil lets them pass.
func (g *Gateway) Guard(gate Gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gate = gate
}

// atGate shows an exchange that begins to the gate.
func (x *exchange) atGate() {
	x.gateway.mu.Lock()
	gate := x.gateway.gate
	x.gateway.mu.Unlock()
	if gate != nil {
		x.passing = gate.Begin(Passage{Session: x.gateway.Session(), Number: x.entry.Number, Method: x.method, URL: x.url, Header: x.header})
	}
}

// passGate waits until the gate lets the exchange go on.
func (x *exchange) passGate(stage Stage) error {
	if x.passing == nil {
		return nil
	}
	gone, stop := x.peer.watch()
	defer stop()
	ctx, cancel := context.WithCancelCause(x.gateway.life)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-gone:
			cancel(errGone)
		case <-ctx.Done():
		}
	}()
	defer func() { cancel(nil); <-watched }()
	x.note(func(e *Exchange, stamp func() Stamp) { e.Held = stamp() })
	err := x.passing.Pass(ctx, stage)
	x.note(func(e *Exchange, stamp func() Stamp) { e.Released = stamp() })
	if err != nil {
		x.peer.reset()
		return fmt.Errorf("%s: %w, and %w", x.name(), err, errBroken)
	}
	return nil
}
