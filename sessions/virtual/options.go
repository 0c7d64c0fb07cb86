package virtual

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/seed49090845/lockstep/sessions"
)

// Defaults of Options.
const (
	DefaultConnectTimeout = 10 * time.Second
	DefaultRequestTimeout = 30 * time.Second
	DefaultTotalTimeout   = 60 * time.Second
	DefaultMaxRedirects   = 20
	DefaultMaxHeader      = 64 << 10
	DefaultMaxBody        = 64 << 20
)

// Options say what users of a target have in common. Only BaseURL is needed.
type Options struct {
	// BaseURL is the target: what paths are relative to, and, with Hosts, all that requests are ever sent to.
	BaseURL string
	// Hosts may get requests too, as HOST or HOST:PORT: where the target's redirects lead, say.
	Hosts []string
	// Header is sent with every request.
	Header http.Header
	// Timeouts limit requests.
	Timeouts Timeouts
	// MaxRedirects limits the redirects followed; zero means DefaultMaxRedirects, a negative number none: the
	// redirect itself is the answer then.
	MaxRedirects int
	// MaxHeader and MaxBody limit an answer, in bytes; zero means the defaults.
	MaxHeader, MaxBody int
	// Compression asks for compressed answers (gzip, br, zstd, deflate) and unpacks them; bytes received are
	// counted as they came.
	Compression bool
	// TLS is for a target with an authority of its own; nil means the system's. Certificates are verified unless it
	// says otherwise.
	TLS *tls.Config
	// Connections are shared by all users of the target if it is given. Nil, the default: each user has its own, as
	// people do.
	Connections *Connections
	// HTTP2 sends requests with net/http instead, in HTTP/2 where the target speaks it. It costs several times as
	// much, and excludes Connections.
	HTTP2 bool
	// Redactor hides secrets in evidence and errors; its zero value hides the usual ones.
	Redactor sessions.Redactor
}

// Timeouts limit requests. Zero means the default, a negative value is refused.
type Timeouts struct {
	// Connect limits the making of a connection, name look-up and TLS included.
	Connect time.Duration
	// Request limits one exchange from its first byte out until its answer is read.
	Request time.Duration
	// Total limits a request with its connection, redirects, and repetition.
	Total time.Duration
}

// Target is a system under test and what its users have in common. It may be used by many goroutines.
type Target struct {
	options Options
	base    *url.URL
	origin  origin // of base
	hosts   map[string]bool
	headers []header
	tls     *tls.Config
}

// NewTarget checks the options; nothing is sent yet. Errors wrap sessions.ErrInvalidOption.
func NewTarget(o Options) (*Target, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, invalid("base address %q: want http://host or https://host", o.BaseURL)
	}
	t := &Target{options: o, base: base, hosts: map[string]bool{}}
	if t.origin, err = originOf(base); err != nil {
		return nil, invalid("base address %q: %v", o.BaseURL, err)
	}
	if err := t.options.complete(); err != nil {
		return nil, err
	}
	for _, host := range o.Hosts {
		t.hosts[strings.ToLower(host)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(o.Header)) {
		for _, value := range o.Header[name] {
			if err := checkHeader(name, value); err != nil {
				return nil, err
			}
			t.headers = append(t.headers, header{http.CanonicalHeaderKey(name), value})
		}
	}
	t.tls = o.TLS.Clone()
	if t.tls == nil {
		t.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return t, nil
}

// Hosts are all that requests may be sent to: the base's HOST or HOST:PORT, and those of Options.Hosts.
func (t *Target) Hosts() []string {
	return append([]string{t.base.Host}, t.options.Hosts...)
}

func (o *Options) complete() error {
	for _, limit := range []struct {
		name      string
		value     *time.Duration
		byDefault time.Duration
	}{
		{"connect", &o.Timeouts.Connect, DefaultConnectTimeout}, {"request", &o.Timeouts.Request, DefaultRequestTimeout},
		{"total", &o.Timeouts.Total, DefaultTotalTimeout},
	} {
		if *limit.value < 0 {
			return invalid("the %s timeout %v is negative", limit.name, *limit.value)
		}
		if *limit.value == 0 {
			*limit.value = limit.byDefault
		}
	}
	if o.MaxHeader < 0 || o.MaxBody < 0 {
		return invalid("a limit of %d bytes for headers or %d for bodies is negative", o.MaxHeader, o.MaxBody)
	}
	for limit, byDefault := range map[*int]int{&o.MaxRedirects: DefaultMaxRedirects, &o.MaxHeader: DefaultMaxHeader, &o.MaxBody: DefaultMaxBody} {
		if *limit == 0 {
			*limit = byDefault
		}
	}
	if o.HTTP2 && o.Connections != nil {
		return invalid("HTTP2 has connections of its own: leave Connections out")
	}
	return nil
}

func checkHeader(name, value string) error {
	if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
		return invalid("header %q with a value of %d bytes is none", name, len(value))
	}
	switch http.CanonicalHeaderKey(name) {
	case "Host", "Cookie", "Content-Length", "Transfer-Encoding", "Connection":
		return invalid("header %s is set by the user itself", name)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{sessions.ErrInvalidOption}, args...)...)
}
