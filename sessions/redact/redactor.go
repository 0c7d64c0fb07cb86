package redact

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// redacted stands where a secret was.
const redacted = "REDACTED"

// secretNames are parts of the names of parameters, fields and headers whose values are secret.
var secretNames = []string{"password", "passwd", "pwd", "secret", "token", "csrf", "authorization", "cookie", "session", "api_key", "apikey", "api-key"}

// Redactor hides secrets in whatever is written: values of parameters, form fields, headers and JSON members
// whose name contains one of its words, in any case. The zero value knows the usual words.
//
// It goes by names, so it hides what has one, in the notations that it knows. It hides too much rather than
// too little: of the text "password: too short" it leaves "password: REDACTED short".
type Redactor struct {
	// Names are more words; empty ones are ignored.
	Names []string
}

// expressions are compiled once for each list of words.
var expressions sync.Map

type patterns struct {
	name     *regexp.Regexp // a secret's name
	header   *regexp.Regexp // Cookie: …, to the end of the line
	text     *regexp.Regexp // name=value, name: value, "name":"value"
	user     *regexp.Regexp // scheme://user:password@
	element  *regexp.Regexp // <input …>, <meta …>: an element with a name and a value
	value    *regexp.Regexp // value="…", content="…"
	textarea *regexp.Regexp // <textarea …>…</textarea>
}

// quoted is a string of JSON or JavaScript, also where it was cut off.
const quoted = `"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)`

// tag is the inside of an HTML tag: a quoted value can contain its end.
const tag = `(?:[^>"']|"[^"]*"|'[^']*')*`

func (r Redactor) patterns() *patterns {
	words := slices.Concat(secretNames, r.Names)
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	key := strings.Join(words, "|")
	if known, ok := expressions.Load(key); ok {
		return known.(*patterns)
	}
	known, _ := expressions.LoadOrStore(key, compile(key))
	return known.(*patterns)
}

func compile(key string) *patterns {
	return &patterns{
		name:   regexp.MustCompile(`(?i)` + key),
		header: regexp.MustCompile(`(?i)(\b(?:(?:set-)?cookie|(?:proxy-)?authorization):[ \t]*)[^\s"'][^\r\n<]*`),
		text: regexp.MustCompile(`(?is)([\w.-]*(?:` + key + `)[\w.-]*["']?\s*(?:=|:)\s*)` +
			`(` + quoted + `|\[[^\]]*(?:\]|$)|\{[^}]*(?:\}|$)|(?:(?:bearer|basic)\s+)?[^\s&;,"'<>]+)`),
		user:     regexp.MustCompile(`(?i)(\b[a-z][a-z0-9+.-]*://[^\s/?#@:]*:)[^\s/?#]*@`),
		element:  regexp.MustCompile(`(?is)<(?:input|meta|button|option|data|param)\b` + tag + `>`),
		value:    regexp.MustCompile(`(?is)(\b(?:value|content)\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)`),
		textarea: regexp.MustCompile(`(?is)(<textarea\b` + tag + `>)(.*?)(</textarea|$)`),
	}
}

// URL hides the values of secret parameters, in the query and behind the #, and a password. The rest stays as
// it is, letter by letter.
func (r Redactor) URL(address string) string {
	p := r.patterns()
	address = p.user.ReplaceAllString(address, "${1}"+redacted+"@")
	address, fragment, hasFragment := strings.Cut(address, "#")
	path, query, hasQuery := strings.Cut(address, "?")
	if hasQuery {
		path += "?" + p.query(query)
	}
	if hasFragment {
		path += "#" + p.query(fragment)
	}
	return path
}

// query keeps the order and the form of everything that is not secret.
func (p *patterns) query(raw string) string {
	parts := strings.Split(raw, "&")
	for i, part := range parts {
		name, _, found := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(name)
		if err != nil {
			plain = name
		}
		if found && p.name.MatchString(plain) {
			parts[i] = name + "=" + redacted
		}
	}
	return strings.Join(parts, "&")
}

// Text hides values after secret names, as in "token=…", "Authorization: Bearer …" or `"password":"…"`, and
// passwords in addresses.
func (r Redactor) Text(text string) string {
	p := r.patterns()
	text = p.user.ReplaceAllString(text, "${1}"+redacted+"@")
	text = p.header.ReplaceAllString(text, "${1}"+redacted)
	return p.text.ReplaceAllStringFunc(text, func(found string) string {
		parts := p.text.FindStringSubmatch(found)
		return parts[1] + inQuotes(parts[2])
	})
}

// inQuotes is the replacement of a value, in quotes where it had some, so that JSON remains JSON.
func inQuotes(value string) string {
	if quote := value[:1]; quote == `"` || quote == "'" {
		return quote + redacted + quote
	}
	if value[0] == '[' || value[0] == '{' {
		return `"` + redacted + `"`
	}
	return redacted
}

// HTML hides the values of secret fields, the contents of secret meta elements, and all that Text hides.
func (r Redactor) HTML(source string) string {
	p := r.patterns()
	source = p.element.ReplaceAllStringFunc(source, func(element string) string {
		if !p.name.MatchString(element) {
			return element
		}
		return p.value.ReplaceAllString(element, `${1}"`+redacted+`"`)
	})
	source = p.textarea.ReplaceAllStringFunc(source, func(element string) string {
		parts := p.textarea.FindStringSubmatch(element)
		if !p.name.MatchString(parts[1]) || parts[2] == "" {
			return element
		}
		return parts[1] + redacted + parts[3]
	})
	return r.Text(source)
}
