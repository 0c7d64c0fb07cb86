package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits runs lockstep and checks its exit code: "exits 2 doctor".
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARGUMENTS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("lockstep", args[1:]...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("lockstep %v: %v", args[1:], err)
	}
	if code != want {
		ts.Fatalf("lockstep %v: exit code %d, want %d", args[1:], code, want)
	}
}

type runningPhonebook struct {
	cmd    *exec.Cmd
	output *bufio.Reader
	url    string
}

var running = map[*testscript.TestScript]*runningPhonebook{}

// startPhonebook starts "lockstep phonebook", asks it for its login page, and sets PHONEBOOK to its address: "phonebook --defects a,b".
func startPhonebook(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("phonebook cannot be negated")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	ts.Defer(cancel)
	cmd := exec.CommandContext(ctx, "lockstep", append([]string{"phonebook", "--listen", "127.0.0.1:0"}, args...)...)
	output, err := cmd.StdoutPipe()
	ts.Check(err)
	cmd.Stderr = os.Stderr
	ts.Check(cmd.Start())
	p := &runningPhonebook{cmd: cmd, output: bufio.NewReader(output)}
	running[ts] = p
	first, err := p.output.ReadString('\n')
	ts.Check(err)
	p.url = regexp.MustCompile(`http://[\d.:]+`).FindString(first)
	ts.Setenv("PHONEBOOK", p.url)
	response, err := http.Get(p.url + "/login")
	ts.Check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		ts.Fatalf("%s/login: status %d", p.url, response.StatusCode)
	}
}

// interruptPhonebook sends an interrupt and expects the phonebook to end well.
func interruptPhonebook(ts *testscript.TestScript, _ bool, args []string) {
	p := running[ts]
	ts.Check(p.cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(p.output)
	ts.Check(err)
	if err := p.cmd.Wait(); err != nil {
		ts.Fatalf("after an interrupt: %v", err)
	}
	for _, want := range args {
		if !regexp.MustCompile(want).Match(rest) {
			ts.Fatalf("its output has no %q:\n%s", want, rest)
		}
	}
	if _, err := http.Get(p.url); err == nil {
		ts.Fatalf("%s still answers", p.url)
	}
}
