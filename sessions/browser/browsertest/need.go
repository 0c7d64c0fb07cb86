package browsertest

import (
	"os"
	"testing"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// NeedBrowser returns the browser that is installed. Where there is none the test fails if the environment
// has CI=true, and is skipped with a loud message elsewhere: a suite that proves nothing must not look green.
func NeedBrowser(t testing.TB) browser.Executable {
	t.Helper()
	found, err := browser.Find()
	if err == nil {
		return found
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI needs a browser: %v", err)
	}
	t.Skipf("SKIPPED, NOTHING IS PROVED: %v", err)
	return browser.Executable{}
}

// NeedPool is NeedBrowser with a pool of the driver, which is closed when the test ends.
func NeedPool(t testing.TB, driver browser.Driver, o browser.PoolOptions) *browser.Pool {
	t.Helper()
	o.Launch.Executable = NeedBrowser(t)
	return NewPool(t, driver, o)
}
