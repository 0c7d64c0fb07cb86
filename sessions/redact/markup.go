package redact

import "regexp"

// tag is the inside of a tag: a quoted value can contain its end.
const tag = `(?:[^>"']|"[^"]*"|'[^']*')*`

var (
	field    = regexp.MustCompile(`(?is)<(?:input|meta|button|option|data|param)\b` + tag + `>`) // an element with a name and a value
	content  = regexp.MustCompile(`(?is)(\b(?:value|content)\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)`)  // value="…", content="…"
	textarea = regexp.MustCompile(`(?is)(<textarea\b` + tag + `>)(.*?)(</textarea|$)`)           // <textarea …>…</textarea>
)

// HTML hides the values of secret fields, the contents of secret meta elements, and all that Text hides.
func (r Redactor) HTML(source string) string {
	p := r.patterns()
	if !p.names.in(source) {
		return r.Text(source)
	}
	source = field.ReplaceAllStringFunc(source, func(element string) string {
		if !p.names.in(element) {
			return element
		}
		return content.ReplaceAllString(element, `${1}"`+redacted+`"`)
	})
	source = textarea.ReplaceAllStringFunc(source, func(element string) string {
		parts := textarea.FindStringSubmatch(element)
		if !p.names.in(parts[1]) || parts[2] == "" {
			return element
		}
		return parts[1] + redacted + parts[3]
	})
	return r.Text(source)
}

// xml hides the contents of elements with a secret name, and all that HTML hides.
func (r Redactor) xml(source string) string {
	p := r.patterns()
	if p.names.in(source) {
		source = p.element.ReplaceAllString(source, "${1}"+redacted+"${3}")
	}
	return r.HTML(source)
}
