package data_test

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/data"
)

// readAll reads a source to its end.
func readAll(s data.Source) (columns []string, all [][]string, lines []int, err error) {
	r, err := s.Open()
	if err != nil {
		return nil, nil, nil, err
	}
	defer r.Close()
	for {
		values, line, err := r.Read()
		if errors.Is(err, io.EOF) {
			return r.Columns(), all, lines, nil
		}
		if err != nil {
			return r.Columns(), all, lines, err
		}
		all, lines = append(all, values), append(lines, line)
	}
}

func TestCSV(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		options data.CSVOptions
		want    string // the columns and the rows, with lines
	}{
		"plain":                 {"a,b\n1,2\n3,4\n", data.CSVOptions{}, "a|b 2:1|2 3:3|4"},
		"no last line break":    {"a,b\n1,2", data.CSVOptions{}, "a|b 2:1|2"},
		"carriage returns":      {"a,b\r\n1,2\r\n", data.CSVOptions{}, "a|b 2:1|2"},
		"byte order mark":       {"\xEF\xBB\xBFa,b\n1,2\n", data.CSVOptions{}, "a|b 2:1|2"},
		"mark and quotes":       {"\xEF\xBB\xBF\"a\",b\n1,2\n", data.CSVOptions{}, "a|b 2:1|2"},
		"quotes":                {"a,b\n\"x, \"\"y\"\"\",\"1\n2\"\n3,4\n", data.CSVOptions{}, "a|b 2:x, \"y\"|1\n2 4:3|4"},
		"empty lines":           {"\na\n\n1\n\n", data.CSVOptions{}, "a 4:1"},
		"empty fields":          {"a,b\n,\n\"\",\"\"\n", data.CSVOptions{}, "a|b 2:| 3:|"},
		"semicolons":            {"a;b\n1,5;2\n", data.CSVOptions{Comma: ';'}, "a|b 2:1,5|2"},
		"no header":             {"1,2\n", data.CSVOptions{Columns: []string{"a", "b"}}, "a|b 1:1|2"},
		"no rows":               {"a,b\n", data.CSVOptions{}, "a|b"},
		"characters":            {"ä,€\n𝄞,ö\n", data.CSVOptions{}, "ä|€ 2:𝄞|ö"},
		"a character at 64 KiB": {"a\n" + strings.Repeat("\n", 65_530) + "x𝄞𝄞\n", data.CSVOptions{}, "a 65532:x𝄞𝄞"},
	} {
		t.Run(name, func(t *testing.T) {
			columns, all, lines, err := readAll(data.CSVWith(file(t, "f.csv", c.content), c.options))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(columns, "|")
			for i, row := range all {
				got += " " + strconv.Itoa(lines[i]) + ":" + strings.Join(row, "|")
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestBadFiles has the whole messages in one golden file.
func TestBadFiles(t *testing.T) {
	var messages strings.Builder
	for _, c := range []struct{ name, file, content string }{
		{"empty", "f.csv", ""},
		{"only a mark", "f.csv", "\xEF\xBB\xBF"},
		{"too few fields", "f.csv", "a,b,c\n1,2,3\n1,2\n"},
		{"too many fields", "f.csv", "a,b\n1,2\n1,\"2\n\",3\n"},
		{"a quote in the middle", "f.csv", "a,b\n1,2 \"x\"\n"},
		{"a quote that is not closed", "f.csv", "a,b\n1,2\n1,\"2\n3,4\n"},
		{"text after a quote", "f.csv", "a,b\n\"1\"x,2\n"},
		{"two columns of one name", "f.csv", "a,b,a\n1,2,3\n"},
		{"a column without a name", "f.csv", "a, \n1,2\n"},
		{"Latin-1", "f.csv", "name,city\nada,London\nbob,M\xfcnchen\n"},
		{"Latin-1 in the header", "f.csv", "na\xefve,b\n1,2\n"},
		{"Latin-1 at the end", "f.csv", "a\nM\xfc"},
		{"a surrogate", "f.csv", "a\n\xed\xa0\x80\n"},
		{"UTF-16", "f.csv", "\xff\xfea\x00\n\x001\x00\n\x00"},
		{"UTF-16 without a mark", "f.csv", "a\x00\n\x001\x00\n\x00"},
		{"a row that has no end", "f.csv", "a,b\n1,2\n3,\"" + strings.Repeat("x\n", 1<<20)},
		{"no JSON", "f.json", "a,b\n1,2\n"},
		{"an object alone", "f.json", `{"a": 1}`},
		{"an empty list", "f.json", `[]`},
		{"an empty object", "f.json", `[{}]`},
		{"no objects", "f.json", "[\n  1,\n  2\n]"},
		{"cut off", "f.json", "[\n  {\"a\": 1},\n  {\"a\": "},
		{"a comma missing", "f.json", "[\n  {\"a\": 1}\n  {\"a\": 2}\n]"},
		{"a name twice", "f.json", "[\n  {\"a\": 1, \"a\": 2}\n]"},
		{"a name missing", "f.json", "[{\"a\": 1, \"b\": 2},\n {\"a\": 3}]"},
		{"another name", "f.json", "[{\"a\": 1},\n {\"a\": 3, \"c\": 4}]"},
		{"something after it", "f.json", "[{\"a\": 1}] x"},
		{"Latin-1 in JSON", "f.json", "[{\"a\": 1},\n {\"a\": \"\xfc\"}]"},
		{"no object on a line", "f.jsonl", "{\"a\": 1}\n[1]\n"},
		{"two objects on a line", "f.jsonl", "{\"a\": 1} {\"a\": 2}\n"},
		{"cut off on a line", "f.jsonl", "{\"a\": 1}\n{\"a\": \n"},
		{"no JSON on a line", "f.jsonl", "{\"a\": 1}\n\n{\"a\": x}\n"},
		{"a long line", "f.jsonl", "{\"a\": 1}\n{\"a\": \"" + strings.Repeat("x", 2<<20) + "\"}\n"},
	} {
		path := file(t, c.file, c.content)
		source, err := data.File(path)
		if err != nil {
			t.Fatal(err)
		}
		_, _, _, err = readAll(source)
		placed, ok := errors.AsType[*data.PlaceError](err)
		if !ok || placed.File != path || placed.Line < 1 || placed.Column < 1 {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		messages.WriteString("--- " + c.name + "\n" + strings.ReplaceAll(err.Error(), path, c.file) + "\n")
	}
	golden(t, "bad_files", messages.String())
}

func TestFilesThatAreNone(t *testing.T) {
	if _, err := data.File("users.xlsx"); !errors.Is(err, data.ErrInvalidOption) {
		t.Error(err)
	}
	for _, source := range []data.Source{data.CSV("testdata/none.csv"), data.JSON("testdata/none.json")} {
		if _, err := data.New("users", source, data.Options{Policy: data.Queue}); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}
}

// TestPropertyCSVRoundTrip: what is written with all quotes that it needs is read as it was.
func TestPropertyCSVRoundTrip(t *testing.T) {
	path := file(t, "f.csv", "")
	field := rapid.StringOfN(rapid.SampledFrom([]rune("ab,\"\n \té€𝄞;'")), 0, 8, -1)
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfN(rapid.SliceOfN(field, 2, 2), 1, 20).Draw(rt, "rows")
		var content strings.Builder
		if rapid.Bool().Draw(rt, "mark") {
			content.WriteString("\xEF\xBB\xBF")
		}
		w := csv.NewWriter(&content)
		if err := errors.Join(w.Write([]string{"a", "b"}), w.WriteAll(want), os.WriteFile(path, []byte(content.String()), 0o644)); err != nil {
			rt.Fatal(err)
		}
		_, got, lines, err := readAll(data.CSV(path))
		if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
			rt.Fatalf("%q became %q: %v", want, got, err)
		}
		line := 2
		for i, row := range want {
			if lines[i] != line {
				rt.Fatalf("row %d in line %d, want %d", i, lines[i], line)
			}
			line += 1 + strings.Count(strings.Join(row, ""), "\n")
		}
	})
}

// FuzzFiles reads anything as anything: each file is rows that are whole and UTF-8, or an error with its place.
func FuzzFiles(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "\xEF\xBB\xBFa\n\"x\ny\"\n", "a\n\"", "a\n\xff", "\xff\xfea\x00", `[{"a":1},{"a":null}]`, `[{"a":{"b":[1]}}]`,
		"{\"a\":\"\\ud800\"}\n\n{\"a\":2}", "[", "{", "a,a\n", "a\n1,2\n", "\r\n\r", "a\x00b",
	} {
		for _, ending := range []string{".csv", ".json", ".jsonl"} {
			f.Add(ending, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, ending string, content []byte) {
		if ending != ".csv" && ending != ".json" {
			ending = ".jsonl"
		}
		path := file(t, "f"+ending, string(content))
		source, err := data.File(path)
		if err != nil {
			t.Fatal(err)
		}
		columns, all, _, err := readAll(source)
		if placed, ok := errors.AsType[*data.PlaceError](err); err != nil && (!ok || placed.Line < 1 || placed.Column < 1) {
			t.Fatalf("no place: %v", err)
		}
		for _, row := range all {
			if len(row) != len(columns) {
				t.Fatalf("%d values for %q", len(row), columns)
			}
			for _, value := range row {
				if !utf8.ValidString(value) {
					t.Fatalf("%q is not UTF-8", value)
				}
			}
		}
	})
}
