package trace

import (
	"regexp"
	"strings"
)

var id = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)

// ID is the trace-id of a traceparent, in small letters; empty if it is none.
func ID(traceparent string) string {
	parts := strings.Split(traceparent, "-")
	if len(parts) < 4 || !id.MatchString(parts[1]) || strings.Trim(parts[1], "0") == "" {
		return ""
	}
	return strings.ToLower(parts[1])
}
