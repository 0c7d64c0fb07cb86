package redact

import (
	"mime"
	"strings"
)

// multipart hides the parts whose field has a secret name, and what is secret in the others. Without its boundary it
// goes by the first line.
func (r Redactor) multipart(body, boundary string) string {
	if boundary == "" {
		first, _, _ := strings.Cut(strings.TrimLeft(body, " \t\r\n"), "\n")
		if boundary = strings.TrimPrefix(strings.TrimSpace(first), "--"); boundary == "" {
			return redacted
		}
	}
	delimiter := "\n--" + boundary
	parts := strings.Split("\n"+body, delimiter) // a delimiter begins a line, also the first
	hidden := []string{""}
	if preamble := strings.TrimSpace(parts[0]); preamble != "" {
		hidden[0] = "\n" + redacted
	}
	for i, part := range parts[1:] {
		if i > 0 && part != "" && !strings.ContainsAny(part[:1], " \t\r\n") && !strings.HasPrefix(part, "--") {
			continue // no delimiter, but text of the part before that begins like one
		}
		hidden = append(hidden, r.part(part))
	}
	return strings.TrimPrefix(strings.Join(hidden, delimiter), "\n")
}

// part hides what is secret in a part, which begins behind its delimiter. What it is a part of is in its head; if that
// cannot be understood, nothing is shown.
func (r Redactor) part(part string) string {
	if strings.HasPrefix(part, "--") {
		return "--\r\n" // the last one
	}
	head, content, found := cutHead(part)
	if !found {
		return "\r\n" + redacted
	}
	end := content[len(strings.TrimSuffix(strings.TrimSuffix(content, "\n"), "\r")):]
	content = strings.TrimSuffix(content, end)
	lines := strings.Split(head, "\n")
	var contentType string
	secret := false
	for i, line := range lines {
		name, value, found := strings.Cut(line, ":")
		if strings.TrimSpace(line) == "" {
			continue
		}
		switch value = strings.TrimSpace(value); strings.ToLower(strings.TrimSpace(name)) {
		case "content-type":
			contentType = value
		case "content-disposition":
			_, parameters, err := mime.ParseMediaType(value)
			secret = err != nil || r.patterns().names.in(parameters["name"])
		default:
			lines[i] = redacted + line[len(strings.TrimRight(line, "\r")):]
			if found {
				lines[i] = name + ": " + r.Header(name, value) + line[len(strings.TrimRight(line, "\r")):]
			}
		}
	}
	if secret {
		content = redacted
	}
	return strings.Join(lines, "\n") + r.Body(contentType, content) + end
}

// cutHead cuts a part behind the empty line that ends its head.
func cutHead(part string) (head, content string, found bool) {
	at := -1
	for _, empty := range []string{"\r\n\r\n", "\n\n"} {
		if i := strings.Index(part, empty); i >= 0 && (at < 0 || i < at) {
			at, found = i, true
			head, content = part[:i+len(empty)], part[i+len(empty):]
		}
	}
	return head, content, found
}
