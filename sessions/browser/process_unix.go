//go:build unix && !linux

package browser

import (
	"os/exec"
	"syscall"
)

// isolate puts the browser into a process group of its own, so that Ctrl-C on the terminal reaches us
// alone and so that all its helpers can be ended together.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// alive tells whether a process with this id exists.
func alive(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
