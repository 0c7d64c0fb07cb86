package vars

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// maxDepth is how deep lists and tables may be nested. What goes deeper most likely contains itself.
const maxDepth = 100

// Of returns the Value of plain Go data: nil (absent), a Value, text, integers and floats, booleans, slices, arrays, and maps whose
// keys are text; all of them of named types too. Lists and tables are copied. A nil inside of them is [Undef].
//
// It refuses with an error that wraps [ErrInvalid]: NaN and infinities, which are equal to nothing or to what was never
// meant; unsigned integers from 2^63 on; []byte, which may be text or numbers; structs, pointers, functions, channels.
func Of(value any) (Value, error) { return of(value, 0) }

func of(value any, depth int) (Value, error) {
	switch x := value.(type) {
	case nil:
		return Value{}, nil
	case Value:
		return x, nil
	case string:
		return text(x), nil
	case int:
		return integer(int64(x)), nil
	case int64:
		return integer(x), nil
	case float64:
		return ofFloat(x)
	case bool:
		return boolean(x), nil
	case []byte:
		return Value{}, invalid("[]byte may be meant as text or as numbers; say string(b), or give a []int")
	case json.Number:
		return ofDigits(x.String())
	}
	return ofReflected(reflect.ValueOf(value), depth)
}

func ofReflected(r reflect.Value, depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, invalid("lists and tables are nested deeper than %d; does one contain itself?", maxDepth)
	}
	switch r.Kind() {
	case reflect.String:
		return text(r.String()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return integer(r.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if r.Uint() > math.MaxInt64 {
			return Value{}, invalid("%d is 2^63 or more; integers go up to 2^63-1", r.Uint())
		}
		return integer(int64(r.Uint())), nil
	case reflect.Float32, reflect.Float64:
		return ofFloat(r.Float())
	case reflect.Bool:
		return boolean(r.Bool()), nil
	case reflect.Slice, reflect.Array:
		return ofItems(r, depth)
	case reflect.Map:
		return ofEntries(r, depth)
	}
	return Value{}, invalid("a %s cannot be a run variable; text, numbers, booleans, lists and tables of these can", r.Type())
}

func ofFloat(f float64) (Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}, invalid("%v is no number that can be counted with", f)
	}
	return number(f), nil
}

func ofItems(r reflect.Value, depth int) (Value, error) {
	items := make([]Value, r.Len())
	for i := range items {
		item, err := inside(r.Index(i), depth)
		if err != nil {
			return Value{}, fmt.Errorf("[%d]: %w", i, err)
		}
		items[i] = item
	}
	return list(items), nil
}

func ofEntries(r reflect.Value, depth int) (Value, error) {
	if r.Type().Key().Kind() != reflect.String {
		return Value{}, invalid("the keys of a %s are no text", r.Type())
	}
	entries := make(map[string]Value, r.Len())
	for each := r.MapRange(); each.Next(); {
		entry, err := inside(each.Value(), depth)
		if err != nil {
			return Value{}, fmt.Errorf("[%q]: %w", each.Key().String(), err)
		}
		entries[each.Key().String()] = entry
	}
	return table(entries), nil
}

// inside is the Value of an element: an absent one is impossible there.
func inside(r reflect.Value, depth int) (Value, error) {
	v, err := of(r.Interface(), depth+1)
	if err == nil && v.IsAbsent() {
		return Undef, nil
	}
	return v, err
}

// MarshalJSON writes integers with all their digits, and both UNDEF and absent as null.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case Absent, Undefined:
		return []byte("null"), nil
	case List:
		return json.Marshal(v.items())
	case Table:
		return json.Marshal(v.entries())
	}
	if v.float {
		f, _ := v.Float()
		return strconv.AppendFloat(nil, f, 'e', -1, 64), nil // with an exponent none is taken for an integer
	}
	return json.Marshal(v.Any())
}

// UnmarshalJSON reads what MarshalJSON writes; null is [Undef]. An integer beyond 64 bits is refused rather than rounded.
func (v *Value) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return err
	}
	read, err := Of(plain)
	if err != nil {
		return err
	}
	if read.IsAbsent() {
		read = Undef
	}
	*v = read
	return nil
}

// ofDigits reads the number of a JSON text.
func ofDigits(digits string) (Value, error) {
	if n, err := json.Number(digits).Int64(); err == nil {
		return integer(n), nil
	}
	f, err := json.Number(digits).Float64()
	if err != nil {
		return Value{}, invalid("the number %s: %v", digits, err)
	}
	if !strings.ContainsAny(digits, ".eE") {
		return Value{}, invalid("%s has more than 64 bits; integers go from -2^63 to 2^63-1", digits)
	}
	return ofFloat(f)
}
