package jar

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limit is how many cookies a jar keeps; beyond it the oldest goes. Browsers keep no more than some hundreds of
// a site, so a server that invents names cannot fill the memory.
const Limit = 400

// Place is where a request goes, as far as cookies care.
type Place struct {
	// Host is in lower case, in ASCII, without port.
	Host string
	// Path begins with a slash and has no query.
	Path string
	// Secure means https.
	Secure bool
}

// Jar keeps cookies; its zero value is empty and ready for use.
type Jar struct {
	cookies []cookie // in the order in which they are sent: longer paths first, then older ones
	created uint64
	changes uint64
}

type cookie struct {
	pair    []byte // name=value, as it is sent
	name    int    // length of the name in pair
	domain  string
	path    string
	expires time.Time // zero: with the session
	created uint64

	hostOnly bool
	secure   bool // for https only

	raw     []byte // the Set-Cookie that it came from, empty if that must be parsed each time
	rawPath string // the default path that applied to it
}

// Len is how many cookies are kept, expired ones included until somebody asks for them.
func (j *Jar) Len() int { return len(j.cookies) }

// Changes counts the times that a cookie came, went or got another value.
func (j *Jar) Changes() uint64 { return j.changes }

// Append appends what the Cookie header of a request to the place has to say, and nothing where there is
// nothing to say.
func (j *Jar) Append(dst []byte, to Place, now time.Time) []byte {
	first, expired := true, false
	for i := range j.cookies {
		c := &j.cookies[i]
		if !c.goesTo(to) {
			continue
		}
		if c.expired(now) {
			expired = true
			continue
		}
		if !first {
			dst = append(dst, "; "...)
		}
		first = false
		dst = append(dst, c.pair...)
	}
	if expired {
		j.cookies = slices.DeleteFunc(j.cookies, func(c cookie) bool { return c.expired(now) })
	}
	return dst
}

// Value is the value of the first cookie of that name that would be sent to the place.
func (j *Jar) Value(name string, to Place, now time.Time) (string, bool) {
	for i := range j.cookies {
		if c := &j.cookies[i]; c.is(name) && c.goesTo(to) && !c.expired(now) {
			return string(c.pair[c.name+1:]), true
		}
	}
	return "", false
}

// Store keeps the cookie of a Set-Cookie header that came from the place, or removes it if that is what the
// header says.
func (j *Jar) Store(from Place, setCookie []byte, now time.Time) {
	if j.known(from, setCookie) {
		return
	}
	parsed, err := http.ParseSetCookie(string(setCookie))
	if err != nil {
		return
	}
	c := cookie{secure: parsed.Secure, path: parsed.Path}
	var ok bool
	if c.domain, c.hostOnly, ok = domain(from.Host, parsed.Domain); !ok {
		return
	}
	c.secure = c.secure && !isThisMachine(c.domain)
	c.setPair(parsed)
	if !strings.HasPrefix(c.path, "/") {
		c.path = defaultPath(from.Path)
	}
	gone := parsed.MaxAge < 0
	switch {
	case parsed.MaxAge > 0:
		c.expires = now.Add(time.Duration(parsed.MaxAge) * time.Second)
	case !parsed.Expires.IsZero():
		c.expires, gone = parsed.Expires, gone || !parsed.Expires.After(now)
	default:
		c.raw, c.rawPath = slices.Clone(setCookie), defaultPath(from.Path)
	}
	if gone {
		j.remove(&c)
		return
	}
	j.keep(c)
}

// known tells whether exactly this cookie is kept already.
func (j *Jar) known(from Place, setCookie []byte) bool {
	for i := range j.cookies {
		c := &j.cookies[i]
		if len(c.raw) > 0 && bytes.Equal(c.raw, setCookie) && c.domain == from.Host && c.rawPath == defaultPath(from.Path) {
			return true
		}
	}
	return false
}

// keep puts a cookie in the place of the one with the same name, domain and path, or where its path belongs.
func (j *Jar) keep(c cookie) {
	if i := j.find(&c); i >= 0 {
		old := &j.cookies[i]
		if !bytes.Equal(old.pair, c.pair) {
			j.changes++
		}
		c.created = old.created
		*old = c
		return
	}
	if len(j.cookies) == Limit {
		j.removeOldest()
	}
	j.changes++
	j.created++
	c.created = j.created
	at, _ := slices.BinarySearchFunc(j.cookies, &c, func(a cookie, b *cookie) int {
		return cmp.Or(len(b.path)-len(a.path), cmp.Compare(a.created, b.created))
	})
	j.cookies = slices.Insert(j.cookies, at, c)
}

func (j *Jar) remove(c *cookie) {
	if i := j.find(c); i >= 0 {
		j.changes++
		j.cookies = slices.Delete(j.cookies, i, i+1)
	}
}

func (j *Jar) removeOldest() {
	oldest := 0
	for i := range j.cookies {
		if j.cookies[i].created < j.cookies[oldest].created {
			oldest = i
		}
	}
	j.cookies = slices.Delete(j.cookies, oldest, oldest+1)
}

func (j *Jar) find(c *cookie) int {
	return slices.IndexFunc(j.cookies, func(o cookie) bool {
		return o.domain == c.domain && o.path == c.path && o.name == c.name && bytes.Equal(o.pair[:o.name], c.pair[:c.name])
	})
}

func (c *cookie) setPair(parsed *http.Cookie) {
	c.name = len(parsed.Name)
	value := parsed.Value
	if parsed.Quoted {
		value = `"` + value + `"`
	}
	c.pair = []byte(parsed.Name + "=" + value)
}

func (c *cookie) is(name string) bool { return string(c.pair[:c.name]) == name }

func (c *cookie) expired(now time.Time) bool { return !c.expires.IsZero() && !c.expires.After(now) }

// goesTo is the domain-match and the path-match of RFC 6265, sections 5.1.3 and 5.1.4.
func (c *cookie) goesTo(to Place) bool {
	if c.domain != to.Host && (c.hostOnly || !isUnder(to.Host, c.domain)) {
		return false
	}
	return pathMatches(to.Path, c.path) && (to.Secure || !c.secure)
}
