package pg

import (
	"context"
	"errors"
	"fmt"
)

// send notes that the statement goes to the server.
func (f *forward) send(s *statement, a awaited, runs bool) {
	s.note(func(e *Exchange) { e.Sent = f.gateway.record.stamp() })
	f.mu.Lock()
	f.last = s
	s.runs, s.synced = runs, runs
	if f.skipping && a.step != atSync {
		s.outcome = f.unrun()
		f.mu.Unlock()
		_ = s.settle(f.here)
		return
	}
	f.awaitLocked(a)
	f.open = append(f.open, s)
	if s.guarded {
		f.running = s
	}
	f.mu.Unlock()
	f.gateway.watcher.released(s)
}

// point holds the statement until it is its turn, and the rules and the gate let it go. instead is what to run in its
// place; empty for itself.
func (f *forward) point(s *statement) (instead string, err error) {
	gate, rules := f.gateway.guarding()
	if gate == nil && len(rules) == 0 {
		return "", nil
	}
	s.source.analyse()
	if err = f.turn(); err == nil && f.here.Err() != nil {
		err = context.Cause(f.here)
	}
	if err == nil {
		instead, err = f.cancellable(func() (string, error) { return f.asked(s, gate, rules) })
	}
	if errors.Is(err, errCancelled) {
		return failing(cancelledState, "canceling statement due to user request"), nil
	}
	if err != nil {
		err = fmt.Errorf("connection %d, %s: %w", f.number, s.source.name(), err)
		s.outcome.Err = fmt.Errorf("%w before it was sent: %w", ErrBroken, err)
		_ = s.settle(f.life)
	}
	return instead, err
}

// asked asks the rules and the gate about a statement whose turn it is.
func (f *forward) asked(s *statement, gate Gate, rules []*Rule) (instead string, err error) {
	f.mu.Lock()
	skipped := f.skipping
	f.mu.Unlock()
	if s.source.kind == Other || skipped {
		return "", nil
	}
	s.guarded = true
	s.follows()
	known := s.describe()
	if instead, err = f.ruled(s, known, rules); err != nil || gate == nil {
		return instead, err
	}
	if s.passing = gate.Begin(known); s.passing == nil {
		return instead, nil
	}
	s.note(func(e *Exchange) { e.Held = f.gateway.record.stamp() })
	err = f.watched(s.passing.Pass)
	s.note(func(e *Exchange) { e.Released = f.gateway.record.stamp() })
	return instead, err
}

// turn waits until the statement before has ended. Where the application has not asked for its answer yet, the gateway does.
func (f *forward) turn() error {
	s := f.last
	if s == nil {
		return nil
	}
	f.mu.Lock()
	over, runs, asked := s.ended, s.runs, s.synced || s.flushed
	f.mu.Unlock()
	if over {
		return nil
	}
	if !runs { // bound and never run: nothing will come that ends it
		return s.settle(f.here)
	}
	if !asked {
		if _, err := f.toServer.Write(message('H')); err != nil {
			return err
		}
		if err := f.flushed(s); err != nil {
			return err
		}
	}
	if err := f.toServer.Flush(); err != nil {
		return err
	}
	select {
	case <-s.ending(): // also when the connection to the server breaks
		return nil
	case <-f.life.Done():
		return context.Cause(f.life)
	}
}

// flushed notes that the answer to a statement was asked for without a Sync; if it has come already, that ends it.
func (f *forward) flushed(s *statement) error {
	if s == nil {
		return nil
	}
	f.mu.Lock()
	s.flushed = true
	ends := s.answered && !s.synced && !s.ended
	if ends {
		f.close(s)
	}
	f.mu.Unlock()
	if ends {
		return s.settle(f.here)
	}
	return nil
}
