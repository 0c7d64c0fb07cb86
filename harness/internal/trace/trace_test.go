package trace

import (
	"strings"
	"testing"
)

func TestID(t *testing.T) {
	const trace = "0af7651916cd43dd8448eb211c80319c"
	for parent, want := range map[string]string{
		"00-" + trace + "-b7ad6b7169203331-01":                   trace,
		"00-" + strings.ToUpper(trace) + "-b7ad6b7169203331-00":  trace,
		"01-" + trace + "-b7ad6b7169203331-01-more":              trace,
		"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01": "",
		"00-" + strings.Repeat("x", 32) + "-b7ad6b7169203331-01": "",
		"00-" + trace[1:] + "-b7ad6b7169203331-01":               "",
		"00-" + trace: "",
		"":            "",
	} {
		if got := ID(parent); got != want {
			t.Errorf("%q: %q, want %q", parent, got, want)
		}
	}
}
