package data_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/harness/data"
)

// TestSmallMemory compares what is read as it is used with what is in memory.
func TestSmallMemory(t *testing.T) {
	path := file(t, "f.csv", "n\n"+strings.Repeat("x\n", 100))
	for _, o := range []data.Options{
		{Policy: data.Sequential},
		{Policy: data.Sequential, OutOfValues: data.StartAgain},
		{Policy: data.Sequential, OutOfValues: data.KeepLast},
		{Policy: data.Circular},
		{Policy: data.Queue, OutOfValues: data.StopUser},
	} {
		o.Update = data.EachOccurrence
		var places [2][]string
		for i, memory := range []int64{0, 1_000} {
			o.Memory = memory
			f := feeder(t, data.CSV(path), o)
			if f.Streamed() != (i == 1) {
				t.Fatalf("streamed: %v", f.Streamed())
			}
			u := user(t, "ada")
			u.Begin(t.Context())
			for range 250 {
				row, err := f.Draw(t.Context(), u)
				if err != nil {
					places[i] = append(places[i], err.Error())
					break
				}
				places[i] = append(places[i], fmt.Sprint(row.Number, " ", row.Place()))
			}
		}
		if a, b := strings.Join(places[0], "\n"), strings.Join(places[1], "\n"); a != b {
			t.Errorf("%+v: in memory\n%s\nas a stream\n%s", o, a, b)
		}
	}
}

func TestTooLargeForThePolicy(t *testing.T) {
	path := file(t, "f.csv", "n\n"+strings.Repeat("x\n", 1_000))
	for _, policy := range []data.Policy{data.Random, data.Shuffle, data.Lease, data.OncePerUser, data.UniqueBlock} {
		o := data.Options{Policy: policy, Memory: 1_000}
		if policy == data.UniqueBlock {
			o.Block = 10
		}
		_, err := data.New("users", data.CSV(path), o)
		if !errors.Is(err, data.ErrTooLarge) {
			t.Errorf("%v: %v", policy, err)
		}
		if policy == data.Lease {
			golden(t, "too_large", strings.ReplaceAll(err.Error(), path, "f.csv"))
		}
	}
	endless := data.Func([]string{"n"}, func(n int) ([]string, error) { return []string{fmt.Sprint(n)}, nil })
	if _, err := data.New("users", endless, data.Options{Policy: data.Lease, Memory: 10_000}); !errors.Is(err, data.ErrTooLarge) {
		t.Error(err)
	}
	lead := feeder(t, data.CSV(path), data.Options{Policy: data.Queue})
	if _, err := data.New("linked", data.CSV(path), data.Options{Follow: lead, Memory: 1_000}); !errors.Is(err, data.ErrTooLarge) {
		t.Error(err)
	}
}

