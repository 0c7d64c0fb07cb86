package harness

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// suggest names the candidate that is nearest to what was written, or lists all of them where none is near.
func suggest(written string, candidates []string) string {
	const longest = 64 // what is longer is no misspelt name
	nearest, fewest := "", len(written)/2+1
	if len(written) <= longest {
		for _, candidate := range candidates {
			if edits := levenshtein.ComputeDistance(strings.ToLower(written), strings.ToLower(candidate)); edits < fewest {
				nearest, fewest = candidate, edits
			}
		}
	}
	if nearest != "" {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return fmt.Sprintf("want one of %q", candidates)
}
