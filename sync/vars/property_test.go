package vars_test

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/vars"
	"github.com/seed49090845/lockstep/sync/vars/varstest"
)

// number draws from where sums overflow, and from where they do not.
var number = rapid.Map(rapid.OneOf(
	rapid.Int64Range(-3, 3),
	rapid.SampledFrom([]int64{math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1}),
), func(n int64) any { return n })

func drawRequest(t *rapid.T) varstest.Request {
	r := varstest.Request{
		Operation: rapid.SampledFrom([]string{
			"Set", "Get", "Delta", "KeySet", "KeyGet", "KeyDelta", "CAS", "Append", "Push", "Pop", "Snapshot",
		}).Draw(t, "operation"),
		Name:  rapid.SampledFrom([]string{"x", "y"}).Draw(t, "name"),
		Key:   rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"),
		Value: number.Draw(t, "number"),
	}
	switch r.Operation {
	case "Set", "CAS", "KeySet":
		r.Value, r.Old = drawPlain(t, 2), drawPlain(t, 1)
	case "Append", "Push":
		if v := drawPlain(t, 2); v != nil {
			r.Value = v
		}
	}
	return r
}

// drawPlain draws plain data of any kind, nil included.
func drawPlain(t *rapid.T, depth int) any {
	kinds := []string{"nil", "number", "text", "bool", "undef", "list", "table"}
	if depth == 0 {
		kinds = kinds[:5]
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "number":
		return number.Draw(t, "number")
	case "text":
		return rapid.SampledFrom([]string{"", "a", "ü"}).Draw(t, "text")
	case "bool":
		return rapid.Bool().Draw(t, "bool")
	case "undef":
		return vars.Undef
	case "list":
		items := []any{}
		for range rapid.IntRange(0, 2).Draw(t, "length") {
			items = append(items, drawPlain(t, depth-1))
		}
		return items
	case "table":
		entries := map[string]any{}
		for _, key := range []string{"a", "b"}[:rapid.IntRange(0, 2).Draw(t, "keys")] {
			entries[key] = drawPlain(t, depth-1)
		}
		return entries
	}
	return nil
}

// TestPropertyOneClient compares what one client sees with what run variables mean.
func TestPropertyOneClient(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store := inMemory(t, vars.Options{})
		var state varstest.State
		for range rapid.IntRange(1, 40).Draw(r, "requests") {
			request := drawRequest(r)
			got := request.Do(t.Context(), store)
			ok, next := state.Step(request, got)
			if !ok {
				r.Fatalf("%v after %v: %+v", request, state, got)
			}
			state = next
		}
		snapshot, err := store.Snapshot(t.Context())
		if ok, _ := state.Step(varstest.Request{Operation: "Snapshot"}, varstest.Response{Snapshot: snapshot, Err: err}); !ok {
			r.Fatalf("%+v, want %+v", snapshot, state)
		}
	})
}

func TestPropertyValuesSurviveJSONAndGo(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		plain := drawPlain(r, 3)
		if rapid.Bool().Draw(r, "with a fraction") {
			plain = []any{plain, rapid.SampledFrom([]float64{0.1, -2.5, 1e19, -1e300, math.SmallestNonzeroFloat64}).Draw(r, "fraction")}
		}
		v, err := vars.Of(plain)
		if err != nil {
			r.Fatal(err)
		}
		if again, err := vars.Of(v.Any()); err != nil || !again.Equal(v) {
			r.Fatalf("%v became %v in Go: %v", v, again, err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			r.Fatal(err)
		}
		var read vars.Value
		err = json.Unmarshal(text, &read)
		if v.IsAbsent() {
			v = vars.Undef // null is the nearest that JSON has
		}
		if err != nil || !read.Equal(v) {
			r.Fatalf("%v became %v by %s: %v", v, read, text, err)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`null`, `9223372036854775807`, `9223372036854775808`, `-0.0`, `1e400`, `[1,[null],{"a":"b"}]`, `{"a":1,"a":2}`, `"\ud800"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v, again vars.Value
		if json.Unmarshal(data, &v) != nil {
			return
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &again); err != nil || !again.Equal(v) {
			t.Fatalf("%s became %s: %v", data, text, err)
		}
	})
}
