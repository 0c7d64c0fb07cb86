package sessions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

var longVerbs = map[string]func(context.Context, *sessions.Browser) error{
	"script": func(ctx context.Context, b *sessions.Browser) error {
		return b.Evaluate(ctx, "new Promise(() => {})", nil)
	},
	"click": func(ctx context.Context, b *sessions.Browser) error { return b.Click(ctx, "#never") },
	"load": func(ctx context.Context, b *sessions.Browser) error {
		return b.Navigate(ctx, "data:text/html,<script>for(;;);</script>")
	},
}

// A browser that is killed ends the verbs of its own sessions within a second, and of nobody else's.
func TestBrowserIsKilledDuringAVerb(t *testing.T) {
	for _, driver := range sessions.Drivers() {
		for name, verb := range longVerbs {
			t.Run(driver.Name()+" "+name, func(t *testing.T) { killDuring(t, driver, verb) })
		}
	}
}

func killDuring(t *testing.T, driver browser.Driver, verb func(context.Context, *sessions.Browser) error) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	pool := browsertest.NeedPool(t, driver, browser.PoolOptions{Browsers: 2})
	victim := openIn(t, pool, "victim", sessions.BrowserOptions{})
	pid := browserIn(t, temp)
	survivor := openIn(t, pool, "survivor", sessions.BrowserOptions{}) // in the second browser

	ended := make(chan error, 1)
	go func() { ended <- verb(t.Context(), victim) }()
	until(t, "it is busy", func() bool { return victim.Doing().What != "" })

	killed := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	err := <-ended
	<-victim.Done()
	if took := time.Since(killed); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if !errors.Is(err, browser.ErrDied) || !errors.Is(victim.Err(), browser.ErrDied) {
		t.Errorf("the verb: %v; Err: %v", err, victim.Err())
	}
	if e := victim.Evidence(t.Context()); len(e.Problems) == 0 {
		t.Error("the evidence does not tell")
	}
	if err := survivor.Evaluate(t.Context(), "1", nil); err != nil || survivor.Err() != nil {
		t.Errorf("the other browser: %v, %v", err, survivor.Err())
	}
	if err := victim.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	again := openIn(t, pool, "victim again", sessions.BrowserOptions{})
	if err := again.Evaluate(t.Context(), "1", nil); err != nil {
		t.Errorf("the next session: %v", err)
	}
	if err := syscall.Kill(browserIn(t, temp), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-again.Done()
	if err := pool.Close(); err != nil {
		t.Errorf("closing the pool of a browser that died: %v", err)
	}
}

// browserIn is the process id of the browser itself whose profile is below a folder. What was started can be a
// shell script that waits for it, so it is the youngest that is no helper.
func browserIn(t *testing.T, folder string) (pid int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(all) == 0 {
		t.Skip("there is no /proc")
	}
	youngest := -1
	for _, path := range all {
		content, _ := os.ReadFile(path) // it may just have ended
		if command := string(content); strings.Contains(command, "--user-data-dir="+folder) && !strings.Contains(command, "--type=") {
			id, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			// A shell and the browser that it starts can begin in one tick of the clock; process ids begin again at the end.
			if began := startOf(id); began > youngest || began == youngest && id > pid {
				pid, youngest = id, began
			}
		}
	}
	if pid == 0 {
		t.Fatal("no browser runs")
	}
	return pid
}

// startOf is when a process was started, in ticks of the kernel's clock; zero if it has ended.
func startOf(pid int) (ticks int) {
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(content), ") ") // the name before can have blanks
	if fields := strings.Fields(rest); len(fields) > 19 {
		ticks, _ = strconv.Atoi(fields[19]) // field 22 of the whole line: proc_pid_stat(5)
	}
	return ticks
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
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

// A browser that does not answer costs no more than the limits.
func TestBrowserIsStopped(t *testing.T) {
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			pool := browsertest.NeedPool(t, driver, browser.PoolOptions{})
			s := openIn(t, pool, "owner", sessions.BrowserOptions{ActionTimeout: 200 * time.Millisecond})
			if err := syscall.Kill(browserIn(t, temp), syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := s.Evaluate(t.Context(), "1", nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a verb: %v", err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := pool.Acquire(ctx, "clerk", browser.PageOptions{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a new page: %v", err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("both took %v", took)
			}
			if err := pool.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("until the pool was closed it took %v", took)
			}
		})
	}
}

// A browser that reads nothing costs no more than the limits either, however much it is sent.
func TestBrowserThatIsStoppedIsSentMuch(t *testing.T) {
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			pool := browsertest.NeedPool(t, driver, browser.PoolOptions{})
			s := openIn(t, pool, "owner", sessions.BrowserOptions{})
			if err := syscall.Kill(browserIn(t, temp), syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := s.Page().Evaluate(ctx, "1 /*"+strings.Repeat("x", 10<<20)+"*/"); err == nil {
				t.Error("it answered")
			}
			_ = s.Close(t.Context())
			if took := time.Since(start); took > 13*time.Second {
				t.Errorf("the verb and Close took %v", took)
			}
		})
	}
}

// Pages whose opening is given up do not stay in a browser that others use.
func TestPagesThatAreGivenUpLeaveNothing(t *testing.T) {
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			process, err := browser.Launch(t.Context(), browser.LaunchOptions{Executable: browsertest.NeedBrowser(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer process.Close()
			pool := browsertest.NewPool(t, driver, browser.PoolOptions{Attach: process.Address()})
			openIn(t, pool, "owner", sessions.BrowserOptions{}) // the connection is there
			before := windowsOf(t, process)
			for limit := range 30 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(limit)*time.Millisecond)
				if page, err := pool.Acquire(ctx, "clerk", browser.PageOptions{}); err == nil {
					_ = page.Close(t.Context())
				}
				cancel()
			}
			until(t, "the windows are closed", func() bool { return windowsOf(t, process) == before })
		})
	}
}

// windowsOf counts the windows of a browser, whoever made them.
func windowsOf(t *testing.T, process *browser.Process) (n int) {
	t.Helper()
	address, err := url.Parse(process.Address())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address.Host+"/json/list", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true // no connection stays behind
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var targets []struct{ Type string }
	if err := json.NewDecoder(answer.Body).Decode(&targets); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		if target.Type == "page" {
			n++
		}
	}
	return n
}

// A browser that is asked to end closes its windows first. Its sessions say that it died all the same.
func TestBrowserIsToldToEnd(t *testing.T) {
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			pool := browsertest.NeedPool(t, driver, browser.PoolOptions{})
			victim := openIn(t, pool, "victim", sessions.BrowserOptions{})
			if err := syscall.Kill(browserIn(t, temp), syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			<-victim.Done()
			if err := victim.Err(); !errors.Is(err, browser.ErrDied) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
