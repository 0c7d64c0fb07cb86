//go:build unix

package harness_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// TestAnInterruptedSuite presses Ctrl-C in a suite with two browsers: the run is reported as aborted, with
// evidence, postconditions run, and nothing is left behind.
func TestAnInterruptedSuite(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a suite")
	}
	browsertest.NeedBrowser(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	temp := t.TempDir()
	binary := filepath.Join(temp, "suite")
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./testdata/suites/interrupted").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(ctx, binary, "-ginkgo.no-color")
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, harness.EnvArtifacts+"="+filepath.Join(temp, "artifacts"))
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	ready := 0
	for lines := bufio.NewScanner(output); lines.Scan(); {
		seen.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "READY ") {
			if ready++; ready == 2 {
				if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("an interrupted suite ended well")
	}
	wantText(t, seen.String(), "TIDY", `■ owner: step "waits" aborted`, `■ colleague: step "waits" aborted`, "[INTERRUPTED]")
	wantText(t, files(t, filepath.Join(temp, "artifacts")), "owner.png", "colleague.png")
	if left, _ := filepath.Glob(filepath.Join(temp, "lockstep-browser-*")); len(left) > 0 {
		t.Errorf("folders are left: %v", left)
	}
	if left := processesOf(t, temp); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
}

// processesOf lists what runs with the folder on its command line.
func processesOf(t *testing.T, folder string) []string {
	t.Helper()
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range commands {
		if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), folder) {
			found = append(found, path+": "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
