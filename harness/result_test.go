package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// results are runs of all kinds, for the tests of what people and machines read.
var results = []struct {
	name string
	run  func(t *testing.T) *harness.Result
}{
	{"passed", func(t *testing.T) *harness.Result { return row{}.run(t.Context(), t, newUsers(t)) }},
	{"failed", func(t *testing.T) *harness.Result {
		return row{save: func(_ context.Context, g Gomega, _ sessions.Session) error {
			g.Expect("Suppliers").To(Equal("Customers"), "the name of the phonebook")
			return nil
		}, tidy: fails}.run(t.Context(), t, newUsers(t))
	}},
	{"blocked", func(t *testing.T) *harness.Result { return row{prepare: fails}.run(t.Context(), t, newUsers(t)) }},
	{"attempts", func(t *testing.T) *harness.Result {
		return row{save: fails}.run(t.Context(), t, newUsers(t), harness.Attempts(2))
	}},
	{"timed out", func(t *testing.T) *harness.Result {
		return row{save: hangs}.run(t.Context(), t, newUsers(t), harness.Timeout(1))
	}},
	{"aborted", func(t *testing.T) *harness.Result {
		ctx, stop := context.WithCancelCause(t.Context())
		return row{save: func(ctx context.Context, g Gomega, s sessions.Session) error {
			stop(errors.New("somebody pressed a key"))
			return hangs(ctx, g, s)
		}}.run(ctx, t, newUsers(t))
	}},
	{"errored", func(t *testing.T) *harness.Result {
		w := newWindows(t, &browsertest.Driver{}, harness.Artifacts(t.TempDir()))
		w.owner = w.HTTP("clerk")
		sc := w.Scenario(t.Name())
		sc.Step(w.colleague, "press", func(context.Context, Gomega, sessions.Session) error {
			w.driver.Connections()[0].Die()
			return nil
		})
		sc.Step(w.owner, "go on", passes)
		return sc.Run(t.Context())
	}},
	{"not opened", func(t *testing.T) *harness.Result {
		w := newWindows(t, &browsertest.Driver{Fault: browsertest.Fail(browsertest.NewPage, 0, errBroken)})
		return one(t, &users{Harness: w.Harness, owner: w.owner}, passes)
	}},
}

func TestTextsOfResults(t *testing.T) {
	var all strings.Builder
	for _, r := range results {
		t.Run(r.name, func(t *testing.T) { all.WriteString(r.run(t).String() + "\n") })
	}
	golden(t, "results", all.String())
}

func TestErrorsOfResults(t *testing.T) {
	var all strings.Builder
	for _, r := range results[1:] {
		t.Run(r.name, func(t *testing.T) { all.WriteString(r.run(t).Err().Error() + "\n\n") })
	}
	golden(t, "errors", all.String())
}

func TestResultsSurviveJSON(t *testing.T) {
	for _, r := range results {
		t.Run(r.name, func(t *testing.T) {
			result := r.run(t)
			text, err := result.JSON()
			if err != nil {
				t.Fatal(err)
			}
			read := &harness.Result{}
			if err := json.Unmarshal(text, read); err != nil {
				t.Fatal(err)
			}
			again, err := read.JSON()
			if err != nil || string(again) != string(text) {
				t.Errorf("changed on the way: %v\n%s\n%s", err, text, again)
			}
			if read.String() != result.String() {
				t.Errorf("reads differently:\n%s\n%s", read, result)
			}
			if (read.Err() == nil) != (result.Err() == nil) || read.Schema != "lockstep/result/1" {
				t.Errorf("error %v, schema %q", read.Err(), read.Schema)
			}
		})
	}
}

// The members that readers rely on; the golden file is the documentation of the schema by example.
func TestTheJSONOfAResult(t *testing.T) {
	result := row{prepare: fails}.run(t.Context(), t, newUsers(t))
	result.Evidence, result.Files = nil, nil
	text, err := result.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	members["started"], members["took_ns"] = "2026-01-02T03:04:05Z", 1
	for _, record := range members["records"].([]any) {
		for _, stamp := range []string{"started", "ended"} {
			record.(map[string]any)[stamp].(map[string]any)["at_ns"] = 1
		}
	}
	text, err = json.MarshalIndent(members, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "result.json", string(text)+"\n")
}

func TestStampsAreInOrder(t *testing.T) {
	result := row{}.run(t.Context(), t, newUsers(t))
	seen := map[int]bool{}
	for _, r := range result.Records {
		if r.Started.Seq >= r.Ended.Seq || r.Started.At > r.Ended.At || seen[r.Started.Seq] || seen[r.Ended.Seq] {
			t.Errorf("%s: from %v to %v", r.Name, r.Started, r.Ended)
		}
		seen[r.Started.Seq], seen[r.Ended.Seq] = true, true
	}
}

