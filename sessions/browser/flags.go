package browser

import (
	"os"
	"path/filepath"
)

// arguments are the flags of a browser that stays quiet, isolates its pages and never asks a person.
func (o LaunchOptions) arguments(dir, authority string) []string {
	args := []string{
		"--remote-debugging-port=0",
		"--remote-debugging-address=127.0.0.1",
		"--user-data-dir=" + filepath.Join(dir, "profile"),
		// Certificates that gateways show are taken, and no others that the system does not trust.
		"--ignore-certificate-errors-spki-list=" + authority,
		"--no-first-run", "--no-default-browser-check", "--disable-default-apps",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-quic", "--disable-extensions", "--disable-breakpad", "--disable-crash-reporter",
		"--disable-client-side-phishing-detection", "--disable-popup-blocking", "--disable-prompt-on-repost",
		"--metrics-recording-only", "--mute-audio", "--password-store=basic", "--use-mock-keychain",
		"--disable-hang-monitor", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		// Hidden or covered windows must run like visible ones: a session is never in the background.
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
		"--disable-renderer-backgrounding", "--disable-ipc-flooding-protection",
		// Several --disable-features do not add up, so they are one flag. The service-worker preload lets
		// a navigation slip past whatever watches requests.
		"--disable-features=ServiceWorkerAutoPreload,Translate,BackForwardCache,AcceptCHFrame,MediaRouter,OptimizationHints",
	}
	if !o.Executable.HeadlessShell() {
		args = append(args, "--headless=new")
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses to run as root with its sandbox
	}
	args = append(args, o.Flags...)
	return append(args, "about:blank")
}
