package bench_test

import (
	"errors"
	"testing"

	"github.com/seed49090845/lockstep/harness/bench"
	"github.com/seed49090845/lockstep/sessions/browser"
)

func TestExplore(t *testing.T) {
	r, err := bench.Explore(t.Context(), bench.ExploreOptions{Schedules: 20})
	if err != nil || r.Schedules != 20 || r.HTTPRate <= 0 || r.BrowserRate != 0 || r.Driver != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := bench.Explore(t.Context(), bench.ExploreOptions{Schedules: -1}); !errors.Is(err, browser.ErrInvalidOption) {
		t.Error(err)
	}
}
