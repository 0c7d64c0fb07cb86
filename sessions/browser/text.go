package browser

import (
	"encoding/json"
	"fmt"
	"strings"
)

// SelectFocused is JavaScript that selects all that the focused field holds, so that what is typed next
// replaces it.
const SelectFocused = `(() => {
	const field = document.activeElement;
	if (field && field.select) { field.select(); return; }
	if (field && field.isContentEditable) { getSelection().selectAllChildren(field); }
})()`

// The following make the same words of what the drivers report in types of their own.

// ValueText is a JavaScript value as a console shows it: strings bare, other values as JSON, objects by the
// preview that the browser sends along or, where it sends none, by its description.
func ValueText(value json.RawMessage, description string, preview *Preview) string {
	var text string
	switch {
	case len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &text) == nil:
		return text
	case preview != nil && preview.plain():
		return preview.text()
	case description != "":
		return description
	case len(value) == 0:
		return "undefined"
	}
	return string(value)
}

// ExceptionText is an uncaught exception with its place; lines and columns count from zero, as the protocol
// counts them, and from one in the text.
func ExceptionText(text, description, url string, line, column int) string {
	if description != "" {
		text += " " + description
	}
	place := fmt.Sprintf("%s:%d:%d", url, line+1, column+1)
	if url == "" || strings.Contains(text, place) { // a stack begins with it
		return text
	}
	return text + " (" + place + ")"
}

// LogText is an entry of the browser's own log, with the address that it is about.
func LogText(text, url string) string {
	if url == "" {
		return text
	}
	return text + " (" + url + ")"
}

// DialogText is a dialog that the page opened and that was answered for the user.
func DialogText(kind, message string) string {
	if kind == "beforeunload" {
		return "beforeunload: accepted"
	}
	return fmt.Sprintf("%s %q: dismissed", kind, message)
}
