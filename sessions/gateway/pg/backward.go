package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// backward is the way from the server to the application.
type backward struct {
	*conn
	whole bool // what was written ends with a message
	keep  bool // the end of an answer was read, and what ends it for good will come: the application sees both at once
}

func (b *backward) run() error {
	err := b.messages()
	b.left(err)
	b.abandon(err)
	if malformed := b.malformed(err); malformed != nil {
		_, _ = b.toClient.Write(fatal(malformed))
	} else if !errors.Is(err, io.EOF) {
		return err // the application gets no more than it has
	}
	_ = b.toClient.Flush()
	return err
}

// malformed is why the gateway ends the connection, if either side does not speak the protocol.
func (b *backward) malformed(err error) error {
	for _, why := range []error{err, context.Cause(b.life)} {
		if errors.Is(why, ErrMalformed) && b.whole {
			return why
		}
	}
	return nil
}

func (b *backward) messages() error {
	for {
		if b.fromServer.Buffered() < headSize {
			if err := b.flush(); err != nil {
				return err
			}
		}
		m, err := next(b.fromServer, b.gateway.options.MaxMessage)
		if err != nil {
			return err
		}
		if err := b.message(m); err != nil {
			return err
		}
	}
}

// flush hands on what has come, unless its time has not.
func (b *backward) flush() error {
	if b.toClient.Buffered() == 0 || b.keep || b.withheld() != nil {
		return nil
	}
	return b.write(b.toClient.Flush())
}

// withheld is the statement whose answer the gate keeps back, because it was said to wait; nil if there is none.
func (b *backward) withheld() *statement {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.running; s != nil && s.waits && !s.backed {
		return s
	}
	return nil
}

// write takes note of an application that has gone: the server still finishes what it was told.
func (b *backward) write(err error) error {
	if err == nil {
		return nil
	}
	b.left(fmt.Errorf("%w: %w", errGone, err))
	_ = b.client.Close()
	b.toClient.Reset(&drain{left: maxDrain})
	return nil
}

// maxDrain is how much of an answer is taken from the server for an application that has gone.
const maxDrain = 16 << 20

// drain takes what nobody wants, but not for ever.
type drain struct{ left int }

func (d *drain) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errGone
	}
	return len(p), nil
}

// message passes one message on.
func (b *backward) message(m frame) error {
	swallow, err := b.heed(m)
	if err != nil {
		return err
	}
	if swallow {
		return m.drop(b.fromServer)
	}
	if b.toClient.Available() < m.size {
		if err := b.uncover(); err != nil {
			return err
		}
	}
	b.whole = false
	err = m.pass(b.toClient, b.fromServer)
	b.whole = err == nil
	if err != nil && !errors.As(err, new(readError)) && !errors.Is(err, errGone) {
		// Part of the message may be gone with the application; the rest is taken off.
		return fmt.Errorf("%w: %w", errGone, b.write(err))
	}
	return err
}

// uncover asks the gate for an answer that can no longer be kept.
func (b *backward) uncover() error {
	s := b.withheld()
	if s == nil {
		return nil
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	return s.back(b.here)
}

// heed takes note of what a message says, and tells whether it is not for the application.
func (b *backward) heed(m frame) (swallow bool, err error) {
	switch m.kind {
	case 'D', 'd', 'c', 'N', 'A', 'S', 'v', 'V', 't':
		return false, nil
	case 'R':
		return b.authentication(m)
	case 'K':
		return false, b.keyData(m)
	case '1':
		return b.did(parse), nil
	case '2':
		return b.did(bind), nil
	case '3':
		return b.did(closing), nil
	case 'n', 'T':
		return b.did(describe), nil
	case 'C', 'I', 's':
		return b.completed(m)
	case 'E':
		return b.failed(m)
	case 'Z':
		return b.ready(m)
	case 'G', 'W', 'H':
		return false, b.copies(m.kind)
	default:
		b.gateway.notef("connection %d: message %s of the server is not known here, and was passed on", b.number, letter(m.kind))
		return false, nil
	}
}

// did takes the step that was done off the list.
func (b *backward) did(s step) (swallow bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending.popCopied()
	a, ok := b.pending.pop(s)
	return ok && a.swallow
}

// completed is the end of a statement's answer, but for what follows a Sync.
func (b *backward) completed(m frame) (swallow bool, err error) {
	body, _, err := m.body(b.fromServer)
	if err != nil {
		return false, err
	}
	var tag string
	if m.kind == 'C' {
		name, _, _ := text(body)
		tag = string(name)
	}
	b.mu.Lock()
	b.pending.popCopied()
	b.copying = false
	first := b.pending.first()
	if first == nil || first.swallow {
		b.pending.pop(execute)
		b.mu.Unlock()
		return first != nil, nil
	}
	if tag == "BEGIN" || tag == "START TRANSACTION" { // in a pipeline, ReadyForQuery comes later
		b.becomes('T')
	}
	if tag == "RESET" || tag == "DISCARD ALL" {
		b.level = b.first
	}
	s := first.of
	ends := first.step == execute && s != nil && s.flushed && !s.synced && !s.ended
	if s != nil {
		if s.outcome.Tag == "" || tag != "" {
			s.outcome.Tag = tag
		}
		s.answered = s.answered || first.step == execute
		b.keep = s.guarded && s.synced && !s.ended
	}
	b.pending.pop(execute)
	if ends {
		b.close(s)
	}
	b.mu.Unlock()
	if ends {
		return false, s.settle(b.here)
	}
	return false, nil
}

// close takes a statement that ends before a Sync off the open ones. It is called with the connection locked.
func (c *conn) close(s *statement) {
	for i, open := range c.open {
		if open == s {
			c.open = append(c.open[:i], c.open[i+1:]...)
			c.ran = true
			return
		}
	}
}

// ready is ReadyForQuery: what was sent before the Sync has ended, and is committed unless there is a transaction.
func (b *backward) ready(m frame) (swallow bool, err error) {
	body, _, err := m.body(b.fromServer)
	if err != nil {
		return false, err
	}
	b.mu.Lock()
	b.pending.popCopied()
	var a awaited
	if first := b.pending.first(); first != nil {
		a, _ = b.pending.pop(first.step)
	}
	b.pending.popCopied()
	if len(body) > 0 {
		b.becomes(body[0])
	}
	b.refused = ""
	ended := b.sofar(a)
	b.mu.Unlock()
	if a.step == startUp {
		b.started()
	}
	for _, s := range ended {
		if err = errors.Join(err, s.settle(b.here)); err != nil {
			return false, err
		}
	}
	b.keep = false
	return a.swallow, nil
}

// sofar takes off the open statements what a Sync, or a simple query, has ended. It is called with the connection locked.
func (b *backward) sofar(a awaited) (ended []*statement) {
	if a.swallow {
		return nil
	}
	kept := b.open[:0]
	for _, s := range b.open {
		if s.answered || s == a.of || s.synced && !s.runs {
			ended = append(ended, s)
		} else {
			kept = append(kept, s)
		}
	}
	clear(b.open[len(kept):])
	b.open = kept
	return ended
}

// copies is the beginning of a copy. The application has to see it, whatever it waits for.
func (b *backward) copies(kind byte) error {
	if err := b.uncover(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep = false
	if first := b.pending.first(); kind != 'H' && first != nil {
		b.copying = !b.pending.ignoreSyncs()
		if s := first.of; s != nil && first.step == execute && b.copying {
			s.synced = false // the server takes no notice of a Sync while it copies
		}
	}
	return nil
}
