package harness

import (
	"context"
	"crypto/tls"
	"io"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sync/vars"
)

// The variables that set what a test leaves open.
const (
	// EnvAttach is the DevTools address of a running browser to use instead of launching one.
	EnvAttach = "LOCKSTEP_ATTACH"
	// EnvArtifacts is the folder for evidence and reports.
	EnvArtifacts = "LOCKSTEP_ARTIFACTS"
	// EnvSeed is where everything random comes from, a number; empty or 0 means Ginkgo's, or the clock's.
	EnvSeed = "LOCKSTEP_SEED"
	// EnvEvidence is "always" to keep evidence of passing runs too; empty or "failure": of the others only.
	EnvEvidence = "LOCKSTEP_EVIDENCE"
)

// Option sets up a harness.
type Option func(*options)

type options struct {
	driverName    string
	driver        browser.Driver
	browsers      browser.PoolOptions
	pool          *browser.Pool
	baseURL       string
	artifacts     string
	always        bool
	openTimeout   time.Duration
	stepTimeout   time.Duration
	actionTimeout time.Duration
	bodyGrace     time.Duration // zero means bodyGrace
	display       display
	redactor      sessions.Redactor
	tls           *tls.Config
	bodies        int
	runVars       func(context.Context) (vars.Store, error) // nil: fresh ones in memory
	stamp         func() gateway.Stamp                      // of all that the harness records
	seed          int64
}

// Driver chooses the driver by name, "chromedp" or "rod"; without it, or with "", LOCKSTEP_DRIVER does.
func Driver(name string) Option { return func(o *options) { o.driverName = name } }

// Browsers sets how browsers are launched and shared, and how many pages are kept warm.
func Browsers(b browser.PoolOptions) Option { return func(o *options) { o.browsers = b } }

// Attach uses the running browser at a DevTools address; without it LOCKSTEP_ATTACH does, if it is set.
func Attach(address string) Option { return func(o *options) { o.browsers.Attach = address } }

// Pool uses browsers that somebody else owns and closes, with their driver; nil means browsers of the harness's own.
func Pool(p *browser.Pool) Option { return func(o *options) { o.pool = p } }

// BaseURL is what addresses without a scheme are relative to in all sessions; without it, all must have one.
func BaseURL(url string) Option { return func(o *options) { o.baseURL = url } }

// Artifacts is the folder for evidence; without it LOCKSTEP_ARTIFACTS is, and without that "artifacts".
func Artifacts(folder string) Option { return func(o *options) { o.artifacts = folder } }

// AlwaysEvidence keeps evidence of runs that pass, too.
func AlwaysEvidence() Option { return func(o *options) { o.always = true } }

// OpenTimeout limits the opening of a run's sessions, the launch of their browsers and the wait for a free page
// included; zero means DefaultOpenTimeout.
func OpenTimeout(d time.Duration) Option { return func(o *options) { o.openTimeout = d } }

// StepTimeout limits each body that has no timeout of its own; zero means DefaultStepTimeout.
func StepTimeout(d time.Duration) Option { return func(o *options) { o.stepTimeout = d } }

// ActionTimeout limits each verb of a session; zero means sessions.DefaultActionTimeout.
func ActionTimeout(d time.Duration) Option { return func(o *options) { o.actionTimeout = d } }

// Progress is where the progress of long runs is shown: on a terminal a live line after 2 s, elsewhere a line each
// 10 s. Without it that is the standard error output; nil shows none.
func Progress(w io.Writer) Option {
	return func(o *options) {
		if w == nil {
			w = io.Discard
		}
		o.display = displayOn(w)
	}
}

// Redact hides the values of more parameters and fields in evidence: those whose name contains one of the
// words.
func Redact(words ...string) Option {
	return func(o *options) { o.redactor.Names = append(o.redactor.Names, words...) }
}

// TLS is how servers are verified, for test servers with an authority of their own: by the gateways of browser sessions
// and by HTTP sessions. Without it, the system's authorities count.
func TLS(config *tls.Config) Option { return func(o *options) { o.tls = config } }

// KeepBodies lets gateways keep the first bytes, at most so many, of each request's and each response's body in their
// records; without it, they keep none.
func KeepBodies(bytes int) Option { return func(o *options) { o.bodies = bytes } }

// Seed sets where everything random comes from; without it, or with zero, it is Ginkgo's, or the clock's.
func Seed(seed int64) Option { return func(o *options) { o.seed = seed } }
