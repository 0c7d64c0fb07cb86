package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// served are the services of scripts, each of which has one at a time.
var served = map[*testscript.TestScript]*runningService{}

type runningService struct {
	cmd    *exec.Cmd
	output *bufio.Reader
}

// startService starts "lockstep serve" at a free port, and sets LOCKSTEP_SERVER: "service --database runs.db".
func startService(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("lockstep", append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Dir, cmd.Stderr = ts.Getenv("WORK"), os.Stderr
	cmd.Env = append(os.Environ(), "LOCKSTEP_TOKEN="+ts.Getenv("LOCKSTEP_TOKEN"))
	output, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	s := &runningService{cmd, bufio.NewReader(output)}
	served[ts] = s
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	first, err := s.output.ReadString('\n')
	ts.Check(err)
	address := regexp.MustCompile(`https?://[\d.:]+`).FindString(first)
	if address == "" {
		ts.Fatalf("no address in %q", first)
	}
	ts.Setenv("LOCKSTEP_SERVER", address)
}

// endService sends a signal and expects the service to end: "endservice TERM" well, "endservice KILL" at once.
func endService(ts *testscript.TestScript, _ bool, args []string) {
	s := served[ts]
	signals := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	ts.Check(s.cmd.Process.Signal(signals[args[0]]))
	timer := time.AfterFunc(time.Minute, func() { _ = s.cmd.Process.Kill() })
	_, _ = io.Copy(io.Discard, s.output)
	err := s.cmd.Wait()
	if !timer.Stop() {
		ts.Fatalf("it did not end within a minute of SIG%s", args[0])
	}
	if args[0] == "TERM" {
		ts.Check(err)
	}
}
