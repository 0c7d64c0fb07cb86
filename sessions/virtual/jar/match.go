package jar

import (
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"
)

// domain decides who gets a cookie that the host sets with a Domain attribute (empty: none): RFC 6265, section
// 5.3, steps 4 to 6.
func domain(host, attribute string) (name string, hostOnly, ok bool) {
	switch {
	case attribute == "":
		return host, true, true
	case isAddress(host):
		return host, true, attribute == host
	}
	name = strings.ToLower(strings.TrimPrefix(attribute, "."))
	if name == "" || name[0] == '.' || name[len(name)-1] == '.' || !isASCII(attribute) {
		return "", false, false
	}
	if suffix := publicsuffix.List.PublicSuffix(name); suffix != "" && !isUnder(name, suffix) {
		return host, true, name == host // a public suffix may have cookies of its own, but not for what is under it
	}
	return name, false, name == host || isUnder(host, name)
}

// isUnder tells whether a host is a true subdomain.
func isUnder(host, domain string) bool {
	return len(host) > len(domain) && host[len(host)-len(domain)-1] == '.' && strings.HasSuffix(host, domain)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// isThisMachine tells whether what is Secure may go there without TLS, as in browsers.
func isThisMachine(host string) bool {
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return address.IsLoopback()
	}
	return host == "localhost" || isUnder(host, "localhost")
}

func pathMatches(path, of string) bool {
	if len(path) < len(of) || path[:len(of)] != of {
		return false
	}
	return len(path) == len(of) || of[len(of)-1] == '/' || path[len(of)] == '/'
}

// defaultPath is RFC 6265, section 5.1.4.
func defaultPath(path string) string {
	last := strings.LastIndexByte(path, '/')
	if last <= 0 || path[0] != '/' {
		return "/"
	}
	return path[:last]
}
