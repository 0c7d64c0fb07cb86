package harness_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// suite runs a suite of testdata as its user would, and returns what the user sees and the evidence's folder.
func suite(t *testing.T, name string, wantFailure bool, command []string, flags ...string) (output, artifacts string) {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles a suite")
	}
	artifacts = filepath.Join(t.TempDir(), "artifacts")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", slices.Concat(command, flags)...)
	cmd.Dir = filepath.Join("testdata", "suites", name)
	cmd.Env = append(os.Environ(), harness.EnvArtifacts+"="+artifacts, "NO_COLOR=1", "GINKGO_NO_COLOR=true")
	out, err := cmd.CombinedOutput()
	if failed := err != nil; failed != wantFailure {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out), artifacts
}

func TestASuiteThatFails(t *testing.T) {
	output, artifacts := suite(t, "fails", true, []string{"test", "-count=1", ".", "-args", "-ginkgo.seed=7"})
	// One failure for each spec, however many sessions fail.
	for _, spec := range []string{
		"[FAIL] a harness in Ginkgo [It] fails once, with the errors of all sessions",
		"[FAIL] a harness in Ginkgo [It] fails after a run that passed",
		"[FAIL] a harness in Ginkgo [It] is not valid",
		"[TIMEDOUT] a harness in Ginkgo [It] hangs",
	} {
		if n := strings.Count(output, spec); n != 1 {
			t.Errorf("%q is in the summary %d times", spec, n)
		}
	}
	golden(t, "suite", failures(output))
	wantText(t, output, "RESULTS 4, error <nil>", "RESULT both fail failed map[failed:2], seed of the suite: true",
		"RESULT all is well passed map[passed:1]", "RESULT empty errored", "RESULT hangs aborted map[aborted:1]",
		`lockstep: hangs: 0 of 1 done · owner in "waits"`)
	evidence := files(t, artifacts)
	for _, file := range []string{"a-harness-in-Ginkgo-fails-after-a-run-that-passed/after-the-runs/owner.json", "both-fail/owner.json", "both-fail/colleague.json", "hangs/owner.json"} {
		wantText(t, evidence, file)
	}
	if n := strings.Count(evidence, "after-the-runs"); n != 1 {
		t.Errorf("evidence is taken twice:\n%s", evidence)
	}
}

var ginkgoCommand = []string{"run", "github.com/onsi/ginkgo/v2/ginkgo", "--procs=2", "--no-color"}

// failures are the parts of the output that the harness words.
func failures(output string) string {
	blocks := regexp.MustCompile(`(?s)  \[FAILED\] .*?  In \[It\]`).FindAllString(output, -1)
	var own []string
	for _, block := range blocks {
		if strings.Contains(block, "scenario") {
			own = append(own, durations.ReplaceAllString(block, "<time>"))
		}
	}
	slices.Sort(own)
	return strings.Join(own, "\n\n") + "\n"
}

var durations = regexp.MustCompile(`\d+(\.\d+)?(µs|ms|s)`)

func TestASuiteInParallelProcesses(t *testing.T) {
	output, _ := suite(t, "fails", true, ginkgoCommand, "--seed=7")
	wantText(t, output, "RESULTS 4, error <nil>", "RESULT both fail failed map[failed:2], seed of the suite: true",
		"RESULT all is well passed", "RESULT empty errored", "RESULT hangs aborted")
}

func TestOneBrowserForAllProcesses(t *testing.T) {
	browsertest.NeedBrowser(t)
	output, _ := suite(t, "shared", false, ginkgoCommand)
	wantText(t, output, "RESULTS 4, error <nil>", "Ran 4 of 4 Specs")
}
