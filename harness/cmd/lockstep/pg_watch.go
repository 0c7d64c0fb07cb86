package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/internal/trace"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// pgEvent is what is printed of a statement: that it waits ("waits"), or what became of it ("statement").
type pgEvent struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
	// Under is what the statement is printed under: a request, a route, or a connection.
	Under string `json:"under"`
	// Requests are those under way, if it may be any of several.
	Requests    []string `json:"requests,omitempty"`
	Connection  int      `json:"connection"`
	Transaction int      `json:"transaction,omitempty"` // counted from 1; 0: it is in none but its own
	Application string   `json:"application,omitempty"`
	Statement   string   `json:"statement"`
	MS          float64  `json:"ms"`
	Rows        *int64   `json:"rows,omitempty"` // nil where the server did not say
	SQLState    string   `json:"sqlstate,omitempty"`
	Error       string   `json:"error,omitempty"`
	WaitsFor    string   `json:"waits_for,omitempty"`
	WaitedMS    float64  `json:"waited_ms,omitempty"` // since it was seen to wait

	behind string // the statements of those that it waits for
}

// pgWatch is a gate at which nothing is held: it tells what it sees.
type pgWatch struct {
	tell func(pgEvent) // does not block

	mu           sync.Mutex
	behindProxy  bool
	underWay     []*pgRequest
	requests     int
	transactions int
	connections  map[int]*pgConnection // that have a transaction or a statement
	total        *pgSummary
}

// pgConnection is a connection's transaction, and the statement that it sent last.
type pgConnection struct {
	transaction int // of those that were seen
	block       int // the same, as the gateway counts them for the connection
	owner       pgOwner
	latest      string
}

// pgOwner is what statements are printed under.
type pgOwner struct {
	title    string
	requests []string
}

func newPGWatch(tell func(pgEvent)) *pgWatch {
	return &pgWatch{tell: tell, connections: map[int]*pgConnection{}, total: newPGSummary()}
}

// proxied notes that all requests go through a proxy.
func (w *pgWatch) proxied() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behindProxy = true
}

// begins notes that a request is under way, until end is called.
func (w *pgWatch) begins(name, trace string) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	r := &pgRequest{number: w.requests, name: name, trace: trace}
	w.underWay = append(w.underWay, r)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.underWay = slices.DeleteFunc(w.underWay, func(other *pgRequest) bool { return other == r })
	}
}

// Begin implements pg.Gate.
func (w *pgWatch) Begin(s pg.Statement) pg.Passing {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.connections[s.Connection]
	if c == nil || !s.InTransaction || c.block != s.Transaction {
		c = &pgConnection{block: s.Transaction}
		w.connections[s.Connection] = c
	}
	if s.InTransaction && c.transaction == 0 {
		w.transactions++
		c.transaction = w.transactions
		c.owner = w.ownerOf(s, c.transaction)
	}
	if !s.InTransaction {
		c.owner = w.ownerOf(s, 0)
	}
	c.latest = s.Name
	return &pgStatement{watch: w, Statement: s, transaction: c.transaction, owner: c.owner, since: time.Now()}
}

// ownerOf finds what a statement belongs to: the request that it names, or the only one under way, or else what it says of itself, or
// the requests under way, or its connection.
func (w *pgWatch) ownerOf(s pg.Statement, transaction int) pgOwner {
	id := trace.ID(s.Comment["traceparent"])
	for _, r := range w.underWay {
		if id != "" && r.trace == id {
			return pgOwner{title: r.title()}
		}
	}
	if len(w.underWay) == 1 {
		if r := w.underWay[0]; r.trace == "" || id == "" {
			return pgOwner{title: r.title()}
		}
	}
	if said := saidOf(s.Comment, id); said != "" {
		return pgOwner{title: said}
	}
	if n := len(w.underWay); n > 1 {
		owner := pgOwner{}
		for _, r := range w.underWay {
			owner.requests = append(owner.requests, r.title())
		}
		owner.title = fmt.Sprintf("one of %d requests: %s", n, strings.Join(owner.requests, ", "))
		return owner
	}
	title := fmt.Sprintf("connection %d", s.Connection)
	if s.Application != "" {
		title += " of " + s.Application
	}
	if transaction > 0 {
		title += fmt.Sprintf(", transaction %d", transaction)
	}
	if w.behindProxy {
		title += " (no request is under way)"
	}
	return pgOwner{title: title}
}

