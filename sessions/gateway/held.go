package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Held is a request, or a response, that waits at its gateway.
//
//	state      what is sent   leaves it by
//	---------  -------------  ------------------------------------------------
//	waiting    nothing        Release, Drop, Together; the session going away
//	armed      all but the    the burst of Together; the session going away
//	           last byte
//	let go     everything     -
type Held struct {
	exchange *exchange
	stage    Stage
	action   action

	mu      sync.Mutex
	decided bool
	verdict chan verdict // one
	armed   chan armed   // one, if the verdict was to arm
	fired   chan time.Time
}

// verdict is what becomes of a held request.
type verdict uint8

const (
	letGo verdict = iota
	drop
	arm
)

// armed is a request of which the last byte is missing.
type armed struct {
	up   *upstream
	last []byte
	err  error
}

// ErrDropped says that somebody who held an exchange dropped it; ErrFault, that a rule made it fail.
var (
	ErrDropped = errors.New("it was dropped")
	ErrFault   = errors.New("a rule made it fail")
)

func newHeld(x *exchange, stage Stage, a action) *Held {
	return &Held{exchange: x, stage: stage, action: a, verdict: make(chan verdict, 1), armed: make(chan armed, 1), fired: make(chan time.Time, 1)}
}

// String names the request: "owner POST /phonebooks/1/rename".
func (h *Held) String() string { return h.exchange.gateway().options.Session + " " + h.exchange.name() }

func (h *Held) waiting() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.decided
}

// decide gives the verdict, if none was given before.
func (h *Held) decide(v verdict) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.decided {
		return false
	}
	h.decided = true
	h.verdict <- v
	return true
}

// Release lets the request go to the server, or the response to the session.
func (h *Held) Release() { h.decide(letGo) }

// Drop lets it go nowhere: the session's connection is closed.
func (h *Held) Drop() { h.decide(drop) }

// Burst is what became of requests that were released together.
type Burst struct {
	// Sent has the time at which each request's last byte was handed to the kernel, in the order of the
	// arguments; the zero time where it was not sent with the others.
	Sent []time.Time
}

// Spread is the time between the first and the last of them.
func (b Burst) Spread() time.Duration {
	sent := slices.DeleteFunc(slices.Clone(b.Sent), time.Time.IsZero)
	if len(sent) == 0 {
		return 0
	}
	return slices.MaxFunc(sent, time.Time.Compare).Sub(slices.MinFunc(sent, time.Time.Compare))
}

// Together releases held requests of several sessions at the same moment: each is sent but for its last byte, and
// when all servers have that, the last bytes are sent in one burst by one goroutine. If one cannot be sent, the
// others are released all the same, and the error names it.
func Together(ctx context.Context, all ...*Held) (Burst, error) {
	burst := Burst{Sent: make([]time.Time, len(all))}
	ready := make([]armed, len(all))
	mine := make([]bool, len(all)) // those whose verdict is ours: only they wait for the burst
	var errs []error
	for i, h := range all {
		switch {
		case h.stage != RequestOut:
			ready[i].err = errors.New("it is a response; only requests are released together")
		case !h.decide(arm):
			ready[i].err = errors.New("it was released before")
		default:
			mine[i] = true
		}
	}
	for i, h := range all {
		if ready[i].err == nil {
			select {
			case ready[i] = <-h.armed:
			case <-ctx.Done():
				ready[i].err = fmt.Errorf("not ready in time: %w", context.Cause(ctx))
			}
		}
		if ready[i].err != nil {
			errs = append(errs, fmt.Errorf("release %s together with others: %w", h, ready[i].err))
		}
	}
	for i := range all {
		if ready[i].err == nil {
			_, ready[i].err = ready[i].up.Write(ready[i].last)
			burst.Sent[i] = time.Now()
		}
	}
	for i, h := range all {
		if mine[i] {
			h.fired <- burst.Sent[i]
		}
		if ready[i].err != nil && !burst.Sent[i].IsZero() {
			errs = append(errs, fmt.Errorf("release %s together with others: %w", h, ready[i].err))
		}
	}
	return burst, errors.Join(errs...)
}
