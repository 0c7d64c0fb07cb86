package redact

import (
	"regexp"
	"strings"
)

// quote is what stands around names and values: a quotation mark, or one that is escaped in a string, in HTML or in an
// address.
const quote = `(?:\\*["']|&(?:quot|apos|#34|#39|#x22|#x27);|%(?:25)*2[27])`

var (
	user   = regexp.MustCompile(`(?i)(\b[a-z][a-z0-9+.-]*://[^\s/?#@:]*:)[^\s/?#]*@`)                                 // scheme://user:password@
	header = regexp.MustCompile(`(?i)(\b(?:(?:set-)?cookie|(?:proxy-)?authorization):[ \t]*)[^\s"'][^\r\n<]*`)        // Cookie: …, to the end of the line
	equals = regexp.MustCompile(`(?i)^` + quote + `?(?:\]|%(?:25)*5d)*` + quote + `?\s*(?:[=:]+>?|%(?:25)*3[ad])\s*`) // between a name and its value
	opened = regexp.MustCompile(`(?i)^` + quote)                                                                      // the beginning of a quoted value
	plain  = regexp.MustCompile(`(?i)^(?:(?:bearer|basic)\s+)?[^\s&;,"'<>]+`)                                         // a value without quotes
)

// Text hides values after secret names, as in "token=…", "Authorization: Bearer …" or `"password":"…"`, and
// passwords in addresses.
func (r Redactor) Text(text string) string {
	p := r.patterns()
	text = withoutPassword(text)
	if strings.Contains(text, ":") && p.names.in(text) {
		text = header.ReplaceAllString(text, "${1}"+redacted)
	}
	return p.text(text)
}

// withoutPassword hides passwords in addresses.
func withoutPassword(text string) string {
	if !strings.Contains(text, "://") || !strings.Contains(text, "@") {
		return text
	}
	return user.ReplaceAllString(text, "${1}"+redacted+"@")
}

// text hides what is assigned to secret names.
func (p *patterns) text(text string) string {
	if !strings.ContainsAny(text, "=:%") || !p.names.in(text) {
		return text
	}
	var done strings.Builder
	for {
		begin := p.names.find(text)
		if begin < 0 {
			done.WriteString(text)
			return done.String()
		}
		begin += len(word(text[begin:]))
		between := equals.FindStringIndex(text[begin:])
		if between != nil {
			begin += between[1]
		}
		done.WriteString(text[:begin])
		text = text[begin:]
		if between != nil {
			length, instead := value(text)
			done.WriteString(instead)
			text = text[length:]
		}
	}
}

// word is the rest of a name.
func word(text string) string {
	end := strings.IndexFunc(text, func(c rune) bool {
		return c != '_' && c != '.' && c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
	if end < 0 {
		return text
	}
	return text[:end]
}

// value is the length of the value that the text begins with and what is shown in its place: in quotes where it had some,
// so that JSON remains JSON.
func value(text string) (length int, instead string) {
	if text == "" {
		return 0, ""
	}
	if mark := opened.FindString(text); mark != "" {
		return len(mark) + closing(text[len(mark):], mark), mark + redacted + mark
	}
	if text[0] == '{' || text[0] == '[' {
		return balanced(text), `"` + redacted + `"`
	}
	if length = len(plain.FindString(text)); length > 0 {
		return length, redacted
	}
	return 0, ""
}

// closing is where the quoted text ends, its closing mark included; that of a text that was cut off ends with it.
func closing(text, mark string) int {
	backslashes := len(mark) - 1
	if last := mark[backslashes]; last != '"' && last != '\'' {
		if at := strings.Index(text, mark); at >= 0 {
			return at + len(mark)
		}
		return len(text)
	}
	// A mark behind n backslashes can be closed behind n more than a multiple of 2(n+1): each escape doubles them.
	run := 0
	for i := range len(text) {
		switch text[i] {
		case '\\':
			run++
			continue
		case mark[backslashes]:
			if run%(2*(backslashes+1)) == backslashes {
				return i + 1
			}
		}
		run = 0
	}
	return len(text)
}

// balanced is where the list or object ends that the text begins with; one that was cut off ends with the text.
func balanced(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '\\', '"':
			if mark := opened.FindString(text[i:]); mark != "" {
				i += len(mark) - 1
				i += closing(text[i+1:], mark)
			}
		}
	}
	return len(text)
}
