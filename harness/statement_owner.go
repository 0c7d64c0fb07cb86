package harness

import (
	"strings"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// named finds the request that a statement names in its comment (https://google.github.io/sqlcommenter/spec/): by the trace that the
// request has brought, or by its route. Said is true where the comment says whose it is, or that it is not that of x, and then
// nil means: of none that is known.
func (d *statements) named(s pg.Statement, x *passing) (named *passing, said bool) {
	if trace := traceOf(s.Comment["traceparent"]); trace != "" {
		for other := range d.passings() {
			if other.trace == trace {
				return other, true
			}
		}
	}
	route := s.Comment["route"]
	if route == "" || x != nil && fitsRoute(route, x.path) {
		return nil, false
	}
	for other := range d.passings() {
		if fitsRoute(route, other.path) {
			if named != nil {
				return nil, false // it may be either
			}
			named = other
		}
	}
	return named, true
}

// passings are the requests under way that have points.
func (d *statements) passings() func(yield func(*passing) bool) {
	return func(yield func(*passing) bool) {
		for _, u := range d.users {
			for _, x := range u.points() {
				if !yield(x) {
					return
				}
			}
		}
	}
}

func (u *user) points() (all []*passing) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for x := range u.exchanges {
		if x.strand != nil {
			all = append(all, x)
		}
	}
	return all
}

// traceOf is the trace-id of a traceparent (https://www.w3.org/TR/trace-context/); empty if it is none.
func traceOf(parent string) string {
	parts := strings.Split(parent, "-")
	if len(parts) < 4 || len(parts[1]) != 32 {
		return ""
	}
	return strings.ToLower(parts[1])
}

func traceIn(header []gateway.Field) string {
	for _, f := range header {
		if strings.EqualFold(f.Name, "Traceparent") {
			return traceOf(f.Value)
		}
	}
	return ""
}

// fitsRoute tells whether a path may be one of a route, however a framework writes it: /books/{id}, /books/:id, /books/<int:id>,
// GET /books/*. What is no path, such as a regular expression, fits everything.
func fitsRoute(route, path string) bool {
	if method, rest, found := strings.Cut(route, " "); found && strings.ToUpper(method) == method && method != "" {
		route = rest
	}
	if !strings.HasPrefix(route, "/") || strings.ContainsAny(route, `^$()\`) {
		return true
	}
	want, have := strings.Split(strings.Trim(route, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	for i, segment := range want {
		switch {
		case strings.HasPrefix(segment, "*"), strings.HasSuffix(segment, "...}"):
			return true
		case i >= len(have):
			return false
		case strings.ContainsAny(segment[:min(1, len(segment))], ":{<"):
		case segment != have[i]:
			return false
		}
	}
	return len(want) == len(have)
}
