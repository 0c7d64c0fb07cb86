package redact

import (
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Body hides what is secret in the body of a message: members of JSON, fields of forms and multiparts, elements and
// attributes of HTML and XML, and otherwise what Text hides. It looks at the body too, because many say that what they
// send is something else. A body may be cut off. What is no text (UTF-8) cannot be searched, and nothing of it is shown.
func (r Redactor) Body(contentType, body string) string {
	media, parameters, _ := mime.ParseMediaType(contentType)
	p := r.patterns()
	begin := strings.TrimSpace(body)
	switch {
	case begin == "":
		return body
	case strings.HasPrefix(media, "multipart/"), strings.HasPrefix(begin, "--") && disposition.MatchString(body):
		return r.multipart(body, parameters["boundary"])
	case !readable(body):
		return redacted
	case begin[0] == '{', begin[0] == '[', strings.HasSuffix(media, "json"):
		return p.json(body)
	case strings.HasSuffix(media, "html"):
		return r.HTML(body)
	case begin[0] == '<':
		return r.xml(body)
	case media == "text/plain":
		return r.Text(p.lines(body))
	case media == "application/x-www-form-urlencoded", !strings.ContainsAny(begin, " \r\n"):
		return r.Text(p.query(body))
	}
	return r.Text(body)
}

// disposition is in the head of a part of a form.
var disposition = regexp.MustCompile(`(?i)content-disposition\s*:`)

// readable tells whether the text is UTF-8; what was cut off in the middle of a letter is.
func readable(text string) bool {
	for range utf8.UTFMax - 1 {
		if last, size := utf8.DecodeLastRuneInString(text); last != utf8.RuneError || size != 1 {
			break
		}
		text = text[:len(text)-1]
	}
	return utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

// lines hides the values of a form that is sent as text, a field on each line.
func (p *patterns) lines(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		name, value, found := strings.Cut(line, "=")
		if found && p.names.in(name) {
			lines[i] = name + "=" + redacted + value[len(strings.TrimRight(value, "\r\n")):]
		}
	}
	return strings.Join(lines, "")
}
