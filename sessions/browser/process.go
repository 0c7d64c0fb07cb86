package browser

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
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

	done      chan struct{} // closed when the process has ended and its folder is gone
	err       error         // why it ended; read it after done
	cleanErr  error         // what was left behind; read it after done
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
	sweepOnce()
	dir, err := newProfile()
	if err != nil {
		return nil, fmt.Errorf("%w: no folder for its profile: %w; TMPDIR chooses another place", ErrLaunch, err)
	}
	p := &Process{dir: dir, done: make(chan struct{}), closing: make(chan struct{})}
	started := make(chan launched, 1)
	go p.run(o, started)

	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
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
		return nil, fmt.Errorf("%w: %s did not open its DevTools port within %v: %w", ErrLaunch, o.Executable.Path, o.Timeout, ctx.Err())
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
func (p *Process) Done() <-chan struct{} { return p.done }

// Err tells why the browser ended: ErrClosed after Close, else an error that wraps ErrDied. It is nil
// while the browser runs.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Close ends the browser with all its helper processes, removes its folder and waits for both. It may be
// called more than once.
func (p *Process) Close() error {
	p.closeOnce.Do(func() { close(p.closing) })
	<-p.done
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
	defer close(p.done)
	defer func() { p.cleanErr = removeProfile(p.dir) }()

	cmd := exec.Command(o.Executable.Path, o.arguments(p.dir)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+p.dir)
	isolate(cmd)
	output, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		p.err = err
		started <- launched{err: err}
		return
	}
	p.pid = cmd.Process.Pid

	tail := newTail(20)
	scanned := make(chan struct{})
	go func() {
		defer close(scanned)
		watchOutput(output, tail, started)
	}()
	stopKiller := make(chan struct{})
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		p.endWhenClosed(cmd, stopKiller)
	}()

	<-scanned
	waitErr := cmd.Wait()
	close(stopKiller)
	<-killed
	killGroup(cmd) // helpers that outlived the main process
	p.err = p.reason(waitErr, tail)
	select {
	case started <- launched{err: p.err}:
	default: // it had started
	}
}

// endWhenClosed kills the browser when Close is called. Asking it first would take seconds, and its
// profile, all that it could save, goes with it.
func (p *Process) endWhenClosed(cmd *exec.Cmd, stop <-chan struct{}) {
	select {
	case <-stop:
	case <-p.closing:
		killGroup(cmd)
	}
}

func (p *Process) reason(waitErr error, tail *tail) error {
	select {
	case <-p.closing:
		return fmt.Errorf("browser %d: %w", p.pid, ErrClosed)
	default:
	}
	how := "exit status 0"
	if waitErr != nil {
		how = waitErr.Error()
	}
	return fmt.Errorf("%w: process %d: %s%s", ErrDied, p.pid, how, tail)
}

// watchOutput reads what the browser prints until it ends; the banner with its address is sent once.
func watchOutput(output io.Reader, tail *tail, started chan<- launched) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if address, ok := strings.CutPrefix(line, devToolsBanner); ok {
			select {
			case started <- launched{address: strings.TrimSpace(address)}:
			default: // printed twice: the first holds
			}
			continue
		}
		tail.add(line)
	}
	_, _ = io.Copy(io.Discard, output) // a line beyond the buffer must not block the browser
}

// arguments are the flags of a browser that stays quiet, isolates its pages and never asks a person.
func (o LaunchOptions) arguments(dir string) []string {
	args := []string{
		"--remote-debugging-port=0",
		"--remote-debugging-address=127.0.0.1",
		"--user-data-dir=" + filepath.Join(dir, "profile"),
		"--no-first-run", "--no-default-browser-check", "--disable-default-apps",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-quic", "--disable-extensions", "--disable-breakpad", "--disable-crash-reporter",
		"--disable-client-side-phishing-detection", "--disable-popup-blocking", "--disable-prompt-on-repost",
		"--metrics-recording-only", "--mute-audio", "--password-store=basic", "--use-mock-keychain",
		"--disable-hang-monitor", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		// Hidden or covered windows must run like visible ones: a session is never in the background.
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
		"--disable-renderer-backgrounding", "--disable-ipc-flooding-protection",
		// Several --disable-features do not add up, so they are one flag. The service-worker preload lets
		// a navigation slip past whatever watches requests.
		"--disable-features=ServiceWorkerAutoPreload,Translate,BackForwardCache,AcceptCHFrame,MediaRouter,OptimizationHints",
	}
	if !o.Executable.HeadlessShell() {
		args = append(args, "--headless=new")
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses to run as root with its sandbox
	}
	args = append(args, o.Flags...)
	return append(args, "about:blank")
}

// tail keeps the last lines of the browser's output for an error message.
type tail struct {
	mu    sync.Mutex
	lines []string
	size  int
}

func newTail(size int) *tail { return &tail{size: size} }

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > t.size {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return ""
	}
	return "; it printed last:\n\t" + strings.Join(t.lines, "\n\t")
}
