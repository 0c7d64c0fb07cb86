package redact

import "strings"

// Header hides the value of a field of a message's head if its name is secret. Of cookies the names stay, and what
// Set-Cookie says about them; of other fields, what is secret in addresses and texts is hidden.
func (r Redactor) Header(name, value string) string {
	p := r.patterns()
	switch {
	case strings.EqualFold(name, "Cookie"):
		return cookies(value, func(int, string) bool { return false })
	case strings.EqualFold(name, "Set-Cookie"):
		return cookies(value, func(i int, attribute string) bool { return i > 0 && attributes[strings.ToLower(attribute)] })
	case p.names.in(name):
		return redacted
	}
	return r.Text(r.URL(value))
}

// attributes are what Set-Cookie says about a cookie: RFC 6265, section 5.2, and what browsers have added since.
var attributes = map[string]bool{
	"path": true, "domain": true, "expires": true, "max-age": true, "secure": true, "httponly": true,
	"samesite": true, "partitioned": true, "priority": true,
}

// cookies hides the values between semicolons, but for those that are kept. What has no name is a value.
func cookies(line string, keep func(i int, name string) bool) string {
	parts := strings.Split(line, ";")
	for i, part := range parts {
		name, _, found := strings.Cut(part, "=")
		plain := strings.TrimSpace(name)
		switch {
		case keep(i, plain), strings.TrimSpace(part) == "":
		case found:
			parts[i] = name + "=" + redacted
		default:
			parts[i] = strings.Replace(part, plain, redacted, 1)
		}
	}
	return strings.Join(parts, ";")
}
