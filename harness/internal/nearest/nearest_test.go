package nearest

import (
	"strings"
	"testing"
)

func TestHint(t *testing.T) {
	some := []string{"owner", "colleague"}
	for _, c := range []struct {
		written    string
		candidates []string
		want       string
	}{
		{"Colleage", some, `did you mean "colleague"?`},
		{"onwer", some, `did you mean "owner"?`},
		{"clerk", some, "want one of owner, colleague"},
		{"clerk", some[:1], "want owner"},
		{strings.Repeat("colleague", 10), some, "want one of owner, colleague"},
		{"", some, "want one of owner, colleague"},
	} {
		if got := Hint(c.written, c.candidates); got != c.want {
			t.Errorf("%q of %q: %s, want %s", c.written, c.candidates, got, c.want)
		}
	}
}
