package harness

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// The variables that set what a test leaves open.
const (
	// EnvAttach is the DevTools address of a running browser to use instead of launching one.
	EnvAttach = "LOCKSTEP_ATTACH"
	// EnvArtifacts is the folder for evidence and reports.
	EnvArtifacts = "LOCKSTEP_ARTIFACTS"
	// EnvEvidence is "always" to keep evidence of passing runs too.
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
	stepTimeout   time.Duration
	actionTimeout time.Duration
	progress      io.Writer
	redactor      sessions.Redactor
	seed          int64
}

// Driver chooses the driver by name, "chromedp" or "rod"; without it LOCKSTEP_DRIVER does.
func Driver(name string) Option { return func(o *options) { o.driverName = name } }

// Browsers sets how browsers are launched and shared, and how many pages are kept warm.
func Browsers(b browser.PoolOptions) Option { return func(o *options) { o.browsers = b } }

// Attach uses the running browser at a DevTools address; without it LOCKSTEP_ATTACH does, if it is set.
func Attach(address string) Option { return func(o *options) { o.browsers.Attach = address } }

// Pool uses browsers that somebody else owns and closes.
func Pool(p *browser.Pool) Option { return func(o *options) { o.pool = p } }

// BaseURL is what addresses without a scheme are relative to in all sessions.
func BaseURL(url string) Option { return func(o *options) { o.baseURL = url } }

// Artifacts is the folder for evidence; without it LOCKSTEP_ARTIFACTS is, and without that "artifacts".
func Artifacts(folder string) Option { return func(o *options) { o.artifacts = folder } }

// AlwaysEvidence keeps evidence of runs that pass, too.
func AlwaysEvidence() Option { return func(o *options) { o.always = true } }

// StepTimeout limits each body that has no timeout of its own; zero means DefaultStepTimeout.
func StepTimeout(d time.Duration) Option { return func(o *options) { o.stepTimeout = d } }

// ActionTimeout limits each verb of a session; zero means sessions.DefaultActionTimeout.
func ActionTimeout(d time.Duration) Option { return func(o *options) { o.actionTimeout = d } }

// Progress is where the progress of long runs is shown; without it the standard error output is. nil shows
// none.
func Progress(w io.Writer) Option {
	return func(o *options) {
		if w == nil {
			w = io.Discard
		}
		o.progress = w
	}
}

// Redact hides the values of more parameters and fields in evidence: those whose name contains one of the
// words.
func Redact(words ...string) Option {
	return func(o *options) { o.redactor.Names = append(o.redactor.Names, words...) }
}

// Seed sets where everything random comes from; without it, or with zero, it is Ginkgo's, or the clock's.
func Seed(seed int64) Option { return func(o *options) { o.seed = seed } }

// complete puts the defaults in.
func (o *options) complete() (err error) {
	if o.browsers.Attach == "" {
		o.browsers.Attach = os.Getenv(EnvAttach)
	}
	if o.artifacts == "" {
		o.artifacts = os.Getenv(EnvArtifacts)
	}
	if o.artifacts == "" {
		o.artifacts = "artifacts"
	}
	if o.progress == nil {
		o.progress = os.Stderr
	}
	if o.stepTimeout == 0 {
		o.stepTimeout = DefaultStepTimeout
	}
	o.always = o.always || os.Getenv(EnvEvidence) == "always"
	if o.driver, err = sessions.Driver(o.driverName); err != nil {
		return err
	}
	if o.artifacts, err = filepath.Abs(o.artifacts); err != nil {
		return fmt.Errorf("artifacts: %w", err)
	}
	if o.stepTimeout < 0 || o.actionTimeout < 0 {
		return fmt.Errorf("%w: step timeout %v, action timeout %v: none may be negative", sessions.ErrInvalidOption, o.stepTimeout, o.actionTimeout)
	}
	return nil
}
