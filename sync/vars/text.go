package vars

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// String is v for people: texts in quotes, lists and tables as in JSON, the keys in order.
func (v Value) String() string {
	switch v.kind {
	case Absent:
		return "nothing"
	case Undefined:
		return "UNDEF"
	case Text:
		return strconv.Quote(v.of.(string))
	case List:
		var items []string
		for _, item := range v.items() {
			items = append(items, item.String())
		}
		return "[" + strings.Join(items, ", ") + "]"
	case Table:
		var entries []string
		for _, key := range slices.Sorted(maps.Keys(v.entries())) {
			entries = append(entries, fmt.Sprintf("%q: %v", key, v.entries()[key]))
		}
		return "{" + strings.Join(entries, ", ") + "}"
	}
	return fmt.Sprint(v.Any())
}

// GomegaString is what a failed assertion of Gomega shows of the value.
func (v Value) GomegaString() string { return v.String() }

// brief is the value for a line of a message, with its kind where the text does not tell it.
func brief(v Value) string {
	const most = 120
	s := v.String()
	if len(s) > most {
		cut := most
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	switch v.kind {
	case Absent, Undefined:
		return s
	}
	_, kind, _ := strings.Cut(v.kind.String(), " ")
	return "the " + kind + " " + s
}
