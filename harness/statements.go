package harness

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// Statements holds sessions at the SQL statements that their requests make the application send through this database
// gateway, COMMIT and ROLLBACK included. Requests are held as well, since only one session moves at a time: a statement is that
// of the request that moved last. Unless At names Requests, what requests do besides their statements is taken to reach nobody
// else, so that requests commute; At(StepStarts|Requests) says that the application has a state outside of its database, too.
//
// All statements of the application have to go through the gateway, and nobody else may use it meanwhile. A statement that waits
// for a lock of another session is seen to wait, and held again when its answer has come.
func Statements(database *pg.Gateway) ExploreOption {
	return func(o *exploreOptions) { o.database, o.databases = database, o.databases+1 }
}

// BackgroundStatements names statements that are none of any request's, or no matter of order, by regular expressions that match
// their text, the name of their point, or the application_name of their connection: health checks, workers, what an application
// does under a lock of its own. They pass, and nobody waits for them.
func BackgroundStatements(expressions ...string) ExploreOption {
	return func(o *exploreOptions) { o.backgroundStatements = append(o.backgroundStatements, expressions...) }
}

// statements stand between the database gateway and the users of one run. A nil one does nothing.
type statements struct {
	*scheduling

	mu        sync.Mutex
	counting  bool
	moved     *passing         // the request that moved last
	own       map[int]owner    // whose transaction a connection is in
	latest    map[int]*stating // of each connection
	all       map[statementKey][]*stating
	surprises []string
}

// statementKey is a point, but for its number.
type statementKey struct {
	user *user
	what string
}

// guard makes the run that of the database gateway.
func (s *scheduling) guard() {
	if s.database == nil {
		return
	}
	s.statements = &statements{scheduling: s, own: map[int]owner{}, latest: map[int]*stating{}, all: map[statementKey][]*stating{}}
	s.database.Guard(s.statements)
}

func (d *statements) count() {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counting = true
}

// leave lets statements pass again.
func (d *statements) leave() {
	if d == nil {
		return
	}
	d.database.Guard(nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.result.notice(d.surprises)
	d.came = d.came || len(d.all) > 0
}

// moves notes that a request was released.
func (d *statements) moves(x *passing) {
	if d == nil {
		return
	}
	x.user.mu.Lock()
	x.out = true
	x.user.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.moved = x
}

// Begin implements pg.Gate.
func (d *statements) Begin(s pg.Statement) pg.Passing {
	if d.isBackground(s) {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.counting {
		return nil
	}
	x := d.requestOf(s)
	if x == nil {
		return nil
	}
	if s.Transaction > 0 {
		d.own[s.Connection] = owner{x, s.Transaction}
	}
	st := &stating{of: d, request: x, what: x.what + statementWord + s.Name, safe: s.ReadOnly && d.stateless(x)}
	key := statementKey{x.user, st.what}
	d.all[key] = append(d.all[key], st)
	d.latest[s.Connection] = st
	st.strand = x.user.lane.Start(st.doing)
	x.states()
	return st
}

// holders are those who hold what a statement waits for.
func (d *statements) holders(by []pg.Backend) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for _, b := range by {
		name := d.holder(b)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return "a lock of " + strings.Join(names, " and ")
}

func (d *statements) holder(b pg.Backend) string {
	st := d.latest[b.Connection]
	switch {
	case b.PID == 0:
		return "a transaction that was prepared for a two-phase commit"
	case b.Connection == 0:
		return fmt.Sprintf("backend %d of the database, which is none of the application's", b.PID)
	case st == nil:
		return fmt.Sprintf("connection %d of the application, on which no request has sent a statement yet", b.Connection)
	}
	return st.request.user.session.Name() + " " + st.request.what
}

// becameOf is the outcome of the statement at a point.
func (d *statements) becameOf(u *user, p schedule.Point) string {
	if d == nil {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.all[statementKey{u, p.What}]
	if p.Nth > len(all) {
		return ""
	}
	return all[p.Nth-1].outcome()
}

// situation is which statements are held or at the database, and whose they are taken for.
func (d *statements) situation() (lines []string) {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, connection := range slices.Sorted(maps.Keys(d.latest)) {
		if st := d.latest[connection]; !st.ended() {
			lines = append(lines, fmt.Sprintf("  connection %d of the database: %s %s", connection, st.request.user.session.Name(), st.doing()))
		}
	}
	return append(lines, "  hint: a request that neither answers nor sends a statement may wait for a connection of its application's pool, or for a lock within the application, which"+
		" another session has; or it speaks on several connections at once, and a statement of it was taken for one of the request that moved last:"+
		" comments that name the request (https://google.github.io/sqlcommenter, traceparent or route) tell them apart")
}

// drawn are events as a diagram shows them: a statement without its request, which is above it in the same column.
func drawn(events []schedule.Event) []schedule.Event {
	events = slices.Clone(events)
	for i, e := range events {
		_, statement, found := strings.Cut(e.Point.What, statementWord)
		switch kind := kindOfPoint(e.Point.What); {
		case !found:
		case kind == pointStatement:
			events[i].Point.What = "· " + statement
		case kind == pointAnswer:
			events[i].Point.What = "· answer to " + statement
		}
	}
	return events
}

// refused lists the statements that the database refused because of others: serialization failures and deadlocks.
func (d *statements) refused() (all []string) {
	if d == nil { // the run did not come so far
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, list := range d.all {
		for _, st := range list {
			if o := st.outcome(); strings.HasPrefix(o, "40") {
				all = append(all, fmt.Sprintf("%s %s: %s", key.user.session.Name(), key.what, o))
			}
		}
	}
	slices.Sort(all)
	return all
}

var _ pg.Gate = (*statements)(nil)

// happened notes what is no point.
func (s *scheduling) happened(session, note string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, schedule.Event{Session: session, Note: note})
}