func TestRecordFindsItsStepOnly(t *testing.T) {
	u := newUsers(t)
	sc, other := u.Scenario("one"), u.Scenario("other")
	mine := sc.Step(u.owner, "save", passes)
	theirs := other.Step(u.owner, "delete", passes)
	result := sc.Run(t.Context())
	if r := result.Record(mine); r == nil || r.Name != "save" {
		t.Errorf("%+v", r)
	}
	if r := result.Record(theirs); r != nil {
		t.Errorf("%+v", r)
	}
	if r := result.Record(nil); r != nil {
		t.Errorf("%+v", r)
	}
}

func TestMatchers(t *testing.T) {
	g := NewWithT(t)
	u := newUsers(t)
	good, bad := one(t, u, passes), one(t, newUsers(t), fails)
	g.Expect(good).To(harness.Pass())
	g.Expect(bad).NotTo(harness.Pass())
	g.Expect(bad).To(harness.HaveOutcome(harness.Failed))
	_, err := harness.HaveOutcome("pased").Match(bad)
	g.Expect(err).To(MatchError(ContainSubstring(`did you mean "passed"?`)))
	_, err = harness.Pass().Match("text")
	g.Expect(err).To(MatchError(ContainSubstring("want the *harness.Result of a run, got string")))
	_, err = harness.Pass().Match(u.Scenario("empty").Run(t.Context()))
	g.Expect(err).To(MatchError(harness.ErrInvalidScenario))
	wantText(t, harness.Pass().FailureMessage(bad), "expected the scenario to have passed", "✗ owner")
}

func files(t *testing.T, folder string) string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, _ = filepath.Rel(folder, path)
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, "\n")
}

func TestAFailedRunHasEvidenceOfAllSessions(t *testing.T) {
	artifacts := t.TempDir()
	w := newWindows(t, &browsertest.Driver{}, harness.Artifacts(artifacts))
	w.t.name = "a spec/with: odd\nname"
	sc := w.Scenario("it fails")
	sc.Step(w.owner, "save", fails)
	sc.Step(w.colleague, "look", passes)
	sc.Step(w.HTTP("a/clerk"), "one", passes)
	sc.Step(w.HTTP("a:clerk"), "two", passes)
	result := sc.Run(t.Context())
	sc.Run(t.Context()) // its evidence does not replace that of the first
	folder := "a-spec-with--odd-name/it-fails"
	var want []string
	for _, folder := range []string{folder, folder + "-2"} {
		for _, file := range []string{"a-clerk-2.json", "a-clerk.json", "colleague.html", "colleague.json", "colleague.png", "owner.html", "owner.json", "owner.png"} {
			want = append(want, folder+"/"+file)
		}
	}
	if got := files(t, artifacts); got != strings.Join(want, "\n") {
		t.Errorf("files:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	if len(result.Files) != 8 || len(result.Evidence) != 4 {
		t.Errorf("%d files, evidence of %d sessions", len(result.Files), len(result.Evidence))
	}
}

func TestEvidenceOfARunThatPassed(t *testing.T) {
	for _, mode := range []string{"", "failure", "always"} {
		t.Run("mode "+mode, func(t *testing.T) {
			t.Setenv(harness.EnvEvidence, mode)
			result := row{}.run(t.Context(), t, newUsers(t))
			if kept := len(result.Files) > 0; kept != (mode == "always") {
				t.Errorf("files: %v", result.Files)
			}
		})
	}
}

func TestATestThatFailsAfterARunThatPassedHasEvidence(t *testing.T) {
	u := newUsers(t)
	one(t, u, passes)
	u.t.failed = true
	u.t.end()
	wantText(t, files(t, u.artifacts), "after-the-runs/owner.json")
	wantText(t, strings.Join(u.t.logs, "\n"), "evidence: ")
}

func TestATestThatFailsBecauseOfItsRunHasEvidenceOnce(t *testing.T) {
	u := newUsers(t)
	one(t, u, fails)
	u.t.failed = true
	u.t.end()
	if got := files(t, u.artifacts); strings.Contains(got, "after") {
		t.Error(got)
	}
}

func TestEvidenceThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	result := row{save: fails, want: []string{"failed", "passed", "passed", "skipped", "passed"}}.
		run(t.Context(), t, newUsers(t, harness.Artifacts(file)))
	if len(result.Problems) != 1 {
		t.Fatalf("%d problems: %q", len(result.Problems), result.Problems)
	}
	wantText(t, result.Problems[0], "evidence of 3 of 3 sessions could not be written", "not a directory", harness.EnvArtifacts)
	wantText(t, result.Err().Error(), errBroken.Error())
	if len(result.Evidence) != 3 {
		t.Error("the evidence is lost")
	}
}

// Harnesses of one test, and a test that runs again, must not overwrite each other's evidence.
func TestHarnessesOfOneTestHaveFoldersOfTheirOwn(t *testing.T) {
	artifacts, once := t.TempDir(), newT(t)
	seen := map[string]bool{}
	for range 3 {
		h := harness.New(once, harness.Artifacts(artifacts), harness.Progress(nil))
		sc := h.Scenario("same")
		sc.Step(h.HTTP("owner"), "one", fails)
		for _, file := range sc.Run(t.Context()).Files {
			if seen[file] {
				t.Errorf("%s was written twice", file)
			}
			seen[file] = true
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d files: %v", len(seen), seen)
	}
}
