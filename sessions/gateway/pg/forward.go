package pg

import (
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
	f.mindful(sql)
	s := f.seen(&source{sql: string(sql), whole: whole && ended})
	instead, err := f.point(s)
	if err != nil {
		return err
	}
	if instead != "" {
		return f.queryInstead(m, s, instead)
	}
	f.send(s, awaited{step: simpleQuery, of: s}, true)
	return m.pass(f.toServer, f.fromClient)
}

// call is a function call by number, as libpq makes for large objects.
func (f *forward) call(m frame) error {
	s := f.seen(&source{sql: "function call"})
	instead, err := f.point(s)
	if err != nil {
		return err
	}
	if instead != "" {
		return f.queryInstead(m, s, instead)
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
	f.mindful(sql)
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
		instead, err := f.point(s)
		if err != nil {
			return err
		}
		if err := f.failFirst(s, instead); err != nil {
			return err
		}
		f.send(s, awaited{step: atSync, of: s}, true)
	} else {
		f.await(awaited{step: atSync})
	}
	return m.pass(f.toServer, f.fromClient)
}

// mindful notes that the connection may be serializable. It looks at every statement, so it is quick to see that one is of no interest.
func (f *forward) mindful(sql []byte) {
	const z = len("seriali")
	for i := z; i < len(sql); i++ {
		if sql[i] != 'z' && sql[i] != 'Z' {
			continue
		}
		if from := sql[i-z:]; len(from) >= len(Serializable) && strings.EqualFold(string(from[:len(Serializable)]), Serializable) {
			f.mu.Lock()
			f.strict = true
			f.mu.Unlock()
		}
	}
}
