package data_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/harness/data"
)

func users() data.Source { return data.CSV("testdata/users.csv") }

func TestDryRuns(t *testing.T) {
	for _, c := range []struct {
		name   string
		o      data.Options
		n      data.Need
		enough bool
	}{
		{"sequential", data.Options{Policy: data.Sequential, OutOfValues: data.StartAgain}, data.Need{Users: 2, Iterations: 2}, true},
		{"circular", data.Options{Policy: data.Circular}, data.Need{Users: 2, Iterations: 2}, true},
		{"random", data.Options{Policy: data.Random, Seed: 7}, data.Need{Users: 2, Iterations: 3}, true},
		{"shuffle", data.Options{Policy: data.Shuffle, Seed: 7, OutOfValues: data.StartAgain}, data.Need{Users: 2, Iterations: 3}, true},
		{"queue", data.Options{Policy: data.Queue}, data.Need{Users: 2, Iterations: 2}, false},
		{"queue_stop", data.Options{Policy: data.Queue, OutOfValues: data.StopUser}, data.Need{Users: 2, Iterations: 3}, false},
		{"queue_keep", data.Options{Policy: data.Queue, OutOfValues: data.KeepLast}, data.Need{Users: 2, Iterations: 3}, true},
		{"queue_once", data.Options{Policy: data.Queue, Update: data.Once}, data.Need{Users: 3, Iterations: 2}, true},
		{"lease", data.Options{Policy: data.Lease}, data.Need{Users: 3, Iterations: 2}, true},
		{"lease_short", data.Options{Policy: data.Lease, OutOfValues: data.StopUser}, data.Need{Users: 4, Iterations: 2}, false},
		{"once_per_user", data.Options{Policy: data.OncePerUser}, data.Need{Users: 2, Iterations: 3}, true},
		{"unique_block", data.Options{Policy: data.UniqueBlock, Block: 1, OutOfValues: data.StartAgain}, data.Need{Users: 3, Iterations: 2}, true},
		{"unique_block_small", data.Options{Policy: data.UniqueBlock, Block: 1}, data.Need{Users: 3, Iterations: 2}, false},
		{"occurrence", data.Options{Policy: data.Sequential, Update: data.EachOccurrence}, data.Need{Users: 1, Iterations: 2, Draws: 2}, false},
		{"duration", data.Options{Policy: data.Queue}, data.Need{Users: 2}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			err := data.WriteDryRun(&out, "users", users(), c.o, c.n)
			if c.enough == errors.Is(err, data.ErrNotEnough) || c.enough && err != nil {
				t.Errorf("error %v", err)
			}
			if err != nil {
				out.WriteString("\n" + err.Error() + "\n")
			}
			golden(t, "dry_"+c.name, out.String())
		})
	}
}

func TestDryRunOfTooMuchIsCut(t *testing.T) {
	var out strings.Builder
	if err := data.WriteDryRun(&out, "users", users(), data.Options{Policy: data.Circular}, data.Need{Users: 20_000, Iterations: 1_000_000}); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 10_000+6 || !strings.Contains(out.String(), "the first 10000 rows") {
		t.Errorf("%d lines", lines)
	}
}

func TestDryRunRefusesWhatNewRefuses(t *testing.T) {
	for _, err := range []error{
		data.WriteDryRun(&strings.Builder{}, "users", users(), data.Options{}, data.Need{Users: 1}),
		data.WriteDryRun(&strings.Builder{}, "users", users(), data.Options{Policy: data.Queue}, data.Need{}),
	} {
		if !errors.Is(err, data.ErrInvalidOption) {
			t.Error(err)
		}
	}
}
