package pg

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed49090845/lockstep/sessions/gateway/internal/taken"
)

// Held is a statement that waits at its gateway.
type Held struct {
	statement *statement
	known     Statement
	rule      *Rule

	decision *taken.Decision[verdict]
	answered chan struct{}
	once     sync.Once
}

// verdict is what becomes of a held statement.
type verdict uint8

const (
	letGo verdict = iota
	drop
)

func newHeld(s *statement, known Statement, r *Rule) *Held {
	return &Held{statement: s, known: known, rule: r, decision: taken.NewDecision[verdict](), answered: make(chan struct{})}
}

// String names the statement: "connection 2 UPDATE contacts SET name = ?".
func (h *Held) String() string {
	return fmt.Sprintf("connection %d %s", h.known.Connection, h.known.Name)
}

// Statement is what is known of it.
func (h *Held) Statement() Statement { return h.known }

func (h *Held) waiting() bool { return h.decision.Open() }

// decide gives the verdict, if none was given before.
func (h *Held) decide(v verdict) bool { return h.decision.Decide(v) }

// Release lets the statement go to the server.
func (h *Held) Release() { h.decide(letGo) }

// Drop lets it go nowhere: the connection is broken, on both sides.
func (h *Held) Drop() { h.decide(drop) }

func (h *Held) answer() { h.once.Do(func() { close(h.answered) }) }

// Exchange is what is known of it now.
func (h *Held) Exchange() Exchange {
	var now Exchange
	h.statement.note(func(e *Exchange) { now = *e })
	now.SQL, now.Name, now.Kind = h.known.SQL, h.known.Name, h.known.Kind
	return now
}

// Answered waits until the statement has ended, and returns what is known then.
func (h *Held) Answered(ctx context.Context) (Exchange, error) {
	select {
	case <-h.answered:
		return h.Exchange(), nil
	case <-ctx.Done():
		return h.Exchange(), fmt.Errorf("database gateway: waiting for the answer to %s: %w", h, context.Cause(ctx))
	}
}
