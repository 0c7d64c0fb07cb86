package pg

// failed is an error of the server's.
func (b *backward) failed(m frame) (swallow bool, err error) {
	body, _, err := m.body(b.fromServer)
	if err != nil {
		return false, err
	}
	state := field(body, 'C')
	b.mu.Lock()
	b.copying = false
	b.pending.popCopied()
	first := b.pending.first()
	if first == nil || first.step == startUp { // the connection ends
		b.mu.Unlock()
		return false, nil
	}
	at := *first
	if at.step == parse {
		b.refused = state
	}
	of := at.of
	if of == nil && at.step == atSync && !at.swallow && len(b.open) > 0 {
		of = b.open[len(b.open)-1] // what it did is undone when it was to be committed
	}
	if of != nil && !of.ended {
		of.outcome, of.answered = Outcome{State: state}, true
		b.keep = of.guarded && of.synced
	}
	if at.step != simpleQuery && at.step != functionCall && at.step != atSync {
		b.skip(of)
	}
	ends := of != nil && !of.synced && !of.ended // nothing of it is left that a Sync could keep
	if ends {
		b.close(of)
	}
	b.mu.Unlock()
	if at.swallow {
		b.gateway.notef("connection %d: what the gateway wanted of the server was refused: %s %s", b.number, state, field(body, 'M'))
	}
	if ends {
		err = of.settle(b.here)
	}
	return at.swallow, err
}

// skip takes away what the server will not do. It is called with the connection locked.
func (b *backward) skip(failed *statement) {
	b.skipping = !b.pending.skip(func(a awaited) {
		if a.of != nil && a.of != failed && !a.of.answered {
			a.of.outcome, a.of.answered = b.unrun(), true
		}
	})
}

// unrun is the outcome of a statement that the server skips.
func (c *conn) unrun() Outcome {
	if c.refused != "" {
		return Outcome{State: c.refused}
	}
	return Outcome{Err: errUnrun}
}

// field is a field of an error's.
func field(body []byte, kind byte) string {
	for len(body) > 0 && body[0] != 0 {
		value, rest, ok := text(body[1:])
		if body[0] == kind {
			return string(value)
		}
		if !ok {
			break
		}
		body = rest
	}
	return ""
}
