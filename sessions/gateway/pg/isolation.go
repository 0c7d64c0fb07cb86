package pg

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// The levels of isolation that PostgreSQL tells apart.
const (
	ReadCommitted  = "read committed"
	RepeatableRead = "repeatable read"
	Serializable   = "serializable"
)

const isolationParameter = "default_transaction_isolation"

// Isolation makes a level of isolation the default of every connection from now on: of new ones as they begin, of others
// before the next that they say outside a transaction. "" gives them back what they would have without a gateway.
// Transactions that name a level have that.
func (g *Gateway) Isolation(level string) error {
	if levels := []string{"", ReadCommitted, RepeatableRead, Serializable}; !slices.Contains(levels, level) {
		return fmt.Errorf("database gateway: isolation %q: want one of %q", level, levels)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.level = level
	return nil
}

// Level is the level of isolation that was given last; empty where connections have what they would have without a gateway.
func (g *Gateway) Level() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.level
}

// isolated is the first message, with the level of isolation added that connections get.
func (c *conn) isolated(first []byte) []byte {
	level := c.gateway.Level()
	if level == "" || len(first) == 0 || first[len(first)-1] != 0 {
		return first
	}
	c.level, c.first = level, level
	longer := slices.Concat(first[:len(first)-1], []byte(isolationParameter+"\x00"+level+"\x00\x00"))
	binary.BigEndian.PutUint32(longer, uint32(len(longer)))
	return longer
}

// isolate gives the connection the level that it should have, if it can be given one now.
func (f *forward) isolate() error {
	level := f.gateway.Level()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.level == level || f.tx != 'I' || !f.pending.empty() || f.skipping || f.copying {
		return nil
	}
	f.level = level
	sql := "RESET " + isolationParameter
	if level == "" && f.first != "" { // to reset it would be to return to the level of the first message
		level = f.own()
	}
	if level != "" {
		sql = fmt.Sprintf("SET %s TO '%s'", isolationParameter, level)
	}
	if err := f.injectLocked(sql, nil); err != nil {
		return err
	}
	f.pending.push(awaited{step: atSync, swallow: true})
	_, err := f.toServer.Write(message('S'))
	return err
}

// own is the level that the connection would have without a gateway.
func (c *conn) own() string {
	for _, p := range c.parameters {
		if p.name == isolationParameter {
			return strings.ReplaceAll(p.value, "'", "''")
		}
	}
	return c.gateway.watcher.level
}

// injected is the name of statements and portals of the gateway's own.
const injected = "lockstep_gateway"

// injectLocked runs a statement of the gateway's own, whose answer is swallowed; if it stands for one of the application's, what
// becomes of it is that one's answer. It has a name, because unnamed ones are the application's.
func (f *forward) injectLocked(sql string, of *statement) error {
	for _, step := range []step{closing, parse, bind} {
		f.pending.push(awaited{step: step, swallow: true})
	}
	f.pending.push(awaited{step: execute, of: of, swallow: of == nil})
	for _, m := range [][]byte{
		message('C', byte('S'), injected), message('P', injected, sql, uint16(0)),
		message('B', injected, injected, uint16(0), uint16(0), uint16(0)), message('E', injected, uint32(0)),
	} {
		if _, err := f.toServer.Write(m); err != nil {
			return err
		}
	}
	return nil
}

// idle tells whether the connection is outside a transaction and owes no answer.
func (c *conn) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tx == 'I' && c.pending.empty()
}
