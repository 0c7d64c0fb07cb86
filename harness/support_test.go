package harness_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	for _, name := range []string{harness.EnvAttach, harness.EnvArtifacts, harness.EnvEvidence} {
		_ = os.Unsetenv(name) // what the caller's environment says is not under test
	}
	goleak.VerifyTestMain(m)
}

// fakeT is a test that fails only when it is told to.
type fakeT struct {
	name     string
	mu       sync.Mutex
	logs     []string
	failed   bool
	cleanups []func()
}

func newT(t *testing.T) *fakeT {
	f := &fakeT{name: t.Name()}
	t.Cleanup(f.end)
	return f
}

func (f *fakeT) Helper()           {}
func (f *fakeT) Name() string      { return f.name }
func (f *fakeT) Failed() bool      { return f.failed }
func (f *fakeT) Cleanup(do func()) { f.cleanups = append(f.cleanups, do) }

func (f *fakeT) Logf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logs = append(f.logs, fmt.Sprintf(format, args...))
}

// end ends the test; once.
func (f *fakeT) end() {
	for len(f.cleanups) > 0 {
		last := f.cleanups[len(f.cleanups)-1]
		f.cleanups = f.cleanups[:len(f.cleanups)-1]
		last()
	}
}

// users are a harness with three sessions that need no browser.
type users struct {
	*harness.Harness
	t                       *fakeT
	artifacts               string
	owner, colleague, clerk *harness.Session
}

func newUsers(t *testing.T, options ...harness.Option) *users {
	u := &users{t: newT(t), artifacts: t.TempDir()}
	defaults := []harness.Option{harness.Artifacts(u.artifacts), harness.Progress(nil), harness.Seed(42)}
	u.Harness = harness.New(u.t, append(defaults, options...)...)
	u.owner, u.colleague, u.clerk = u.HTTP("owner"), u.HTTP("colleague"), u.HTTP("clerk")
	return u
}

// windows are the same with two sessions in browsers that exist in memory.
type windows struct {
	*harness.Harness
	t                *fakeT
	driver           *browsertest.Driver
	owner, colleague *harness.Session
}

func newWindows(t *testing.T, driver *browsertest.Driver, options ...harness.Option) *windows {
	w := &windows{t: newT(t), driver: driver}
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Browsers: 2})
	defaults := []harness.Option{harness.Artifacts(t.TempDir()), harness.Progress(nil), harness.Seed(42), harness.Pool(pool), harness.BaseURL("http://app.test")}
	w.Harness = harness.New(w.t, append(defaults, options...)...)
	w.owner, w.colleague = w.Browser("owner"), w.Browser("colleague")
	return w
}

type body = func(ctx context.Context, g Gomega, s sessions.Session) error

var errBroken = errors.New("the list is empty")

func passes(context.Context, Gomega, sessions.Session) error { return nil }
func fails(context.Context, Gomega, sessions.Session) error  { return errBroken }

// hangs waits for the end of its context.
func hangs(ctx context.Context, _ Gomega, _ sessions.Session) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// outcomes lists name: outcome of all records, in the order of declaration.
func outcomes(result *harness.Result) string {
	var lines []string
	for _, r := range result.Records {
		lines = append(lines, r.Name+": "+string(r.Outcome))
	}
	return strings.Join(lines, "\n")
}

func wantOutcomes(t *testing.T, result *harness.Result, want ...string) {
	t.Helper()
	if got := outcomes(result); got != strings.Join(want, "\n") {
		t.Errorf("outcomes:\n%s\nwant:\n%s\n\n%s", got, strings.Join(want, "\n"), result)
	}
}

func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// golden compares with a file of testdata, without what changes from run to run.
func golden(t *testing.T, name, text string) {
	t.Helper()
	text = stable(text)
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if text != string(want) {
		t.Errorf("%s differs; go test -update writes it anew\n--- got\n%s\n--- want\n%s", path, text, want)
	}
}

var unstable = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\b\d+(\.\d+)?(ns|µs|ms|s)\b`), "<time>"},
	{regexp.MustCompile(`(_test\.go):\d+`), "$1:<line>"},
	{regexp.MustCompile(`/\S*/harness/`), "harness/"},
	{regexp.MustCompile(regexp.QuoteMeta(filepath.Clean(os.TempDir())) + `(/[^\s:]*?)?(/artifacts|/00\d)`), "<tmp>"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:<port>"},
	{regexp.MustCompile(`process \d+: signal: killed|its DevTools connection was lost`), "<how it died>"},
	{regexp.MustCompile(`0x[0-9a-f]+`), "<address>"},
}

func stable(text string) string {
	for _, u := range unstable {
		text = u.pattern.ReplaceAllString(text, u.instead)
	}
	return text
}
