//go:build unix

package browser

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// guardScript waits until its standard input ends, which is when we are gone, and then ends the browser's
// process group and removes its folder.
const guardScript = `trap '' HUP INT TERM; read -r _; kill -s KILL -- "-$1"; rm -rf -- "$2"`

// guard is a small process that cleans up where we have no chance to, as after SIGKILL. A parent-death
// signal is not enough: what distributions install is a shell script, which would get it alone, while the
// browser below it lives on.
type guard struct {
	cmd  *exec.Cmd
	line *os.File // the other end of its standard input; the kernel closes it when we die
}

func startGuard(group int, dir string) (*guard, error) {
	input, line, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	defer input.Close()
	//nolint:noctx // it must outlive every context: it ends when we do
	cmd := exec.Command("/bin/sh", "-c", guardScript, "lockstep-guard", strconv.Itoa(group), dir)
	cmd.Stdin = input
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C on the terminal is not for it
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("guard: %w", errors.Join(err, line.Close()))
	}
	return &guard{cmd, line}, nil
}

// dismiss ends the guard without any effect. A nil guard has nothing to end.
func (g *guard) dismiss() {
	if g == nil {
		return
	}
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait() // says that it was killed
	_ = g.line.Close()
}
