package coexist_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files")

// golden compares a text with testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s: %v\ngot\n%s\nwant\n%s", file, err, got, want)
	}
}

// steady is the text without folders and lines of code, which change.
func steady(text string) string {
	text = regexp.MustCompile(`/\S*/(\w+\.csv)`).ReplaceAllString(text, "$1")
	return regexp.MustCompile(`(\.go):\d+`).ReplaceAllString(text, "$1:LINE")
}

// csv is a feeder of a file with the columns name and password.
func csv(t testing.TB, o data.Options, names ...string) *data.Feeder {
	t.Helper()
	content := "name,password\n"
	for _, name := range names {
		content += name + ",hidden-" + name + "\n"
	}
	path := filepath.Join(t.TempDir(), "books.csv")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return feeder(t, "books", data.CSV(path), o)
}

func feeder(t testing.TB, name string, source data.Source, o data.Options) *data.Feeder {
	t.Helper()
	f, err := data.New(name, source, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// names are as many texts.
func names(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint("name", i+1))
	}
	return list
}

// nowhere is a target for users who send nothing.
func nowhere(t testing.TB) *virtual.Target {
	t.Helper()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: "http://target.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// exclusive is a system in which a name has one user at a time; who takes one that is taken is refused.
type exclusive struct {
	mu    sync.Mutex
	taken map[string]bool
}

func (e *exclusive) take(name string) (release func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.taken[name] {
		return nil, fmt.Errorf("status 409 Conflict: the name %s is taken", name)
	}
	if e.taken == nil {
		e.taken = map[string]bool{}
	}
	e.taken[name] = true
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.taken, name)
	}, nil
}

// works draws a name and keeps it for a time. All times depend on the number of the user, so that no two things are done at the same
// moment and the order is certain in fake time.
func works(of *exclusive, names *data.Feeder) func(context.Context, *load.User) error {
	return func(ctx context.Context, u *load.User) error {
		number := time.Duration(u.Number())
		sleep(ctx, number*3137*time.Microsecond)
		row, err := u.Draw(ctx, names)
		if err != nil {
			return err
		}
		sleep(ctx, 2011*time.Microsecond+number*13*time.Microsecond)
		release, err := of.take(row.Value("name"))
		if err != nil {
			return err
		}
		defer release()
		sleep(ctx, 20517*time.Microsecond+number*171*time.Microsecond)
		return nil
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// quiet are options without progress, for one phase by iterations.
func quiet(o coexist.Options) coexist.Options {
	o.Progress, o.Seed = io.Discard, 7
	if o.Phases == nil {
		o.Phases = []coexist.Phase{coexist.ByIterations}
	}
	return o
}

// check runs a check that must be in order.
func check(t testing.TB, o coexist.Options, scenarios ...coexist.Scenario) *coexist.Result {
	t.Helper()
	result, err := coexist.Check(t.Context(), quiet(o), scenarios...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
