package vars

import (
	"maps"
	"math"
	"slices"
)

// Kind says what a [Value] is.
type Kind uint8

// The kinds of values. Absent is the zero Kind, and means that there is no value.
const (
	Absent Kind = iota
	Undefined
	Text
	Number
	Bool
	List
	Table
)

// String is the kind with its article, as it stands in a sentence; "nothing" for Absent.
func (k Kind) String() string {
	switch k {
	case Absent:
		return "nothing"
	case Undefined:
		return "UNDEF"
	case Text:
		return "a text"
	case Number:
		return "a number"
	case Bool:
		return "a boolean"
	case List:
		return "a list"
	case Table:
		return "a table"
	}
	return "an unknown kind"
}

// Value is what a run variable holds. It never changes, so that it can be kept and shared. The zero Value is absent.
// Make others with [Of], and compare them with [Value.Equal].
//
// A number is an integer, exact from -2^63 to 2^63-1, or a float64. A float64 without a fraction in that range is the
// integer: 2.0 and 2 are the same value.
type Value struct {
	kind  Kind
	float bool   // of a Number: bits are those of a float64, which is no integer of 64 bits
	bits  uint64 // of a Number or a Bool
	of    any    // string, []Value or map[string]Value of a Text, List or Table
}

// Undef is the value that says: there is a value, and it is not defined. It differs from absent, and is null in JSON.
var Undef = Value{kind: Undefined}

func integer(n int64) Value { return Value{kind: Number, bits: uint64(n)} }

// number is the one Value for f: an integer if it can be. f is finite.
func number(f float64) Value {
	const limit = 1 << 63 // a float64 can be -limit, and limit, which no int64 can be
	if f == math.Trunc(f) && f >= -limit && f < limit {
		return integer(int64(f))
	}
	return Value{kind: Number, float: true, bits: math.Float64bits(f)}
}

func text(s string) Value { return Value{kind: Text, of: s} }

func boolean(b bool) Value {
	if b {
		return Value{kind: Bool, bits: 1}
	}
	return Value{kind: Bool}
}

func list(items []Value) Value { return Value{kind: List, of: items} }

func table(entries map[string]Value) Value { return Value{kind: Table, of: entries} }

// Kind returns what v is.
func (v Value) Kind() Kind { return v.kind }

// IsAbsent reports whether v is no value at all.
func (v Value) IsAbsent() bool { return v.kind == Absent }

// Text returns the text that v is; false: it is none.
func (v Value) Text() (string, bool) {
	s, ok := v.of.(string)
	return s, ok
}

// Int returns the integer that v is; false: it is none, which a number with a fraction or beyond 2^63 is not either.
func (v Value) Int() (int64, bool) {
	if v.kind != Number || v.float {
		return 0, false
	}
	return int64(v.bits), true
}

// Float returns the number that v is, for integers beyond 2^53 the nearest that a float64 can be; false: it is none.
func (v Value) Float() (float64, bool) {
	switch {
	case v.kind != Number:
		return 0, false
	case v.float:
		return math.Float64frombits(v.bits), true
	}
	return float64(int64(v.bits)), true
}

// Bool returns the boolean that v is; the second result is false if it is none.
func (v Value) Bool() (value, ok bool) { return v.bits == 1, v.kind == Bool }

// List returns the elements of the list that v is, in a slice that belongs to the caller; false: it is none.
func (v Value) List() ([]Value, bool) { return slices.Clone(v.items()), v.kind == List }

// Table returns the entries of the table that v is, in a map that belongs to the caller; false: it is none.
func (v Value) Table() (map[string]Value, bool) { return maps.Clone(v.entries()), v.kind == Table }

// Key returns what the table v has under the key; absent if there is no such key, or v is no table.
func (v Value) Key(key string) Value { return v.entries()[key] }

// Len returns the number of elements of a list, of entries of a table, or of bytes of a text; 0 for other values.
func (v Value) Len() int {
	s, _ := v.Text()
	return len(v.items()) + len(v.entries()) + len(s)
}

func (v Value) items() []Value {
	items, _ := v.of.([]Value)
	return items
}

func (v Value) entries() map[string]Value {
	entries, _ := v.of.(map[string]Value)
	return entries
}

// Equal reports whether both are the same: of one kind, and with equal contents.
func (v Value) Equal(other Value) bool {
	if v.kind != other.kind {
		return false
	}
	switch v.kind {
	case Text:
		return v.of.(string) == other.of.(string)
	case List:
		return slices.EqualFunc(v.items(), other.items(), Value.Equal)
	case Table:
		return maps.EqualFunc(v.entries(), other.entries(), Value.Equal)
	}
	return v.bits == other.bits && v.float == other.float
}

// Any returns v as plain Go data, which [Of] takes back: string, int64, float64, bool, []any, map[string]any, [Undef], and
// nil for absent.
func (v Value) Any() any {
	switch v.kind {
	case Absent:
		return nil
	case Text:
		return v.of
	case Number:
		if n, ok := v.Int(); ok {
			return n
		}
		f, _ := v.Float()
		return f
	case Bool:
		return v.bits == 1
	case List:
		items := make([]any, 0, v.Len())
		for _, item := range v.items() {
			items = append(items, item.Any())
		}
		return items
	case Table:
		entries := make(map[string]any, v.Len())
		for key, entry := range v.entries() {
			entries[key] = entry.Any()
		}
		return entries
	}
	return v
}
