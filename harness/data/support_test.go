package data_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness/data"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files")

// golden compares a text with testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got+"\n" != string(want) {
		t.Errorf("%s: %v\ngot\n%s\nwant\n%s", file, err, got, want)
	}
}

// rows is a source of as many rows, with the one column "value": v1, v2 and so on.
func rows(n int) data.Source {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprint("v", i+1)
	}
	return data.Slice(items)
}

// file is a file with that content.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func feeder(t testing.TB, source data.Source, o data.Options) *data.Feeder {
	t.Helper()
	f, err := data.New("users", source, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func user(t testing.TB, name string) *data.User {
	u := data.NewUser(t.Context(), name)
	t.Cleanup(u.End)
	return u
}

// draw fails the test unless the user gets a value, and returns its number.
func draw(t testing.TB, f *data.Feeder, u *data.User) int {
	t.Helper()
	row, err := f.Draw(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return row.Number
}
