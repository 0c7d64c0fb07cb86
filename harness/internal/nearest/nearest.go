package nearest

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// longest is the length, in bytes, from which on a text is no misspelt name.
const longest = 64

// Hint is `did you mean "colleague"?` where a candidate is near to what was written, and lists all where none is.
func Hint(written string, candidates []string) string {
	nearest, fewest := "", len(written)/2+1
	if len(written) <= longest {
		for _, candidate := range candidates {
			if edits := levenshtein.ComputeDistance(strings.ToLower(written), strings.ToLower(candidate)); edits < fewest {
				nearest, fewest = candidate, edits
			}
		}
	}
	switch {
	case nearest != "":
		return fmt.Sprintf("did you mean %q?", nearest)
	case len(candidates) == 1:
		return "want " + candidates[0]
	}
	return "want one of " + strings.Join(candidates, ", ")
}
