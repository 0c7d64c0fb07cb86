package redact

import (
	"net/url"
	"strings"
)

// URL hides the values of secret parameters, in the query and behind the #, and a password. The rest stays as
// it is, letter by letter.
func (r Redactor) URL(address string) string {
	p := r.patterns()
	address = withoutPassword(address)
	address, fragment, hasFragment := strings.Cut(address, "#")
	path, query, hasQuery := strings.Cut(address, "?")
	path = p.text(path) // as in /phonebooks;jsessionid=…
	if hasQuery {
		path += "?" + p.query(query)
	}
	if hasFragment {
		path += "#" + p.query(fragment)
	}
	return path
}

// query hides what is secret in a query or a form. It keeps the order and the form of everything else.
func (p *patterns) query(raw string) string {
	parts := strings.Split(raw, "&")
	for i, part := range parts {
		name, value, found := strings.Cut(part, "=")
		switch {
		case !found:
		case p.names.in(unescape(name)):
			parts[i] = name + "=" + redacted
		default:
			parts[i] = name + "=" + p.parameter(value)
		}
	}
	return strings.Join(parts, "&")
}

// parameter hides what is secret in a value: another address, or JSON.
func (p *patterns) parameter(value string) string {
	plain := unescape(value)
	if strings.ContainsAny(plain, "{[") {
		if hidden := p.json(plain); hidden != plain {
			return url.QueryEscape(hidden)
		}
	}
	return p.text(value)
}

// unescape is the text as it was meant; what cannot be meant so, or was cut off, stays.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	parts := strings.Split(text, "%")
	for i, part := range parts {
		if i > 0 {
			part = "%" + part
		}
		if plain, err := url.QueryUnescape(part); err == nil {
			part = plain
		}
		parts[i] = part
	}
	return strings.Join(parts, "")
}
