package browser_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// program writes a shell script that is started in the place of a browser.
func program(t *testing.T, script string) browser.LaunchOptions {
	t.Helper()
	e := browsertest.Executable(t)
	syscall.ForkLock.RLock() // see browsertest.Executable
	err := os.WriteFile(e.Path, []byte("#!/bin/sh\n"+script), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	return browser.LaunchOptions{Executable: e}
}

// emptyTemp lets profiles be made in a folder of their own, which must be empty in the end.
func emptyTemp(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

func TestLaunchOfWhatIsNoBrowser(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		want   []string
	}{
		"exits":                 {"echo cannot open display >&2; exit 3", []string{"exit status 3", "cannot open display"}},
		"exits at once, well":   {"exit 0", []string{"exit status 0"}},
		"silent":                {"exec sleep 1000", []string{"DevTools port was not open within 200ms"}},
		"says other things":     {"echo hello >&2; exec sleep 1000", []string{"not open within 200ms", "hello"}},
		"leaves a child behind": {"sleep 1000 & echo gone >&2; exit 4", []string{"exit status 4", "gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			emptyTemp(t)
			o := program(t, c.script)
			o.Timeout = 200 * time.Millisecond
			start := time.Now()
			_, err := browser.Launch(t.Context(), o)
			if !errors.Is(err, browser.ErrLaunch) {
				t.Fatalf("error = %v", err)
			}
			for _, part := range append(c.want, o.Executable.Path) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error lacks %q: %v", part, err)
				}
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestLaunchRefuses(t *testing.T) {
	if _, err := browser.Launch(t.Context(), browser.LaunchOptions{Timeout: -1}); !errors.Is(err, browser.ErrInvalidOption) {
		t.Errorf("negative timeout: %v", err)
	}
	missing := browser.LaunchOptions{Executable: browser.Executable{Path: filepath.Join(t.TempDir(), "none")}}
	if _, err := browser.Launch(t.Context(), missing); !errors.Is(err, browser.ErrLaunch) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
}

func TestLaunchWithoutAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", file)
	_, err := browser.Launch(t.Context(), browser.LaunchOptions{Executable: browser.Executable{Path: "/bin/sh"}})
	if !errors.Is(err, browser.ErrLaunch) || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("error = %v", err)
	}
}

func TestLaunchEndsWithItsContext(t *testing.T) {
	emptyTemp(t)
	whistle := errors.New("whistle")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := time.AfterFunc(20*time.Millisecond, func() { cancel(whistle) })
	defer stop.Stop()
	if _, err := browser.Launch(ctx, program(t, "exec sleep 1000")); !errors.Is(err, browser.ErrLaunch) || !errors.Is(err, whistle) {
		t.Errorf("error = %v", err)
	}
}

func TestProcessFromStartToEnd(t *testing.T) {
	emptyTemp(t)
	p, err := browser.Launch(t.Context(), browser.LaunchOptions{Executable: browsertest.NeedBrowser(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.Address(), "ws://127.0.0.1:") || p.Err() != nil {
		t.Errorf("address %s, Err %v", p.Address(), p.Err())
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	<-p.Done()
	if !errors.Is(p.Err(), browser.ErrClosed) {
		t.Errorf("Err = %v", p.Err())
	}
	expectGroupGone(t, p.PID())
}

func TestProcessNoticesItsDeath(t *testing.T) {
	emptyTemp(t)
	p, err := browser.Launch(t.Context(), browser.LaunchOptions{Executable: browsertest.NeedBrowser(t)})
	if err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if took := time.Since(killed); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if err := p.Err(); !errors.Is(err, browser.ErrDied) || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Err = %v", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	expectGroupGone(t, p.PID())
}

// expectGroupGone waits until no process of the browser's group is left. The kernel takes a moment to end
// what was killed.
func expectGroupGone(t *testing.T, group int) {
	t.Helper()
	waitUntil(t, "the browser's processes are gone", func() bool { return len(running(group)) == 0 })
}

// running lists the processes of a group but for those that have ended and wait to be noticed.
func running(group int) (pids []string) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		content, _ := os.ReadFile(stat) // it may just have ended
		_, rest, _ := strings.Cut(string(content), ") ")
		fields := strings.Fields(rest) // state, parent, group, …
		if len(fields) > 2 && fields[0] != "Z" && fields[0] != "X" && fields[2] == strconv.Itoa(group) {
			pids = append(pids, filepath.Base(filepath.Dir(stat)))
		}
	}
	return pids
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatalf("not in time: %s", what)
		}
	}
}
