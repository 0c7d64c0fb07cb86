package harness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/harness/internal/trace"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// owner is the request whose transaction a connection is in.
type owner struct {
	request     *passing
	transaction int // of the connection
}

// requestOf finds whose statement it is: of the request that it names itself, or in whose transaction it is, or else of the one
// that moved last. It is nil for a statement that passes.
func (d *statements) requestOf(s pg.Statement) *passing {
	x := d.moved
	if own := d.own[s.Connection]; own.request != nil && own.transaction == s.Transaction {
		if x = own.request; x.isOver() {
			d.surprise(s, fmt.Sprintf("it is in a transaction of %s %s, which had been answered already", x.user.session.Name(), x.what))
			return nil
		}
	}
	if named, said := d.named(s, x); said {
		x = named
	}
	if x == nil || x.isOver() {
		if !d.unscheduled() {
			d.surprise(s, "no request was under way; BackgroundStatements names those that are none of any request's")
		}
		return nil
	}
	return x
}

// surprise notes a statement that came while nobody was to send one.
func (d *statements) surprise(s pg.Statement, why string) {
	text := fmt.Sprintf("%q of application %q passed: %s", s.Name, s.Application, why)
	if !slices.Contains(d.surprises, text) {
		d.surprises = append(d.surprises, text)
	}
}

// unscheduled tells whether a request that is no point may have sent a statement.
func (d *statements) unscheduled() bool { return slices.ContainsFunc(d.users, (*user).unscheduled) }

// named finds the request that a statement names in its comment (https://google.github.io/sqlcommenter/spec/): by the trace that the
// request has brought, or by its route. Said is true where the comment says whose it is, or that it is not that of x, and then
// nil means: of none that is known.
func (d *statements) named(s pg.Statement, x *passing) (named *passing, said bool) {
	if trace := trace.ID(s.Comment["traceparent"]); trace != "" {
		if x != nil && x.trace == trace {
			return x, true
		}
		if found := d.atServer(func(x *passing) bool { return x.trace == trace }); len(found) == 1 {
			return found[0], true
		}
	}
	route := s.Comment["route"]
	if route == "" {
		return nil, false
	}
	for _, fits := range []func(route, path string) bool{fitsRoute, fitsRoughly} {
		if x != nil && fits(route, x.path) {
			return nil, false
		}
		switch found := d.atServer(func(x *passing) bool { return fits(route, x.path) }); len(found) {
		case 0:
		case 1:
			return found[0], true
		default: // it may be any of them
			return nil, false
		}
	}
	return nil, true
}

// atServer are the requests of which something is so, among those that went to their server and are not over.
func (d *statements) atServer(so func(*passing) bool) (all []*passing) {
	for _, u := range d.users {
		u.mu.Lock()
		for x := range u.exchanges {
			if x.out && so(x) {
				all = append(all, x)
			}
		}
		u.mu.Unlock()
	}
	return all
}

func traceIn(header []gateway.Field) string {
	for _, f := range header {
		if strings.EqualFold(f.Name, "Traceparent") {
			return trace.ID(f.Value)
		}
	}
	return ""
}

// fitsRoute tells whether a path may be one of a route, however a framework writes it: /books/{id}, /books/:id, /books/<int:id>,
// /books/[id], GET /books/*. What is no path, such as a regular expression, fits everything.
func fitsRoute(route, path string) bool {
	want, ok := segmentsOf(route)
	return !ok || fitSegments(want, split(path))
}

// fitsRoughly is the same where the route is that of a part of the application, which does not know what comes before it, or of all
// that begins with it: /books/.
func fitsRoughly(route, path string) bool {
	want, ok := segmentsOf(route)
	if !ok {
		return true
	}
	have := split(path)
	if strings.HasSuffix(route, "/") && fitSegments(append(want, "*"), have) {
		return true
	}
	for i := range have {
		if fitSegments(want, have[i:]) {
			return true
		}
	}
	return false
}

// segmentsOf are those of a route, without its method; not ok if it is no path.
func segmentsOf(route string) (segments []string, ok bool) {
	if method, rest, found := strings.Cut(route, " "); found && !strings.HasPrefix(method, "/") && strings.ToUpper(method) == method {
		route = strings.TrimLeft(rest, " ")
	}
	if !strings.HasPrefix(route, "/") || strings.ContainsAny(route, `^$()\`) {
		return nil, false
	}
	return split(route), true
}

// split leaves out what is empty.
func split(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(segment string) bool { return segment == "" })
}

// fitSegments compares segment by segment. One that has a parameter in it may be anything, and one of several segments all of them.
func fitSegments(want, have []string) bool {
	for i, segment := range want {
		switch {
		case strings.Contains(segment, "*"), strings.Contains(segment, "..."), strings.Contains(segment, ":path}"), strings.HasPrefix(segment, "<path:"):
			return true
		case i >= len(have):
			return strings.Contains(segment, "?") && fitSegments(want[i+1:], nil)
		case strings.ContainsAny(segment, ":{<["):
		case segment != have[i]:
			return false
		}
	}
	return len(want) == len(have)
}
