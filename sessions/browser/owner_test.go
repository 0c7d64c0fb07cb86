package browser_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// envOwner turns the test binary into a process that starts a browser, prints its id and waits to be killed.
const envOwner = "LOCKSTEP_TEST_OWNER"

func TestMain(m *testing.M) {
	if os.Getenv(envOwner) != "" {
		own()
	}
	goleak.VerifyTestMain(m)
}

func own() {
	p, err := browser.Launch(context.Background(), browser.LaunchOptions{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.PID())
	select {}
}

// Nothing is left of the browser of a process that had no chance to clean up.
func TestOwnerIsKilled(t *testing.T) {
	executable := browsertest.NeedBrowser(t)
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			dir := t.TempDir()
			expectGroupGone(t, killOwner(t, dir, executable, signal))
			waitUntil(t, "the folder is gone", func() bool {
				left, err := os.ReadDir(dir)
				return err == nil && len(left) == 0
			})
		})
	}
}

// killOwner starts an owner, kills it when its browser runs, and returns the browser's process id.
func killOwner(t *testing.T, dir string, executable browser.Executable, signal syscall.Signal) (pid int) {
	t.Helper()
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), envOwner+"=1", "TMPDIR="+dir, browser.EnvBrowser+"="+executable.Path)
	owner.Stderr = os.Stderr
	output, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Wait() }()
	defer func() { _ = owner.Process.Kill() }()
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(line, &pid); err != nil {
		t.Fatalf("the owner said %q", line)
	}
	if err := owner.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return pid
}
