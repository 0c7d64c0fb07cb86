package vars_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/sync/vars"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares the text of an error with testdata.
func golden(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	file, got := filepath.Join("testdata", name+".golden"), err.Error()+"\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, readErr := os.ReadFile(file)
	if readErr != nil || got != string(want) {
		t.Errorf("%s: %v\ngot\n%swant\n%s", file, readErr, got, want)
	}
}

func TestMessagesOfRefusals(t *testing.T) {
	s, ctx := inMemory(t, vars.Options{}), t.Context()
	for _, err := range []error{
		set(ctx, s, "STATE", "ready "+strings.Repeat("ü", 200)),
		set(ctx, s, "HIGH", int64(1<<63-1)),
		set(ctx, s, "CODES", map[string]any{"505": "seen"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Delta(ctx, "STATE", 1)
	golden(t, "no_number", err)
	_, err = s.Delta(ctx, "HIGH", 1)
	golden(t, "overflow", err)
	_, err = s.KeyDelta(ctx, "CODES", "505", 1)
	golden(t, "no_number_under_key", err)
	_, err = s.KeySet(ctx, "STATE", "505", 1)
	golden(t, "no_table", err)
	_, err = s.Push(ctx, "CODES", "505")
	golden(t, "no_list", err)
	_, err = s.Set(ctx, "STATE", map[string]any{"a": []any{1, struct{}{}}})
	golden(t, "invalid_value", err)
	_, err = s.Get(ctx, "")
	golden(t, "no_name", err)
}

func set(ctx context.Context, s vars.Store, name string, value any) error {
	_, err := s.Set(ctx, name, value)
	return err
}

func TestMessagesOfAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vars.Options{AwaitTimeout: 10 * time.Second})
		if err := set(t.Context(), s, "FILLED", 1); err != nil {
			t.Fatal(err)
		}
		_, err := s.Await(t.Context(), "owner", "FILLED", vars.AtLeast(3))
		golden(t, "timeout_unchanged", err)

		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() {
			_, err := s.Await(ctx, "owner", "FILLED", vars.Is("done"))
			done <- err
		}()
		<-time.After(time.Second)
		_ = set(t.Context(), s, "FILLED", 2)
		_ = set(t.Context(), s, "FILLED", []any{"almost"})
		<-time.After(1500 * time.Millisecond)
		cancel(errors.New("the browser crashed"))
		golden(t, "context", <-done)

		go func() {
			_, err := s.Await(t.Context(), "owner", "FILLED", vars.Where("even", func(vars.Value) bool { return false }))
			done <- err
		}()
		synctest.Wait()
		if got := waiting(s); got != `"owner" waits 0s for run variable "FILLED" to be even` {
			t.Error(got)
		}
		_ = s.End(t.Context())
		golden(t, "ended", <-done)
	})
}

func waiting(s vars.Store) string {
	var lines []string
	for _, w := range s.(*vars.Memory).Waiting() {
		lines = append(lines, w.String())
	}
	return strings.Join(lines, "\n")
}