// saidOf is what the comment of a statement says that it belongs to; empty if it says nothing.
func saidOf(comment map[string]string, trace string) string {
	said := comment["route"]
	if said == "" && comment["controller"] != "" {
		said = strings.TrimSuffix(comment["controller"]+"#"+comment["action"], "#")
	}
	if trace == "" {
		return said
	}
	return strings.TrimSpace(said + " (trace " + trace[:8] + ")")
}

// pgStatement is a statement on its way.
type pgStatement struct {
	pg.Statement
	watch       *pgWatch
	transaction int
	owner       pgOwner
	since       time.Time

	// Under the watch's lock.
	waitsSince       time.Time
	waitsFor, behind string
}

// Pass implements pg.Passing.
func (*pgStatement) Pass(context.Context) error { return nil }

// Back implements pg.Passing.
func (*pgStatement) Back(context.Context) error { return nil }

// Waits implements pg.Passing.
func (s *pgStatement) Waits(by []pg.Backend, _ func(context.Context) bool) {
	w := s.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.waitsSince.IsZero() {
		s.waitsSince = time.Now()
	}
	s.waitsFor, s.behind = w.holders(by)
	w.tell(s.event("waits"))
}

// holders says who holds what a statement waits for, and which statements they sent last.
func (w *pgWatch) holders(by []pg.Backend) (who, sent string) {
	var names, statements []string
	for _, b := range by {
		name, statement := fmt.Sprintf("connection %d", b.Connection), ""
		switch c := w.connections[b.Connection]; {
		case c != nil:
			name, statement = fmt.Sprintf("%s, which sent %s", c.owner.title, c.latest), c.latest
		case b.PID == 0:
			name, statement = "a prepared transaction", "a prepared transaction"
		case b.Connection == 0:
			name, statement = fmt.Sprintf("backend %d, which is not behind this gateway", b.PID), "one that is not behind this gateway"
		}
		names, statements = append(names, name), append(statements, statement)
	}
	return listed(names), listed(statements)
}

func listed(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " and ")
}

// End implements pg.Passing.
func (s *pgStatement) End(o pg.Outcome) {
	w := s.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if !s.InTransaction || s.Kind == pg.Commit || s.Kind == pg.Rollback || o.Err != nil {
		delete(w.connections, s.Connection)
	}
	e := s.event("statement")
	e.SQLState = o.State
	if o.Err != nil {
		e.Error = o.Err.Error()
	}
	if last := o.Tag[strings.LastIndexByte(o.Tag, ' ')+1:]; last != "" && strings.Trim(last, "0123456789") == "" {
		rows := pg.Exchange{Tag: o.Tag}.Rows()
		e.Rows = &rows
	}
	w.total.add(e)
	w.tell(e)
}

// event is what is known of the statement now. The watch is locked.
func (s *pgStatement) event(kind string) pgEvent {
	now := time.Now()
	e := pgEvent{
		Event: kind, Time: now, Under: s.owner.title, Requests: s.owner.requests, Connection: s.Connection, Transaction: s.transaction,
		Application: s.Application, Statement: cmp.Or(s.Name, "nothing"), MS: inMS(now.Sub(s.since)), WaitsFor: s.waitsFor, behind: s.behind,
	}
	if !s.waitsSince.IsZero() {
		e.WaitedMS = inMS(now.Sub(s.waitsSince))
	}
	return e
}

// summary is what was seen until now.
func (w *pgWatch) summary(notes []string) *pgSummary {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total.finish(w.requests, notes)
	return w.total
}

var _ pg.Gate = (*pgWatch)(nil)
