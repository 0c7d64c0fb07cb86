package drivers

import (
	"slices"
	"testing"

	"github.com/seed49090845/lockstep/sessions"
)

func TestNames(t *testing.T) {
	t.Setenv(sessions.EnvDriver, "")
	if got, want := names(), []string{"chromedp", "rod"}; !slices.Equal(got, want) || First() != want[0] {
		t.Errorf("%v, first %q; want %v", got, First(), want)
	}
	t.Setenv(sessions.EnvDriver, "rod")
	if got := names(); !slices.Equal(got, []string{"rod"}) || First() != "rod" {
		t.Errorf("%v, first %q; want rod alone", got, First())
	}
}