// TestErrorsInAStream come when the row is counted, or drawn, and stay.
func TestErrorsInAStream(t *testing.T) {
	path := file(t, "f.csv", "n\n"+strings.Repeat("x\n", 500)+"x,y\n"+strings.Repeat("x\n", 500))
	f := feeder(t, data.CSV(path), data.Options{Policy: data.Queue, Update: data.EachOccurrence, Memory: 1_000})
	if s, err := f.Enough(data.Need{Users: 1, Iterations: 500}); err != nil || !s.AtLeast || s.Has != 500 {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := f.Enough(data.Need{Users: 1, Iterations: 501}); !isAt(err, 502) {
		t.Error(err)
	}
	u := user(t, "ada")
	u.Begin(t.Context())
	for range 500 {
		draw(t, f, u)
	}
	for range 2 {
		if _, err := f.Draw(t.Context(), u); !isAt(err, 502) {
			t.Error(err)
		}
	}
}

func isAt(err error, line int) bool {
	placed, ok := errors.AsType[*data.PlaceError](err)
	return ok && placed.Line == line
}

func TestAStreamThatIsShort(t *testing.T) {
	f := feeder(t, data.CSV(file(t, "f.csv", "n\n"+strings.Repeat("x\n", 500))), data.Options{Policy: data.Queue, Memory: 1_000})
	s, err := f.Enough(data.Need{Users: 501, Iterations: 1})
	if !errors.Is(err, data.ErrNotEnough) || s.Has != 500 || s.AtLeast {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestMemoryIsFlat draws every row of a file that is larger than what it may take: 2 MB, or 1 GB in the slow lane.
func TestMemoryIsFlat(t *testing.T) {
	size, most := int64(2<<20), uint64(1<<20)
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		size, most = 1<<30, 2<<20
	}
	path, rows := bigFile(t, size)
	f := feeder(t, data.CSV(path), data.Options{Policy: data.Queue, Memory: 1 << 18, History: 1_000})
	if !f.Streamed() {
		t.Fatal("it is in memory")
	}
	if s, err := f.Enough(data.Need{Users: 1, Iterations: rows}); err != nil {
		t.Fatal(s, err)
	}
	u := user(t, "ada")
	before, peak := heap(), uint64(0)
	for i := range rows {
		end := u.Begin(t.Context())
		if n := draw(t, f, u); n != i+1 {
			t.Fatalf("row %d, want %d", n, i+1)
		}
		end()
		if i%(rows/8) == 0 {
			peak = max(peak, heap())
		}
	}
	grown := max(peak, before) - before
	t.Logf("%d MB, %d rows; the heap grew by %d KB at most", size>>20, rows, grown>>10)
	if grown > most {
		t.Errorf("the heap grew by %d KB, want at most %d", grown>>10, most>>10)
	}
	u.Begin(t.Context())
	if _, err := f.Draw(t.Context(), u); !errors.Is(err, data.ErrFailRun) {
		t.Error(err)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func bigFile(t *testing.T, size int64) (path string, rows int) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "big.csv")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	written, err := w.WriteString("user,city,note\n")
	for total := int64(written); total < size && err == nil; rows++ {
		var n int
		n, err = fmt.Fprintf(w, "user-%09d,München,\"%s\"\n", rows, strings.Repeat("x", 60))
		total += int64(n)
	}
	if err := errors.Join(err, w.Flush(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return path, rows
}

func TestSlicesAndFuncs(t *testing.T) {
	type account struct {
		User  string `json:"user"`
		Quota int
		Tags  []string
		Note  *string
	}
	columns, all, lines, err := readAll(data.Slice([]account{{"ada", 3, []string{"a", "b"}, nil}, {"bob", 0, nil, new("n")}}))
	if got := fmt.Sprintf("%q %q %v %v", columns, all, lines, err); got !=
		`["user" "Quota" "Tags" "Note"] [["ada" "3" "[\"a\",\"b\"]" ""] ["bob" "0" "" "n"]] [0 0] <nil>` {
		t.Error(got)
	}
	columns, all, _, err = readAll(data.Slice([]map[string]string{{"b": "1", "a": "2"}}))
	if got := fmt.Sprint(columns, all, err); got != "[a b] [[2 1]] <nil>" {
		t.Error(got)
	}
	columns, all, _, err = readAll(data.Func([]string{"n"}, func(n int) ([]string, error) {
		if n == 2 {
			return nil, io.EOF
		}
		return []string{fmt.Sprint(n)}, nil
	}))
	if got := fmt.Sprint(columns, all, err); got != "[n] [[0] [1]] <nil>" {
		t.Error(got)
	}
	down := errors.New("the database is down")
	for name, c := range map[string]struct {
		source data.Source
		want   string
	}{
		"empty":         {data.Slice([]string{}), "there is no row"},
		"numbers":       {data.Slice([]int{1}), "int cannot be a row"},
		"ragged":        {data.Slice([]map[string]int{{"a": 1}, {"b": 1}}), `row 2 of a []map[string]int: the object has no "a"`},
		"channels":      {data.Slice([]chan int{nil}), "unsupported type"},
		"no columns":    {data.Func(nil, nil), "there are no columns"},
		"equal columns": {data.Func([]string{"a", "a"}, nil), `"a" is the name of column 1 already`},
		"too few":       {data.Func([]string{"a", "b"}, func(int) ([]string, error) { return []string{"x"}, nil }), "row 1 of a function: 1 values for 2 columns"},
		"fails":         {data.Func([]string{"a"}, func(int) ([]string, error) { return nil, down }), "row 1 of a function: the database is down"},
	} {
		if _, err := data.New("users", c.source, data.Options{Policy: data.Queue}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJSON(t *testing.T) {
	for name, content := range map[string]string{
		"f.json":  "\xEF\xBB\xBF[\n {\"user\": \"ada\", \"n\": 9007199254740993, \"on\": true,\n  \"more\": {\"a\": [1, 2]}, \"none\": null},\n\n {\"n\": 0.50, \"user\": \"\\u00fc\", \"on\": false, \"more\": [], \"none\": 1}\n]\n",
		"f.jsonl": "{\"user\": \"ada\", \"n\": 9007199254740993, \"on\": true, \"more\": {\"a\": [1, 2]}, \"none\": null}\r\n\n\n{\"n\": 0.50, \"user\": \"\\u00fc\", \"on\": false, \"more\": [], \"none\": 1}",
	} {
		source, err := data.File(file(t, name, content))
		if err != nil {
			t.Fatal(err)
		}
		columns, all, lines, err := readAll(source)
		if got := fmt.Sprintf("%s %q %v", columns, all, err); got !=
			`[user n on more none] [["ada" "9007199254740993" "true" "{\"a\":[1,2]}" ""] ["ü" "0.50" "false" "[]" "1"]] <nil>` {
			t.Errorf("%s: %s", name, got)
		}
		if want := map[string]string{"f.json": "[2 5]", "f.jsonl": "[1 4]"}[name]; fmt.Sprint(lines) != want {
			t.Errorf("%s: lines %v, want %s", name, lines, want)
		}
	}
}
