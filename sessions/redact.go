package sessions

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
type Redactor struct {
	// Names are more words.
	Names []string
}

// expressions are compiled once for each list of words.
var expressions sync.Map

type patterns struct {
	name  *regexp.Regexp // a secret's name
	text  *regexp.Regexp // name=value, name: value, "name":"value"
	input *regexp.Regexp // <input …>, <meta …>
	value *regexp.Regexp // value="…", content="…"
}

func (r Redactor) patterns() *patterns {
	words := slices.Concat(secretNames, r.Names)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	key := strings.Join(words, "|")
	if known, ok := expressions.Load(key); ok {
		return known.(*patterns)
	}
	p := &patterns{
		name:  regexp.MustCompile(`(?i)` + key),
		text:  regexp.MustCompile(`(?i)([\w.-]*(?:` + key + `)[\w.-]*"?\s*[=:]\s*)("(?:[^"\\]|\\.)*"|(?:(?:bearer|basic)\s+)?[^\s&;,"'<>]+)`),
		input: regexp.MustCompile(`(?is)<(?:input|meta)\b[^>]*>`),
		value: regexp.MustCompile(`(?is)(\b(?:value|content)\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)`),
	}
	known, _ := expressions.LoadOrStore(key, p)
	return known.(*patterns)
}

// URL hides the values of secret parameters and a password in the address.
func (r Redactor) URL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return r.Text(address)
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), redacted)
	}
	if u.RawQuery != "" {
		u.RawQuery = r.query(u.RawQuery)
	}
	return u.String()
}

// query keeps the order and the form of everything that is not secret.
func (r Redactor) query(raw string) string {
	p := r.patterns()
	parts := strings.Split(raw, "&")
	for i, part := range parts {
		name, _, found := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); found && err == nil && p.name.MatchString(plain) {
			parts[i] = name + "=" + redacted
		}
	}
	return strings.Join(parts, "&")
}

// Text hides values after secret names, as in "token=…", "Authorization: Bearer …" or `"password":"…"`.
func (r Redactor) Text(text string) string {
	return r.patterns().text.ReplaceAllString(text, "${1}"+redacted)
}

// HTML hides the values of secret fields and the contents of secret meta elements.
func (r Redactor) HTML(source string) string {
	p := r.patterns()
	return p.input.ReplaceAllStringFunc(source, func(tag string) string {
		if !p.name.MatchString(tag) {
			return tag
		}
		return p.value.ReplaceAllString(tag, `${1}"`+redacted+`"`)
	})
}

// evidence hides what is secret in all parts.
func (r Redactor) evidence(e *Evidence) {
	e.URL = r.URL(e.URL)
	if e.Kind == KindBrowser {
		e.Source = r.HTML(e.Source)
	} else {
		e.Source = r.HTML(r.Text(e.Source))
	}
	for i := range e.Console {
		e.Console[i].Text = r.Text(e.Console[i].Text)
	}
	for i := range e.Failures {
		e.Failures[i].Text = r.Text(e.Failures[i].Text)
	}
	for i := range e.Requests {
		e.Requests[i].URL = r.URL(e.Requests[i].URL)
	}
}
