package pg

import (
	"context"
	"fmt"
	"time"
)

// ruled asks the rules about a statement; the first that takes it decides, and all of them count it. instead is what to
// run in its place; empty for itself. An error breaks the connection.
func (f *forward) ruled(s *statement, known Statement, rules []*Rule) (instead string, err error) {
	for _, r := range rules {
		if h := r.take(s, known, s.held == nil); h != nil {
			s.held = h
		}
	}
	if s.held == nil {
		return "", nil
	}
	h := s.held
	h.announce()
	switch a := h.rule.action; {
	case a.watch:
		return "", nil
	case a.lose:
		s.loses = h.rule
		return "", nil
	case a.state != "":
		h.Release()
		return failing(a.state, "a rule of the Lockstep gateway made this statement fail"), nil
	case a.reset:
		h.decide(drop)
		err = fmt.Errorf("%w: the connection was broken before the server had it", ErrFault)
	default:
		err = f.holds(s, h)
	}
	if err != nil {
		h.decide(drop)
	}
	return "", err
}

// holds waits for the verdict about a statement, or for its delay.
func (f *forward) holds(s *statement, h *Held) error {
	if d := h.rule.action.delay; d > 0 {
		timer := time.AfterFunc(d, h.Release)
		defer timer.Stop()
	}
	s.note(func(e *Exchange) { e.Held = f.gateway.record.stamp() })
	err := f.watched(func(ctx context.Context) error {
		select {
		case v := <-h.decision.Verdict():
			if v == drop {
				return ErrDropped
			}
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	s.note(func(e *Exchange) { e.Released = f.gateway.record.stamp() })
	return err
}

// failing is a statement that fails with the state.
func failing(state, message string) string {
	return fmt.Sprintf("DO $lockstep$ BEGIN RAISE EXCEPTION USING ERRCODE = '%s', MESSAGE = '%s'; END $lockstep$", state, message)
}

// replace runs something else in the place of what was bound. It fails, so that the server skips what the application sends up to
// its Sync.
func (f *forward) replace(m frame, s *statement, instead string) error {
	if err := m.drop(f.fromClient); err != nil {
		return err
	}
	s.note(func(e *Exchange) { e.Sent = f.gateway.record.stamp() })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = s
	s.runs = true
	f.open = append(f.open, s)
	f.running = s
	return f.injectLocked(instead, s)
}

// queryInstead runs something else in the place of a query.
func (f *forward) queryInstead(m frame, s *statement, instead string) error {
	if err := m.drop(f.fromClient); err != nil {
		return err
	}
	f.send(s, awaited{step: simpleQuery, of: s}, true)
	_, err := f.toServer.Write(message('Q', instead))
	return err
}

// failFirst runs what fails, if there is anything, before a Sync that would commit.
func (f *forward) failFirst(s *statement, instead string) error {
	if instead == "" {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.injectLocked(instead, s)
}

// lost is the error that breaks a connection whose answer is lost.
func (r *Rule) lost(s *statement) error {
	return fmt.Errorf("connection %d, %s: %w: its answer was lost", s.conn.number, s.source.analyse().name(), ErrFault)
}
