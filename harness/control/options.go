package control

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// DefaultListen is where the service listens unless Options.Listen says otherwise.
const DefaultListen = "127.0.0.1:7400"

// Options are those of a Server. The zero value serves the scenarios that are built in, on this machine alone, and
// keeps results in memory.
type Options struct {
	// Listen is HOST:PORT; empty means DefaultListen. Port 0 chooses a free one. Any host but one of the loopback needs
	// Token and TLS, or InsecureAllowRemote.
	Listen string
	// Token is what every call has to show as "Authorization: Bearer …"; empty means that none is needed.
	Token string
	// TLS has the service speak TLS; it needs a certificate. Nil means plain HTTP.
	TLS *tls.Config
	// InsecureAllowRemote lets other machines reach the service without Token and TLS.
	InsecureAllowRemote bool
	// Hosts are names, beside those of the loopback, by which callers may address a service that listens on the loopback:
	// HOST or HOST:PORT.
	Hosts []string

	// Scenarios are what can be run beside URL and HAR, which are always there.
	Scenarios []Scenario
	// Targets are what runs may be pointed at beside the loopback: HOST for any of its ports, or HOST:PORT.
	Targets []string

	// Database is the SQLite file in which results are kept; empty means in memory, until the end of the service.
	Database string
	// Limits bound what callers can ask for.
	Limits Limits
	// Stop has Serve end in good order when it is closed: runs in progress may finish. The end of its context interrupts
	// them. Nil: nobody stops it.
	Stop <-chan struct{}
	// Drain is how long runs may take to finish when the service is to end; zero means DefaultDrain, a negative time
	// that they are interrupted at once.
	Drain time.Duration
}

// DefaultDrain is how long runs may take to finish when the service is to end.
const DefaultDrain = 30 * time.Second

// Limits bound what callers can ask for. Zero means the default that is named in brackets.
type Limits struct {
	// Body is the size of a request, in bytes (32 MiB). HARs are large.
	Body int64
	// Runs at once (8).
	Runs int
	// Users that a scenario may have present at once (10,000). More that arrive wait for their turn; more that are to be
	// held are refused.
	Users int
	// Duration of a run (24 h). Nobody is started afterwards.
	Duration time.Duration
	// Keep is how many results are kept (1,000), KeepFor for how long (30 days).
	Keep    int
	KeepFor time.Duration
	// Streams of events at once (64).
	Streams int
}

func (o *Options) complete() error {
	set(&o.Listen, DefaultListen)
	set(&o.Drain, DefaultDrain)
	l := &o.Limits
	set(&l.Body, 32<<20)
	set(&l.Runs, 8)
	set(&l.Users, 10_000)
	set(&l.Duration, 24*time.Hour)
	set(&l.Keep, 1000)
	set(&l.KeepFor, 30*24*time.Hour)
	set(&l.Streams, 64)
	var errs []error
	if l.Body < 0 || l.Runs < 0 || l.Users < 0 || l.Duration < 0 || l.Keep < 0 || l.KeepFor < 0 || l.Streams < 0 {
		errs = append(errs, invalid("a limit is negative: %+v", *l))
	}
	if o.TLS != nil && len(o.TLS.Certificates) == 0 && o.TLS.GetCertificate == nil {
		errs = append(errs, invalid("TLS has no certificate"))
	}
	host, _, err := net.SplitHostPort(o.Listen)
	switch {
	case err != nil:
		errs = append(errs, invalid("listen at %q: want HOST:PORT such as %s: %v", o.Listen, DefaultListen, err))
	case !isLoopback(host) && !o.InsecureAllowRemote && (o.Token == "" || o.TLS == nil):
		errs = append(errs, invalid("listen at %q: other machines can reach it, so a token and TLS are needed; a loopback address such as %s needs neither", o.Listen, DefaultListen))
	}
	return errors.Join(errs...)
}

// set gives a value that is not given.
func set[T comparable](to *T, value T) {
	var zero T
	if *to == zero {
		*to = value
	}
}

// isLoopback tells whether a host is this machine by whatever name, without asking anybody.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{sessions.ErrInvalidOption}, args...)...)
}
