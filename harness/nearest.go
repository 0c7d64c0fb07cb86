package harness

import (
	"fmt"
	"strings"
)

// suggest names the candidate that is nearest to what was written, or lists all of them where none is near.
func suggest(written string, candidates []string) string {
	const longest = 64 // what is longer is no misspelt name
	nearest, fewest := "", len(written)/2+1
	if len(written) <= longest {
		for _, candidate := range candidates {
			if edits := editDistance(strings.ToLower(written), strings.ToLower(candidate)); edits < fewest {
				nearest, fewest = candidate, edits
			}
		}
	}
	if nearest != "" {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return fmt.Sprintf("want one of %q", candidates)
}

// editDistance is Levenshtein's, over bytes: one row of the table at a time.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
