package coexist_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sessions"
)

func TestWhatDoesNotFitIsRefusedBeforeAnythingStarts(t *testing.T) {
	never := func(context.Context, *load.User) error {
		t.Error("a user has started")
		return nil
	}
	good := load.Scenario{Name: "good", Target: nowhere(t), User: never}
	empty := good
	empty.Name = ""
	tests := map[string]struct {
		options   coexist.Options
		scenarios []coexist.Scenario
		want      []string
	}{
		"nobody":            {coexist.Options{}, nil, []string{"there is no scenario"}},
		"one user":          {coexist.Options{Users: 1}, []coexist.Scenario{coexist.Virtual(good)}, []string{"Users is 1: want at least 2"}},
		"negative":          {coexist.Options{Duration: -1, Iterations: -2}, []coexist.Scenario{coexist.Virtual(good)}, []string{"Iterations -2", "Duration -1ns"}},
		"no such phase":     {coexist.Options{Phases: []coexist.Phase{"later"}}, []coexist.Scenario{coexist.Virtual(good)}, []string{`no phase "later"`}},
		"together alone":    {coexist.Options{Phases: []coexist.Phase{coexist.AllTogether}}, []coexist.Scenario{coexist.Virtual(good)}, []string{"nothing for one scenario"}},
		"no name, no value": {coexist.Options{}, []coexist.Scenario{coexist.Virtual(empty), {}}, []string{"scenario 1 has no name", "scenario 2 has no name"}},
		"the same name":     {coexist.Options{}, []coexist.Scenario{coexist.Virtual(good), coexist.Virtual(good)}, []string{`two scenarios are called "good"`}},
		"nothing to do": {coexist.Options{}, []coexist.Scenario{coexist.Virtual(load.Scenario{Name: "idle", Target: nowhere(t)}), coexist.InBrowsers(coexist.BrowserScenario{Name: "lazy"}),
			coexist.Virtual(load.Scenario{Name: "lost", User: never})},
			[]string{`scenario "idle": User is nil`, `scenario "lazy": User is nil`, `scenario "lost": Target is nil`}},
		"something after": {coexist.Options{}, []coexist.Scenario{coexist.Virtual(good.AndThen(load.Scenario{Name: "later"}))}, []string{"scenarios come after it"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := coexist.Check(t.Context(), test.options, test.scenarios...)
			if !errors.Is(err, sessions.ErrInvalidOption) {
				t.Fatalf("the error is %v, want %v", err, sessions.ErrInvalidOption)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error has no %q: %v", want, err)
				}
			}
		})
	}
}

func TestDataMustBeEnoughForAllPhases(t *testing.T) {
	scenario := func(f *data.Feeder) coexist.Scenario {
		return coexist.Virtual(load.Scenario{Name: "clerks", Target: nowhere(t), Feeders: []*data.Feeder{f}, User: func(ctx context.Context, u *load.User) error {
			_, err := u.Draw(ctx, f)
			return err
		}})
	}
	tests := map[string]struct {
		rows    int
		options data.Options
		want    string // empty: enough
	}{
		"a lease for each user":       {5, data.Options{Policy: data.Lease}, ""},
		"a lease too few":             {4, data.Options{Policy: data.Lease}, "by iterations: clerks: the run is refused"},
		"a queue for one phase alone": {20, data.Options{Policy: data.Queue}, "needs 25 rows (all 2 phases together"},
		"a block for each user":       {50, data.Options{Policy: data.UniqueBlock, Block: 5, OutOfValues: data.StartAgain}, ""},
		"blocks for one phase alone":  {30, data.Options{Policy: data.UniqueBlock, Block: 5, OutOfValues: data.StartAgain}, "needs 50 rows"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := csv(t, test.options, names(test.rows)...)
			options := coexist.Options{Iterations: 4, Duration: 20 * time.Millisecond, Phases: coexist.Phases()}
			_, err := coexist.Check(t.Context(), quiet(options), scenario(f))
			if test.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if test.want != "" && (!errors.Is(err, data.ErrNotEnough) || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("the error is %v, want one with %q", err, test.want)
			}
		})
	}
}
