package virtual

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"github.com/seed49090845/lockstep/sessions/virtual/jar"
)

// origin is whom a connection is made to.
type origin struct {
	secure    bool
	host      string // in lower case, in ASCII, without port: what cookies and certificates go by
	address   string // host:port, to dial
	authority string // what the Host header says: without the scheme's own port
}

func originOf(u *url.URL) (origin, error) {
	if u.Scheme != "http" && u.Scheme != "https" {
		return origin{}, errors.New("only http and https are spoken")
	}
	if u.User != nil {
		return origin{}, errors.New("a user and a password belong into the header Authorization")
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil { // an IP address, or a name that only a test has, such as "my_host"
		host = strings.ToLower(u.Hostname())
	}
	if host == "" {
		return origin{}, errors.New("there is no host")
	}
	o := origin{secure: u.Scheme == "https", host: host}
	port, usual := u.Port(), "80"
	if o.secure {
		usual = "443"
	}
	if port == "" {
		port = usual
	}
	o.address = net.JoinHostPort(host, port)
	o.authority = o.address
	if port == usual {
		o.authority = strings.TrimSuffix(o.address, ":"+port)
	}
	return o, nil
}

// place is an address as a request needs it.
type place struct {
	origin
	uri string // path and query, as sent
}

func (p place) path() string {
	path, _, _ := strings.Cut(p.uri, "?")
	return path
}

func (p place) cookies() jar.Place { return jar.Place{Host: p.host, Path: p.path(), Secure: p.secure} }

func (p place) String() string {
	if p.secure {
		return "https://" + p.authority + p.uri
	}
	return "http://" + p.authority + p.uri
}

// resolve makes a place of an address, which may be relative to the target's base.
func (t *Target) resolve(address string) (place, error) {
	if isPlainPath(address) {
		return place{t.origin, address}, nil
	}
	return t.resolveFrom(t.base, address)
}

func (t *Target) resolveFrom(base *url.URL, address string) (place, error) {
	u, err := base.Parse(address)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return place{}, failed.Err
	}
	if err != nil {
		return place{}, err
	}
	o, err := originOf(u)
	if err != nil {
		return place{}, err
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	return place{o, u.RequestURI()}, nil
}

// escapeQuery escapes what may not stand in a query, and nothing else: net/url leaves queries as they are.
func escapeQuery(query string) string {
	plain := func(c byte) bool { return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' }
	var escaped strings.Builder
	for i := range len(query) {
		if c := query[i]; plain(c) {
			escaped.WriteByte(c)
		} else {
			fmt.Fprintf(&escaped, "%%%02X", c)
		}
	}
	return escaped.String()
}

// allows tells whether the target, or one of the hosts that belong to it, is meant. A target without TLS may send
// its users to itself with TLS, each at the scheme's own port.
func (t *Target) allows(o origin) bool {
	if o.address == t.origin.address || t.hosts[o.host] || t.hosts[o.address] {
		return true
	}
	return o.host == t.origin.host && o.authority == o.host && t.origin.authority == o.host
}

// isPlainPath tells whether an address is a path that can be sent as it is: the common case, which need not be
// parsed.
func isPlainPath(address string) bool {
	if len(address) == 0 || address[0] != '/' {
		return false
	}
	for i := range len(address) {
		switch c := address[i]; {
		case c <= ' ' || c >= 0x7f:
			return false
		case c == '#', c == '"', c == '<', c == '>', c == '\\', c == '^', c == '`', c == '{', c == '|', c == '}':
			return false
		case c == '/' && i+1 < len(address) && (address[i+1] == '/' || address[i+1] == '.'):
			return false
		case c == '%' && !isEscape(address[i:]):
			return false
		}
	}
	return true
}

func isEscape(s string) bool { return len(s) > 2 && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
