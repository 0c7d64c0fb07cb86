package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

const (
	// DefaultLaunchTimeout is how long a browser may take until its DevTools port listens.
	DefaultLaunchTimeout = 20 * time.Second

	devToolsBanner = "DevTools listening on "
)

// LaunchOptions say how a browser is started.
type LaunchOptions struct {
	// Executable is what to start; its zero value means: what Find finds.
	Executable Executable
	// Flags are added to ours, as in "--lang=de".
	Flags []string
	// Timeout until the DevTools port listens; zero means DefaultLaunchTimeout.
	Timeout time.Duration
}

// Process is a running browser that we started. Its owner calls Close.
type Process struct {
	address string
	dir     string
	pid     int

	authority string // of the gateways' certificates, as its arguments name it

	output *tail

	ended     chan struct{} // closed when the process has ended
	err       error         // why it ended; read it after ended
	clean     chan struct{} // closed when its folder is gone too
	cleanErr  error         // what was left behind; read it after clean
	closing   chan struct{} // closed by Close, so that the end is no death
	closeOnce sync.Once
}

// Launch starts a browser with an empty profile in a temporary folder and returns when it answers.
// The context limits the start alone: the browser lives until Close, or until this process ends, however
// it ends.
func Launch(ctx context.Context, o LaunchOptions) (*Process, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	authority, err := gateway.RunAuthority()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLaunch, err)
	}
	sweepOnce()
	dir, err := newProfile()
	if err != nil {
		return nil, fmt.Errorf("%w: no folder for its profile: %w; TMPDIR chooses another place", ErrLaunch, err)
	}
	p := &Process{dir: dir, authority: authority.Hash(), output: newTail(20), ended: make(chan struct{}), clean: make(chan struct{}), closing: make(chan struct{})}
	started := make(chan launched, 1)
	go p.run(o, started)

	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout,
		fmt.Errorf("its DevTools port was not open within %v: %w", o.Timeout, context.DeadlineExceeded))
	defer cancel()
	select {
	case l := <-started:
		if l.err != nil {
			_ = p.Close()
			return nil, fmt.Errorf("%w: %s: %w", ErrLaunch, o.Executable.Path, l.err)
		}
		p.address = l.address
		return p, nil
	case <-ctx.Done():
		_ = p.Close()
		return nil, fmt.Errorf("%w: %s: %w%s", ErrLaunch, o.Executable.Path, context.Cause(ctx), p.output)
	}
}

func (o LaunchOptions) withDefaults() (LaunchOptions, error) {
	if o.Timeout < 0 {
		return o, fmt.Errorf("%w: launch timeout %v is negative", ErrInvalidOption, o.Timeout)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultLaunchTimeout
	}
	if o.Executable.Path == "" {
		found, err := Find()
		if err != nil {
			return o, err
		}
		o.Executable = found
	}
	return o, nil
}

// Address is the WebSocket address of the browser's DevTools.
func (p *Process) Address() string { return p.address }

// PID is the process id of the browser.
func (p *Process) PID() int { return p.pid }

// Done is closed when the browser has ended.
func (p *Process) Done() <-chan struct{} { return p.ended }

// Err tells why the browser ended: ErrClosed after Close, else an error that wraps ErrDied. It is nil
// while the browser runs.
func (p *Process) Err() error {
	select {
	case <-p.ended:
		return p.err
	default:
		return nil
	}
}

// Close ends the browser with all its helper processes, removes its folder and waits for both. It may be
// called more than once.
func (p *Process) Close() error {
	p.closeOnce.Do(func() { close(p.closing) })
	<-p.clean
	return p.cleanErr
}

type launched struct {
	address string
	err     error
}

// run owns the operating system's process from start to end. It keeps its thread, because Linux ends a
// child with a parent-death signal when the thread that started it ends.
func (p *Process) run(o LaunchOptions, started chan<- launched) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.clean)
	defer func() { p.cleanErr = removeProfile(p.dir) }()
	defer close(p.ended)

	//nolint:noctx // the browser outlives the context of its start, and ends with Close
	cmd := exec.Command(o.Executable.Path, o.arguments(p.dir, p.authority)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+p.dir)
	isolate(cmd)
	output, err := startWithOutput(cmd)
	if err != nil {
		p.err = err
		started <- launched{err: err}
		return
	}
	defer output.Close()
	p.pid = cmd.Process.Pid
	guard, err := startGuard(p.pid, p.dir)
	if err != nil {
		p.closeOnce.Do(func() { close(p.closing) })
		started <- launched{err: err}
	}
	defer guard.dismiss()

	scanned := make(chan struct{})
	go func() {
		defer close(scanned)
		watchOutput(output, p.output, started)
	}()
	exited, killed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(killed)
		p.killWhenClosed(cmd, exited)
	}()

	waitErr := cmd.Wait()
	close(exited)
	<-killed
	killGroup(cmd) // helpers that outlived the main process
	// The output ends with the last process that has it; one that left the group must not hold us up.
	_ = output.SetReadDeadline(time.Now().Add(outputGrace))
	<-scanned
	p.err = p.reason(waitErr)
	select {
	case started <- launched{err: p.err}:
	default: // it had started
	}
}

// outputGrace is how long the last words of a browser are waited for.
const outputGrace = 200 * time.Millisecond

// startWithOutput starts the command and returns what it prints on its standard error. Other than with
// StderrPipe, Wait returns when the process ends, whoever else still holds the pipe.
func startWithOutput(cmd *exec.Cmd) (*os.File, error) {
	output, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer input.Close()
	cmd.Stderr = input
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, output.Close())
	}
	return output, nil
}

// killWhenClosed kills the browser when Close is called. Asking it first would take seconds, and its
// profile, all that it could save, goes with it.
func (p *Process) killWhenClosed(cmd *exec.Cmd, exited <-chan struct{}) {
	select {
	case <-exited:
	case <-p.closing:
		killGroup(cmd)
	}
}

func (p *Process) reason(waitErr error) error {
	select {
	case <-p.closing:
		return fmt.Errorf("browser %d: %w", p.pid, ErrClosed)
	default:
	}
	how := "exit status 0"
	if waitErr != nil {
		how = waitErr.Error()
	}
	return fmt.Errorf("%w: process %d: %s%s", ErrDied, p.pid, how, p.output)
}
