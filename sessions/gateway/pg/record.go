package pg

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// Exchange is a statement that a gateway saw, and what became of it. Secrets are in it as they were sent; whoever writes
// it hides them.
type Exchange struct {
	// Number counts the statements of the gateway from 1.
	Number      int
	Connection  int
	Backend     uint32
	Application string
	// SQL, Name and Kind are as in Statement.
	SQL, Name string
	Kind      Kind
	// Occurrence counts the statements of that name, from 1 for the oldest that the record has.
	Occurrence    int
	InTransaction bool
	// Out is when it was read from the application, Sent when it went to the server, In when the end of its answer came, Done
	// when that was passed on.
	Out, Sent, In, Done gateway.Stamp
	// Held is when it was held, Released when it was let go.
	Held, Released gateway.Stamp
	// Waits are the locks that it waited for.
	Waits []Wait
	// Tag and State are as in Outcome.
	Tag, State string
	// Err is why it is not known what became of it, or why it never ran; empty otherwise.
	Err string
}

// Wait is that a statement was seen to wait.
type Wait struct {
	By []Backend
	At gateway.Stamp
}

// Rows is how many rows it returned or changed; 0 where its tag does not tell.
func (e Exchange) Rows() int64 {
	n, _ := strconv.ParseInt(e.Tag[strings.LastIndexByte(e.Tag, ' ')+1:], 10, 64)
	return n
}

// record keeps the latest statements.
type record struct {
	stamp func() gateway.Stamp
	limit int

	mu     sync.Mutex
	number int
	all    []*statement
}

func newRecord(o Options) *record {
	r := &record{stamp: o.Stamp, limit: o.Record}
	if r.stamp == nil {
		r.stamp = gateway.Stamps()
	}
	return r
}

func (r *record) begin(s *statement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.number++
	s.entry.Number, s.entry.Out = r.number, r.stamp()
	if len(r.all) >= r.limit {
		r.all = slices.Delete(r.all, 0, (r.limit+1)/2)
	}
	r.all = append(r.all, s)
}

// note changes an entry under the record's lock.
func (r *record) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// Forget drops what was recorded so far, and counts statements from 1 again.
func (g *Gateway) Forget() {
	g.record.mu.Lock()
	defer g.record.mu.Unlock()
	g.record.all, g.record.number = nil, 0
}

// Record is a copy of what the gateway saw, in order.
func (g *Gateway) Record() []Exchange {
	g.record.mu.Lock()
	defer g.record.mu.Unlock()
	all, times := make([]Exchange, len(g.record.all)), map[string]int{}
	for i, s := range g.record.all {
		source := s.source.analyse()
		e := s.entry
		e.SQL, e.Name, e.Kind, e.Waits = source.sql, source.name(), source.kind, slices.Clone(s.entry.Waits)
		times[e.Name]++
		e.Occurrence = times[e.Name]
		all[i] = e
	}
	return all
}

// Holding names the statements that are held now, by a rule or by the gate, as in "connection 2 UPDATE contacts SET name = ?".
func (g *Gateway) Holding() (names []string) {
	for _, e := range g.Record() {
		if !e.Held.IsZero() && e.Released.Seq < e.Held.Seq && e.Done.IsZero() {
			names = append(names, fmt.Sprintf("connection %d %s", e.Connection, e.Name))
		}
	}
	return names
}
