package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// forward is the way from the application to the server.
type forward struct {
	*conn
	commits *source // of a Sync that commits; made when one comes
}

func (f *forward) run() error {
	for {
		if f.fromClient.Buffered() < headSize {
			if err := f.toServer.Flush(); err != nil {
				return err
			}
		}
		m, err := next(f.fromClient, f.gateway.options.MaxMessage)
		if err != nil {
			return err
		}
		if m.kind == 'Q' || m.kind == 'P' || m.kind == 'B' || m.kind == 'F' {
			if err := f.isolate(); err != nil {
				return err
			}
		}
		if err := f.message(m); err != nil {
			_ = f.toServer.Flush()
			return err
		}
	}
}

// message passes one message on, when its time has come.
func (f *forward) message(m frame) error {
	switch m.kind {
	case 'Q':
		return f.query(m)
	case 'P':
		if err := f.parsed(m); err != nil {
			return err
		}
	case 'B':
		return f.bind(m)
	case 'E':
		if err := f.executed(m); err != nil {
			return err
		}
	case 'C':
		if err := f.closed(m); err != nil {
			return err
		}
	case 'D':
		f.await(awaited{step: describe})
	case 'F':
		return f.call(m)
	case 'S':
		return f.synced(m)
	case 'H':
		if err := f.flushed(f.last); err != nil {
			return err
		}
	case 'c', 'f':
		f.mu.Lock()
		if !f.copying && !f.pending.empty() {
			f.pending.push(awaited{step: copied})
		}
		f.copying = false
		f.mu.Unlock()
	case 'd', 'p', 'X':
	default:
		f.gateway.notef("connection %d: message %s of the application is not known here, and was passed on", f.number, letter(m.kind))
	}
	return m.pass(f.toServer, f.fromClient)
}

// await notes that the server will answer. What follows an error up to a Sync it skips.
func (f *forward) await(a awaited) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.awaitLocked(a)
}

func (f *forward) awaitLocked(a awaited) {
	switch {
	case a.step == atSync && f.copying: // the server ignores it
	case a.step == atSync:
		f.skipping = false
		f.pending.push(a)
	case !f.skipping:
		f.pending.push(a)
	}
}

// query is a simple query: one statement, whatever it consists of.
func (f *forward) query(m frame) error {
	body, whole, err := m.body(f.fromClient)
	if err != nil {
		return readError{err}
	}
	sql, _, ended := text(body)
	s := f.seen(&source{sql: string(sql), whole: whole && ended})
	instead, err := f.point(s)
	if err != nil {
		return err
	}
	f.send(s, awaited{step: simpleQuery, of: s}, true)
	if instead != "" {
		if err := m.drop(f.fromClient); err != nil {
			return err
		}
		_, err = f.toServer.Write(message('Q', instead))
	} else {
		err = m.pass(f.toServer, f.fromClient)
	}
	return err
}

// call is a function call by number, as libpq makes for large objects.
func (f *forward) call(m frame) error {
	s := f.seen(&source{sql: "function call"})
	if _, err := f.point(s); err != nil {
		return err
	}
	f.send(s, awaited{step: functionCall, of: s}, true)
	return m.pass(f.toServer, f.fromClient)
}

// parsed remembers what a name stands for.
func (f *forward) parsed(m frame) error {
	body, whole, err := m.body(f.fromClient)
	if err != nil {
		return readError{err}
	}
	name, rest, _ := text(body)
	sql, _, ended := text(rest)
	f.prepared[string(name)] = &source{sql: string(sql), whole: whole || ended}
	f.await(awaited{step: parse})
	return nil
}

// bind makes a statement of what was prepared: the server takes its snapshot now.
func (f *forward) bind(m frame) error {
	body, _, err := m.body(f.fromClient)
	if err != nil {
		return readError{err}
	}
	portal, rest, _ := text(body)
	name, _, _ := text(rest)
	source := f.prepared[string(name)]
	if source == nil {
		source = f.elsewhere(string(name))
	}
	s := f.seen(source)
	if len(f.portals) > 100 && f.idle() {
		clear(f.portals)
	}
	f.portals[string(portal)] = s
	instead, err := f.point(s)
	if err != nil {
		return err
	}
	if instead != "" {
		return f.replace(m, s, instead)
	}
	f.send(s, awaited{step: bind, of: s}, false)
	return m.pass(f.toServer, f.fromClient)
}

// elsewhere stands for a statement that was prepared where the gateway did not see it: by PREPARE, or not at all.
func (f *forward) elsewhere(name string) *source {
	s := &source{sql: fmt.Sprintf("EXECUTE %s", name)}
	f.prepared[name] = s
	return s
}

// executed notes that a portal runs. One that ran before, and is asked for more rows, is no new statement.
func (f *forward) executed(m frame) error {
	body, _, err := m.body(f.fromClient)
	if err != nil {
		return readError{err}
	}
	name, _, _ := text(body)
	s := f.portals[string(name)]
	f.mu.Lock()
	defer f.mu.Unlock()
	if s != nil {
		s.runs, s.flushed, s.synced = true, false, false
	}
	f.awaitLocked(awaited{step: execute, of: s})
	return nil
}

// closed forgets a name.
func (f *forward) closed(m frame) error {
	body, _, err := m.body(f.fromClient)
	if err != nil {
		return readError{err}
	}
	f.await(awaited{step: closing})
	if len(body) == 0 {
		return nil
	}
	switch name, _, _ := text(body[1:]); body[0] {
	case 'S':
		delete(f.prepared, string(name))
	case 'P':
		delete(f.portals, string(name))
	}
	return nil
}

// synced is a Sync. One that commits what had been answered before is a point of its own.
func (f *forward) synced(m frame) error {
	f.mu.Lock()
	commits := f.ran && f.tx == 'I' && f.running == nil && !f.skipping && len(f.open) == 0
	f.ran = false
	for _, s := range f.open {
		s.synced = true
	}
	f.mu.Unlock()
	var s *statement
	if commits && f.gateway.guards() {
		if f.commits == nil {
			f.commits = &source{sql: "COMMIT", whole: true}
		}
		s = f.seen(f.commits)
		if _, err := f.point(s); err != nil {
			return err
		}
		f.send(s, awaited{step: atSync, of: s}, true)
	} else {
		f.await(awaited{step: atSync})
	}
	return m.pass(f.toServer, f.fromClient)
}

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
	f.mindful(s.source.analyse())
	if err = f.turn(); err == nil && f.here.Err() != nil {
		err = context.Cause(f.here)
	}
	if err == nil {
		instead, err = f.asked(s, gate, rules)
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

// mindful notes that the connection may be serializable.
func (f *forward) mindful(source *source) {
	if strings.Contains(strings.ToUpper(source.text), "SERIALIZABLE") {
		f.mu.Lock()
		f.strict = true
		f.mu.Unlock()
	}
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
