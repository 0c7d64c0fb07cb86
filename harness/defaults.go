package harness

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/seed49090845/lockstep/harness/internal/nearest"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// The values of EnvEvidence.
const (
	evidenceAlways    = "always"
	evidenceOnFailure = "failure"
)

// complete puts the variables and the defaults in.
func (o *options) complete() {
	if o.browsers.Attach == "" && o.pool == nil {
		o.browsers.Attach = os.Getenv(EnvAttach)
	}
	if o.artifacts == "" {
		o.artifacts = os.Getenv(EnvArtifacts)
	}
	if o.artifacts == "" {
		o.artifacts = "artifacts"
	}
	if absolute, err := filepath.Abs(o.artifacts); err == nil { // else writing will tell
		o.artifacts = absolute
	}
	if o.display.Writer == nil {
		o.display = displayOn(os.Stderr)
	}
	if o.openTimeout == 0 {
		o.openTimeout = DefaultOpenTimeout
	}
	if o.stepTimeout == 0 {
		o.stepTimeout = DefaultStepTimeout
	}
	if o.bodyGrace == 0 {
		o.bodyGrace = bodyGrace
	}
	if o.tls != nil {
		o.browsers.Gateway.TLS = o.tls
	}
	if o.bodies != 0 {
		o.browsers.Gateway.Bodies = o.bodies
	}
	if o.browsers.Gateway.Stamp == nil {
		o.browsers.Gateway.Stamp = gateway.Stamps()
	}
	o.stamp = o.browsers.Gateway.Stamp
	if o.pool != nil {
		o.stamp = o.pool.Stamp
	}
	if o.seed == 0 {
		o.seed, _ = strconv.ParseInt(os.Getenv(EnvSeed), 10, 64) // check tells
	}
	o.always = o.always || os.Getenv(EnvEvidence) == evidenceAlways
}

// check finds everything that is wrong with the options, and chooses the driver. It starts nothing.
func (o *options) check() (wrong []Mistake) {
	add := func(hint, format string, args ...any) {
		wrong = append(wrong, Mistake{What: fmt.Sprintf(format, args...), Hint: hint})
	}
	if hint, err := o.chooseDriver(); err != nil {
		add(hint, "%v", err)
	}
	for _, limit := range []struct {
		name string
		d    time.Duration
	}{{"open timeout", o.openTimeout}, {"step timeout", o.stepTimeout}, {"action timeout", o.actionTimeout}, {"launch timeout", o.browsers.Launch.Timeout}} {
		if limit.d < 0 {
			add("a timeout is not negative; zero means the default", "the harness has the %s %v", limit.name, limit.d)
		}
	}
	if err := checkBaseURL(o.baseURL); err != nil {
		add("want http://host or https://host, as in http://127.0.0.1:8080", "the base address of the harness: %v", err)
	}
	if _, err := browser.NewPool(o.driver, o.browsers); err != nil {
		add("correct the option Browsers or Attach", "the browsers of the harness: %v", err)
	}
	if o.bodies < 0 {
		add("zero keeps none", "the harness keeps %d bytes of bodies", o.bodies)
	}
	if text := os.Getenv(EnvSeed); text != "" {
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			add("want a number, as an exploration prints it", "the variable %s is %q", EnvSeed, text)
		}
	}
	if o.pool != nil && o.bodies != 0 {
		add("a pool's gateways are its own: set Gateway in its options", "the harness has Pool, and KeepBodies beside it")
	}
	if o.pool != nil && (o.driverName != "" && o.driverName != o.driver.Name() || o.browsers.Attach != "") {
		add("a pool has its own driver and browsers: remove the other options", "the harness has Pool, and Driver or Attach beside it")
	}
	if mode := os.Getenv(EnvEvidence); mode != "" && mode != evidenceAlways && mode != evidenceOnFailure {
		add(nearest.Hint(mode, []string{evidenceAlways, evidenceOnFailure}), "the variable %s is %q", EnvEvidence, mode)
	}
	return wrong
}

// chooseDriver takes that of the pool, or finds the one that is named.
func (o *options) chooseDriver() (hint string, err error) {
	if o.pool != nil {
		o.driver = o.pool.Driver()
		return "", nil
	}
	if o.driver, err = sessions.Driver(o.driverName); err == nil {
		return "", nil
	}
	written := o.driverName
	if written == "" {
		written = os.Getenv(sessions.EnvDriver)
	}
	var names []string
	for _, driver := range sessions.Drivers() {
		names = append(names, driver.Name())
	}
	return nearest.Hint(written, names), err
}

func checkBaseURL(base string) error {
	if base == "" {
		return nil
	}
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return err // names the address
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%q has the scheme %q", base, u.Scheme)
	case u.Host == "":
		return fmt.Errorf("%q: %w", base, errNoHost)
	}
	return nil
}

var errNoHost = errors.New("it has no host")
