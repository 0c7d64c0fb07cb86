package varstest

import (
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/seed49090845/lockstep/sync/vars"
)

// State is what a store holds, as plain Go data: what a run variable means, in the simplest terms, and apart from any
// implementation. The zero State is that of a new store. Numbers are int64.
type State struct {
	Vars     map[string]any
	Revision uint64
}

// Equal reports whether both states are the same.
func (s State) Equal(other State) bool {
	return s.Revision == other.Revision && reflect.DeepEqual(s.plain(), other.plain())
}

func (s State) plain() map[string]any {
	if s.Vars == nil {
		return map[string]any{}
	}
	return s.Vars
}

// with is the state in which the variable is that; s itself does not change.
func (s State) with(name string, value any) State {
	next := State{Vars: maps.Clone(s.plain()), Revision: s.Revision + 1}
	if value == nil {
		delete(next.Vars, name)
	} else {
		next.Vars[name] = value
	}
	return next
}

// Step says whether a store in this state may answer the request so, and in what state it is then. Requests have
// integers as numbers. Those that failed for another reason than what the variable holds are taken to have done
// nothing.
func (s State) Step(r Request, got Response) (bool, State) {
	present, asked := s.plain()[r.Name], plain(r.Value)
	next, want := s, Response{}
	switch r.Operation {
	case "Set":
		want.Value = value(asked)
		if asked != nil || present != nil {
			next = s.with(r.Name, asked)
		}
	case "Get":
		want.Value = value(present)
	case "Delta":
		var sum any
		if sum, want.Err = plus(present, asked); want.Err == nil {
			want.Value, next = value(sum), s.with(r.Name, sum)
		}
	case "KeySet", "KeyGet", "KeyDelta":
		next, want = s.stepKey(r, present, asked)
	case "CAS":
		want.Done = reflect.DeepEqual(present, plain(r.Old))
		want.Value = value(present)
		if want.Done {
			want.Value = value(asked)
			if asked != nil || present != nil {
				next = s.with(r.Name, asked)
			}
		}
	case "Append", "Push", "Pop":
		next, want = s.stepList(r, present, asked)
	case "Await":
		if got.Err != nil {
			return true, s
		}
		n, isNumber := present.(int64)
		return isNumber && n >= asked.(int64) && value(present).Equal(got.Value), s
	case "Snapshot":
		return got.Err == nil && got.Snapshot.Revision == s.Revision && value(s.plain()).Equal(value(anyMap(got.Snapshot.Vars))), s
	}
	return want.explains(got), next
}

func (s State) stepKey(r Request, present, asked any) (next State, want Response) {
	entries, isTable := present.(map[string]any)
	if present != nil && !isTable {
		return s, Response{Err: vars.ErrNoTable}
	}
	entry := entries[r.Key]
	switch r.Operation {
	case "KeyGet":
		return s, Response{Value: value(entry)}
	case "KeyDelta":
		if asked, want.Err = plus(entry, asked); want.Err != nil {
			return s, want
		}
	}
	want.Value = value(asked)
	if asked == nil && entry == nil && isTable {
		return s, want
	}
	entries = maps.Clone(entries)
	if entries == nil {
		entries = map[string]any{}
	}
	if asked == nil {
		delete(entries, r.Key)
	} else {
		entries[r.Key] = asked
	}
	return s.with(r.Name, entries), want
}

func (s State) stepList(r Request, present, asked any) (next State, want Response) {
	items, isList := present.([]any)
	switch {
	case present != nil && !isList:
		return s, Response{Err: vars.ErrNoList}
	case r.Operation != "Pop":
		return s.with(r.Name, append(slices.Clip(items), asked)), Response{Length: len(items) + 1}
	case len(items) == 0:
		return s, Response{}
	}
	return s.with(r.Name, append([]any{}, items[1:]...)), Response{Value: value(items[0])}
}

// explains reports whether got is the answer that is wanted. An error says no more than its reason.
func (r Response) explains(got Response) bool {
	if r.Err != nil || got.Err != nil {
		return r.Err != nil && errors.Is(got.Err, r.Err)
	}
	return r.Value.Equal(got.Value) && r.Length == got.Length && r.Done == got.Done
}

// plus adds integers.
func plus(present, step any) (any, error) {
	if present == nil {
		present = int64(0)
	}
	a, ok := present.(int64)
	b, both := step.(int64)
	switch {
	case !ok || !both:
		return nil, vars.ErrNoNumber
	case b > 0 && a > math.MaxInt64-b, b < 0 && a < math.MinInt64-b:
		return nil, vars.ErrOverflow
	}
	return a + b, nil
}

func plain(argument any) any { return value(argument).Any() }

// value is for data that is known to fit.
func value(of any) vars.Value {
	v, err := vars.Of(of)
	if err != nil {
		panic(err)
	}
	return v
}

func anyMap(values map[string]vars.Value) map[string]any {
	all := map[string]any{}
	for name, v := range values {
		all[name] = v
	}
	return all
}
