package browser

import (
	"slices"
	"strings"
	"testing"
)

// TestFeaturesAddUp is about what Chromium does not do by itself: of several flags the last would count.
func TestFeaturesAddUp(t *testing.T) {
	args := LaunchOptions{Flags: []string{"--disable-features=One,Two", "--lang=de", "--disable-features=Three"}}.arguments(t.TempDir(), "hash")
	var features []string
	for _, arg := range args {
		if strings.HasPrefix(arg, "--disable-features=") {
			features = append(features, arg)
		}
	}
	if want := []string{"--disable-features=" + withoutFeatures + ",One,Two,Three"}; !slices.Equal(features, want) {
		t.Errorf("%q, want %q", features, want)
	}
	if !slices.Contains(args, "--lang=de") || args[len(args)-1] != "about:blank" {
		t.Errorf("%q", args)
	}
}
