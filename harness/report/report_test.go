package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/report"
)

var update = flag.Bool("update", false, "write the golden files")

// every has a scenario for each outcome that a step can have.
func every() []*harness.Result {
	record := func(kind harness.Kind, session, name string, outcome harness.Outcome, cause ...string) harness.Record {
		r := harness.Record{Kind: kind, Session: session, Name: name, Outcome: outcome, Cause: cause, Place: "phonebook_test.go:12"}
		if outcome != harness.Blocked && outcome != harness.Skipped {
			r.Started = harness.Stamp{Seq: 1, At: time.Millisecond}
			r.Ended = harness.Stamp{Seq: 2, At: 124 * time.Millisecond}
		}
		return r
	}
	started := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return []*harness.Result{
		{
			Scenario: "rename a filled phonebook", Outcome: harness.Passed, Driver: "chromedp", Took: 1200 * time.Millisecond, Started: started, Seed: 7,
			Records: []harness.Record{
				record(harness.KindPrecondition, "colleague", "adds a contact", harness.Passed),
				record(harness.KindStep, "owner", "presses edit", harness.Passed),
			},
		},
		{
			Scenario: "everything goes wrong", Outcome: harness.Failed, Driver: "rod", Took: 12 * time.Second, Started: started,
			Records: []harness.Record{
				record(harness.KindPrecondition, "colleague", "adds a contact", harness.Failed, "the button is gone"),
				record(harness.KindStep, "owner", "presses edit", harness.Blocked, `precondition "adds a contact" of colleague failed`, "the button is gone"),
				record(harness.KindStep, "owner", "presses delete", harness.Skipped, `step "presses edit" of owner blocked`),
				record(harness.KindStep, "größter Kunde", "fails", harness.Failed, "expected 1\nto equal 2"),
				record(harness.KindStep, "clerk", "waits for something that never comes and has a name that is far too long for one line of a terminal", harness.TimedOut, "waited 30s"),
				record(harness.KindStep, "auditor", "loses his browser", harness.Errored, "the browser died"),
				record(harness.KindStep, "auditor", "is stopped", harness.Aborted, "the run was stopped"),
				record(harness.KindPostcondition, "owner", "logs out", harness.Failed, "no button <logout> & nothing else"),
				record(harness.KindPrecondition, "clerk", "is not needed", harness.Skipped, `step "presses edit" of owner blocked`),
			},
			Files: []string{"artifacts/owner.png"}, Problems: []string{"evidence could not be written: disk full"},
		},
		{
			Scenario: "a twin", Outcome: harness.Failed, Expected: true, Took: time.Second, Started: started,
			Records: []harness.Record{record(harness.KindStep, "owner", "must fail", harness.Failed, "as it should")},
		},
		{Scenario: "not valid", Outcome: harness.Errored, Problems: []string{"scenario \"not valid\" is not valid"}, Started: started},
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", path, got)
	}
}

func TestTable(t *testing.T) {
	for name, o := range map[string]report.TableOptions{
		"table.golden":  {},
		"narrow.golden": {Width: 70},
		"color.golden":  {Color: true},
	} {
		var out bytes.Buffer
		if err := report.Table(&out, every(), o); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.Bytes())
	}
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	if err := report.JUnit(&out, "phonebook", every()); err != nil {
		t.Fatal(err)
	}
	golden(t, "junit.golden.xml", out.Bytes())

	var read junit.Testsuites
	if err := xml.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	var passed, failed, errored, skipped int
	for _, suite := range read.Suites {
		for _, c := range suite.Testcases {
			switch {
			case c.Failure != nil:
				failed++
			case c.Error != nil:
				errored++
			case c.Skipped != nil:
				skipped++
			default:
				passed++
			}
		}
	}
	// Failed: a precondition, a step, one that timed out, a postcondition. Errors: blocked, errored, aborted, refused.
	if passed != 2 || failed != 4 || errored != 4 || skipped != 1 {
		t.Errorf("passed %d, failed %d, errors %d, skipped %d; want 2, 4, 4, 1", passed, failed, errored, skipped)
	}
}

func TestWriteAndRead(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "folder")
	files, err := report.Write(folder, "phonebook", every())
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	suite, err := report.Read(filepath.Join(folder, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var before, after bytes.Buffer
	_ = report.Table(&before, every(), report.TableOptions{})
	_ = report.Table(&after, suite.Results, report.TableOptions{})
	if before.String() != after.String() {
		t.Errorf("reading back changed the table:\n%s", after.String())
	}
}

func TestWriteKeepsWhatItCan(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "junit.xml"), 0o755); err != nil { // in the way of the file
		t.Fatal(err)
	}
	files, err := report.Write(folder, "phonebook", every())
	if err == nil || !strings.Contains(err.Error(), "junit.xml") {
		t.Errorf("error %v, want one that names junit.xml", err)
	}
	if len(files) != 1 || filepath.Base(files[0]) != "results.json" {
		t.Errorf("written %v, want results.json", files)
	}
	if _, err := report.Write(filepath.Join(files[0], "below a file"), "phonebook", nil); err == nil {
		t.Error("writing below a file did not fail")
	}
}

func TestReadRefuses(t *testing.T) {
	for name, content := range map[string]string{"no JSON": "{", "other schema": `{"schema":"other/1"}`, "a list": "[]"} {
		path := filepath.Join(t.TempDir(), "results.json")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := report.Read(path); !errors.Is(err, report.ErrSchema) {
			t.Errorf("%s: %v, want ErrSchema", name, err)
		}
	}
	if _, err := report.Read(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}
