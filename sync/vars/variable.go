package vars

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"
)

// variable is one name of a [Memory]. All but the name is guarded by mu.
type variable struct {
	name string

	mu      sync.Mutex
	value   Value
	version uint64 // how many changes it has seen
	gone    bool   // not in the map any more: whoever meets it looks again
	waiters []*waiter

	// shared says that the list or the table of value may be in the hands of others: it is copied before it changes.
	shared bool
}

func (v *variable) idle() bool { return v.value.IsAbsent() && len(v.waiters) == 0 }

// kindIsNot reports whether there is a value, and of another kind.
func (v *variable) kindIsNot(kind Kind) bool { return v.value.kind != kind && v.value.kind != Absent }

func (v *variable) refuse(operation string, reason error) error {
	return &RefusedError{Operation: operation, Name: v.name, Holds: v.share(), Reason: reason}
}

// share returns the value for others to keep.
func (v *variable) share() Value {
	v.shared = true
	return v.value
}

// replace stores a value that others may have.
func (v *variable) replace(with Value) {
	v.value, v.shared = with, true
	v.changed()
}

// changed counts the change, and tells who waits.
func (v *variable) changed() {
	v.version++
	if len(v.waiters) == 0 {
		return
	}
	now, value := time.Now(), v.share()
	for _, w := range v.waiters {
		w.tell(value, now)
	}
}

// replaceKey changes a table, which an absent value becomes. An absent entry removes the key.
func (v *variable) replaceKey(key string, entry Value) {
	entries := v.value.entries()
	_, has := entries[key]
	if entry.IsAbsent() && !has && entries != nil {
		return
	}
	switch {
	case entries == nil:
		entries = map[string]Value{}
	case v.shared:
		entries = maps.Clone(entries)
	}
	if entry.IsAbsent() {
		delete(entries, key)
	} else {
		entries[key] = entry
	}
	v.value, v.shared = table(entries), false
	v.changed()
}

// append changes a list, which an absent value becomes.
func (v *variable) append(item Value) int {
	items := v.value.items()
	if v.shared {
		items = slices.Clone(items)
	}
	v.value, v.shared = list(append(items, item)), false
	v.changed()
	return v.value.Len()
}

// removeFirst changes a list, unless it is empty.
func (v *variable) removeFirst() Value {
	items := v.value.items()
	if len(items) == 0 {
		return Value{}
	}
	first := items[0]
	if !v.shared {
		items[0] = Value{} // what was taken is not kept alive by the list
	}
	v.value = list(items[1:])
	v.changed()
	return first
}

// add returns the sum, or why there is none. Absent counts as 0.
func add(present, step Value) (Value, error) {
	if present.IsAbsent() {
		present = integer(0)
	}
	if present.kind != Number || step.kind != Number {
		return Value{}, ErrNoNumber
	}
	a, exact := present.Int()
	b, both := step.Int()
	if exact && both {
		if sum := a + b; (sum > a) == (b > 0) {
			return integer(sum), nil
		}
		return Value{}, ErrOverflow
	}
	x, _ := present.Float()
	y, _ := step.Float()
	if exact && !roundTrips(a, x) || both && !roundTrips(b, y) || math.IsInf(x+y, 0) {
		return Value{}, ErrOverflow
	}
	return number(x + y), nil
}

// roundTrips reports whether f is n exactly.
func roundTrips(n int64, f float64) bool { return f < 1<<63 && int64(f) == n }
