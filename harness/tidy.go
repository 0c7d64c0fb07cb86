package harness

import (
	"regexp"
	"slices"
	"strings"
)

// errorHeader is the line with which Gomega begins an error of ours, with an address that says nothing.
var errorHeader = regexp.MustCompile(`^\s*<\*(?:sessions|barrier)\.\w+Error \| 0x[0-9a-f]+>: *$`)

// tidy takes out of Gomega's message what it says twice about an error of ours: it prints the error, then
// its type, the error once more, and then the value, which for these is the error again.
func tidy(message string) string {
	if !strings.Contains(message, "<*sessions.") && !strings.Contains(message, "<*barrier.") {
		return message
	}
	lines := slices.DeleteFunc(strings.Split(message, "\n"), errorHeader.MatchString)
	for i := 0; i < len(lines); i++ {
		for n := 1; i+2*n <= len(lines); {
			if same(lines[i:i+n], lines[i+n:i+2*n]) {
				lines = slices.Delete(lines, i+n, i+2*n)
				continue
			}
			n++
		}
	}
	return strings.Join(lines, "\n")
}

// same compares blocks of lines, whatever their indentation and what stands before the error in the first.
func same(one, other []string) bool {
	return slices.EqualFunc(one, other, func(a, b string) bool {
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		return strings.TrimPrefix(a, "Unexpected error: ") == b
	})
}
