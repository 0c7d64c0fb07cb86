package coexist_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
)

// collided is the result of users who collided.
func collided(t *testing.T) (result *coexist.Result) {
	names := csv(t, data.Options{Policy: data.Circular}, "<Suppliers>", "Partners")
	target := nowhere(t)
	synctest.Test(t, func(t *testing.T) {
		result = check(t, coexist.Options{Users: 3, Iterations: 4}, coexist.Virtual(load.Scenario{Name: "clerks", Target: target, User: works(&exclusive{}, names)}))
	})
	return result
}

func TestFilesAreWhatTheReportSays(t *testing.T) {
	result := collided(t)
	folder := filepath.Join(t.TempDir(), "new", "folder")
	files, err := result.Write(folder)
	if err != nil || len(files) != 4 {
		t.Fatalf("wrote %q: %v; want the report, the results and two drawings", files, err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "report.txt"))
	if err != nil || string(text) != result.Report() {
		t.Errorf("report.txt: %v\n%s", err, text)
	}
	record, err := os.ReadFile(filepath.Join(folder, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var read coexist.Result
	if err := json.Unmarshal(record, &read); err != nil {
		t.Fatal(err)
	}
	if read.Schema != "lockstep/coexist/1" || read.Report() != result.Report() {
		t.Errorf("what was read reports otherwise:\n%s", read.Report())
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("hidden-")) {
			t.Errorf("%s has a password", file)
		}
		if filepath.Ext(file) == ".svg" {
			drawingIsWhole(t, file, content)
		}
	}
}

// drawingIsWhole checks that the drawing is XML and has holdings and failures.
func drawingIsWhole(t *testing.T, file string, content []byte) {
	t.Helper()
	counts := map[string]int{}
	for decoder := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if start, ok := token.(xml.StartElement); ok {
			counts[start.Name.Local]++
		}
	}
	if counts["rect"] < 4 || counts["path"] < 2 {
		t.Errorf("%s has %v, want holdings (rect) and failures (path)", file, counts)
	}
}

func TestJSONHasTheNamesThatAreDocumented(t *testing.T) {
	schema, err := os.ReadFile("schema.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range jsonNames(reflect.TypeFor[coexist.Result](), map[reflect.Type]bool{}) {
		if !bytes.Contains(schema, []byte("`"+name+"`")) {
			t.Errorf("schema.md does not tell of %q", name)
		}
	}
}

func jsonNames(of reflect.Type, seen map[reflect.Type]bool) (list []string) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map || of.Kind() == reflect.Array {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || seen[of] || of.PkgPath() == "time" {
		return nil
	}
	seen[of] = true
	for field := range of.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			list = append(list, name)
		}
		list = append(list, jsonNames(field.Type, seen)...)
	}
	return list
}

func TestLiveTogether(t *testing.T) {
	result := collided(t)
	matcher := coexist.LiveTogether()
	if ok, err := matcher.Match(result); ok || err != nil {
		t.Errorf("users who collided: %t, %v", ok, err)
	}
	if text := matcher.FailureMessage(result); !strings.Contains(text, "expected the users to live together") || !strings.Contains(text, "by pair of users") {
		t.Errorf("the failure says\n%s", text)
	}
	if ok, err := matcher.Match(&coexist.Result{Passed: true}); !ok || err != nil {
		t.Errorf("users who did not: %t, %v", ok, err)
	}
	for _, wrong := range []any{nil, 3, (*coexist.Result)(nil)} {
		if _, err := matcher.Match(wrong); err == nil || !strings.Contains(err.Error(), "coexist.Result") {
			t.Errorf("%v: the error is %v", wrong, err)
		}
	}
	gomega.NewWithT(t).Expect(result).NotTo(coexist.LiveTogether())
}
