package profile

import (
	"github.com/seed49090845/lockstep/harness/internal/nearest"
	"strings"
	"time"
)

// clause is one kind of item of a text: the calls that it consists of, and what they make.
type clause[T any] struct {
	calls []part // the first one names it
	build func(values) T
}

// part is a call of a clause.
type part struct {
	name     string
	kind     kind
	optional bool
}

// values are the arguments of an item, by the name of the call. What was left out is zero.
type values map[string]value

func (v values) count(name string) int { return v[name].count }

func (v values) rate(name string) float64 { return v[name].rate }

func (v values) duration(name string) time.Duration { return v[name].duration }

func (v values) has(name string) bool {
	_, given := v[name]
	return given
}

func (c clause[T]) name() string { return c.calls[0].name }

func (c clause[T]) names() []string {
	var names []string
	for _, p := range c.calls[1:] {
		names = append(names, p.name)
	}
	return names
}

func (c clause[T]) part(name string) (part, bool) {
	for _, p := range c.calls[1:] {
		if p.name == name {
			return p, true
		}
	}
	return part{}, false
}

// interpret makes an item of a chain of calls.
func interpret[T any](calls chain, clauses []clause[T], what string) (item T, p *problem) {
	var names []string
	for _, c := range clauses {
		if c.name() == calls[0].name.text {
			v, p := c.values(calls)
			if p != nil {
				return item, p
			}
			return c.build(v), nil
		}
		names = append(names, c.name())
	}
	first := calls[0].name
	return item, refuse(first.at, nearest.Hint(first.text, names), "unknown %s %s", what, first)
}

func (c clause[T]) values(calls chain) (values, *problem) {
	v := values{}
	for i, call := range calls {
		name := call.name.text
		want, known := c.calls[0], true
		if i > 0 {
			want, known = c.part(name)
		}
		if !known {
			return nil, refuse(call.at(), c.suggest(name), "%s has no %s", c.name(), call.name)
		}
		if v.has(name) {
			return nil, refuse(call.at(), "", "%s a second time", name)
		}
		read, p := want.kind.read(call)
		if p != nil {
			return nil, p
		}
		v[name] = read
	}
	for _, want := range c.calls {
		if !want.optional && !v.has(want.name) {
			return nil, refuse(calls[0].at(), "for example "+c.example(), "%s without .%s", c.name(), want.name)
		}
	}
	return v, nil
}

func (c clause[T]) suggest(name string) string {
	if len(c.calls) == 1 {
		return "nothing follows it but a comma"
	}
	return nearest.Hint(name, c.names())
}

// example is the clause as one may write it.
func (c clause[T]) example() string {
	var texts []string
	for _, p := range c.calls {
		switch {
		case p.optional:
		case p.kind == nothing:
			texts = append(texts, p.name)
		default:
			texts = append(texts, p.name+"(10)")
		}
	}
	return strings.Join(texts, ".")
}
