package harness

import (
	"fmt"
	"maps"
	"regexp"
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
	own       map[int]*passing // whose transaction a connection is in
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
	s.statements = &statements{scheduling: s, own: map[int]*passing{}, latest: map[int]*stating{}, all: map[statementKey][]*stating{}}
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
}

// moves notes that a request was released.
func (d *statements) moves(x *passing) {
	if d == nil {
		return
	}
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
	delete(d.own, s.Connection)
	if s.InTransaction && s.Kind != pg.Commit && s.Kind != pg.Rollback {
		d.own[s.Connection] = x
	}
	st := &stating{of: d, request: x, what: x.what + statementWord + s.Name, readOnly: s.ReadOnly}
	key := statementKey{x.user, st.what}
	d.all[key] = append(d.all[key], st)
	d.latest[s.Connection] = st
	st.strand = x.user.lane.Start(st.doing)
	x.states()
	return st
}

// requestOf finds whose statement it is: of the request that it names itself, or whose transaction its connection is in, or else
// of the one that moved last. It is nil for a statement that passes.
func (d *statements) requestOf(s pg.Statement) *passing {
	x := d.moved
	if own := d.own[s.Connection]; own != nil && s.InTransaction {
		x = own
	}
	if named, said := d.named(s, x); said {
		x = named
	}
	if x == nil || x.isOver() {
		d.surprise(s)
		return nil
	}
	return x
}

// surprise notes a statement that came while nobody was to send one. A request that is no point may have sent it.
func (d *statements) surprise(s pg.Statement) {
	for _, u := range d.users {
		if u.unscheduled() {
			return
		}
	}
	text := fmt.Sprintf("%q of application %q passed: no request was under way; BackgroundStatements names those that are none of any request's", s.Name, s.Application)
	if !slices.Contains(d.surprises, text) {
		d.surprises = append(d.surprises, text)
	}
}

// holders are those who hold what a statement waits for.
func (d *statements) holders(by []pg.Backend) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for _, b := range by {
		name := fmt.Sprintf("backend %d of the database, which is none of the application's", b.PID)
		if st := d.latest[b.Connection]; st != nil && b.Connection != 0 {
			name = st.request.user.session.Name() + " " + st.request.what
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return "a lock of " + strings.Join(names, " and ")
}

// becameOf is the outcome of the statement at a point.
func (d *statements) becameOf(u *user, p schedule.Point) string {
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

// isBackground tells whether a statement is none of any request's.
func (e *exploration) isBackground(s pg.Statement) bool {
	return slices.ContainsFunc(e.backgroundSQL, func(r *regexp.Regexp) bool {
		return r.MatchString(s.SQL) || r.MatchString(s.Name) || r.MatchString(s.Application)
	})
}

// statementsAre checks the options that are about statements.
func (v *validation) statementsAre(e *exploration) {
	if e.databases > 0 && e.database == nil {
		v.add(e.place, "Statements has no database gateway: it is nil", "is the variable set before it is used?")
	}
	if e.databases > 1 {
		v.add(e.place, fmt.Sprintf("Statements is given %d times", e.databases), "an exploration has one database gateway")
	}
	if e.database == nil && len(e.backgroundStatements) > 0 {
		v.add(e.place, "BackgroundStatements without Statements", "remove it, or add Statements(gateway)")
	}
	for _, text := range e.backgroundStatements {
		r, err := regexp.Compile(text)
		if err != nil {
			v.add(e.place, fmt.Sprintf("the background statement %q is no regular expression: %v", text, err), "see the syntax of package regexp")
			continue
		}
		e.backgroundSQL = append(e.backgroundSQL, r)
	}
}

var _ pg.Gate = (*statements)(nil)

// happened notes what is no point.
func (s *scheduling) happened(session, note string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, schedule.Event{Session: session, Note: note})
}
