package pg

import (
	"context"
	"errors"
	"sync"
)

// statement is one that an application runs: a simple query, or what was bound to a portal.
//
//	state      leaves it by
//	---------  -----------------------------------------------------------------
//	seen       its turn (the one before it has ended), the rules, the gate
//	released   the end of its answer; the connection breaking
//	answered   ReadyForQuery, if a Sync was sent behind it; else a Flush, or the next statement
//	ended      -
//
// The answer alone does not end one outside a transaction, because only the Sync commits it.
type statement struct {
	conn    *conn
	source  *source
	entry   Exchange // under the record's lock
	passing Passing  // at the gate; nil if there is none
	held    *Held    // by a rule; nil if by none
	loses   *Rule    // its answer is lost
	block   int      // the transaction that it is in, of its connection

	// Under the connection's lock.
	runs     bool // it was told to run, not only bound
	guarded  bool // order matters: its answer is kept until it has ended
	synced   bool // a Sync was sent behind it
	flushed  bool // a Flush was sent behind it
	answered bool
	waits    bool // the gate was told that it waits
	backed   bool // and that its answer has come
	ended    bool
	outcome  Outcome
	done     chan struct{} // made by who waits for the end

	telling sync.Mutex // the gate is told one thing at a time
}

// seen notes a statement that has come from the application.
func (c *conn) seen(source *source) *statement {
	s := &statement{conn: c, source: source}
	c.mu.Lock()
	s.block = c.block()
	s.entry = Exchange{Connection: c.number, Backend: c.pid, Application: c.application, InTransaction: s.block > 0}
	c.mu.Unlock()
	c.gateway.record.begin(s)
	return s
}

// note changes the entry of the statement in the record.
func (s *statement) note(change func(e *Exchange)) {
	s.conn.gateway.record.note(func() { change(&s.entry) })
}

// follows notes the transaction that the statement is in, now that the one before it in a pipeline has ended: that one may have
// been its BEGIN.
func (s *statement) follows() {
	s.conn.mu.Lock()
	s.block = s.conn.block()
	s.conn.mu.Unlock()
	s.note(func(e *Exchange) { e.InTransaction = s.block > 0 })
}

// describe is the statement as gates and rules know it.
func (s *statement) describe() Statement {
	source := s.source.analyse()
	return Statement{
		Connection: s.entry.Connection, Backend: s.entry.Backend, Application: s.entry.Application,
		SQL: source.sql, Name: source.name(), Kind: source.kind, Comment: source.comment,
		InTransaction: s.block > 0, Transaction: s.block, ReadOnly: source.readOnly && !s.conn.serializable(),
	}
}

// settle ends the statement: the gate hears of it, and what comes behind it goes on. It is called with nothing locked,
// before the last of the answer is handed on. An error breaks the connection.
func (s *statement) settle(ctx context.Context) error {
	c := s.conn
	c.mu.Lock()
	if s.ended {
		c.mu.Unlock()
		return nil
	}
	s.ended, s.answered = true, true
	if c.running == s {
		c.running = nil
	}
	outcome := s.outcome
	c.mu.Unlock()

	c.gateway.watcher.forget(s)
	s.note(func(e *Exchange) {
		e.In, e.Tag, e.State = c.gateway.record.stamp(), outcome.Tag, outcome.State
		if outcome.Err != nil {
			e.Err = outcome.Err.Error()
		}
	})
	err := s.tellEnd(ctx, outcome)
	s.note(func(e *Exchange) { e.Done = c.gateway.record.stamp() })
	if s.held != nil {
		s.held.answer()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.done != nil {
		close(s.done)
	}
	s.done = closed
	if s.loses != nil && outcome.Err == nil {
		err = errors.Join(err, s.loses.lost(s))
	}
	return err
}

func (s *statement) tellEnd(ctx context.Context, outcome Outcome) error {
	if s.passing == nil {
		return nil
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	var err error
	if outcome.Err == nil {
		err = s.back(ctx)
	}
	s.passing.End(outcome)
	s.passing = nil // the record keeps statements, but not gates
	return err
}

// back asks the gate whether the application may see the answer of a statement that was said to wait. telling is locked.
func (s *statement) back(ctx context.Context) error {
	s.conn.mu.Lock()
	ask := s.waits && !s.backed
	s.backed = true
	s.conn.mu.Unlock()
	if !ask {
		return nil
	}
	return s.passing.Back(ctx)
}

// closed is the end of a statement that nobody waited for.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// ending is closed when the statement has ended.
func (s *statement) ending() <-chan struct{} {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.done == nil {
		s.done = make(chan struct{})
	}
	return s.done
}
