package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// debianPackage is the browser that doctor --install installs.
const debianPackage = "chromium-headless-shell"

// ensureBrowser installs Debian's headless shell where there is no browser and we may.
func ensureBrowser(ctx context.Context, log io.Writer) error {
	_, err := browser.Find()
	if err == nil || !errors.Is(err, browser.ErrNotFound) || os.Getenv(browser.EnvBrowser) != "" {
		return err
	}
	if _, lookErr := exec.LookPath("apt-get"); lookErr != nil {
		return err // it says what to do
	}
	var prefix []string
	if os.Geteuid() != 0 {
		if exec.CommandContext(ctx, "sudo", "-n", "true").Run() != nil {
			return err
		}
		prefix = []string{"sudo", "-n"}
	}
	fmt.Fprintf(log, "lockstep: no browser found; installing %s with apt-get\n", debianPackage)
	for _, arguments := range [][]string{
		{"apt-get", "update", "-qq"},
		{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends", debianPackage},
	} {
		arguments = append(append([]string(nil), prefix...), arguments...)
		cmd := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
		output, runErr := cmd.CombinedOutput()
		if runErr != nil {
			return fmt.Errorf("%v: %w\n%s\n%w", arguments, runErr, output, err)
		}
	}
	_, err = browser.Find()
	return err
}
