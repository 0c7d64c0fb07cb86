package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// Serve answers at an address on loopback as the DevTools of a browser would when they are asked for their
// version, until the test ends; it is for browser.PoolOptions.Attach.
func Serve(t testing.TB) (address string) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("GET /json/version", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"Browser":"Fake/1.0","webSocketDebuggerUrl":"ws://%s/devtools/browser/fake"}`, r.Host)
	})
	return server.URL
}

// script prints what a browser prints when its DevTools listen, and waits to be killed. The last part of
// the address is its process id, by which Connection.Die finds it.
const script = `#!/bin/sh
echo "DevTools listening on ws://127.0.0.1:1/devtools/browser/$$" >&2
exec sleep 2147483647
`

// Executable is a program that starts as a browser does and then only waits; it is for
// browser.LaunchOptions.
func Executable(t testing.TB) browser.Executable {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fake-headless-shell")
	// A process that is started meanwhile would inherit the open file, and Linux runs no file that is open
	// for writing.
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(script), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	return browser.Executable{Path: path, Source: "browsertest"}
}

// NewPool makes a pool of the driver's pages, which is closed when the test ends. Where the options name no
// browser it launches Executable.
func NewPool(t testing.TB, driver browser.Driver, o browser.PoolOptions) *browser.Pool {
	t.Helper()
	if o.Attach == "" && o.Launch.Executable.Path == "" {
		o.Launch.Executable = Executable(t)
	}
	pool, err := browser.NewPool(driver, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Errorf("closing the pool: %v", err)
		}
	})
	return pool
}
