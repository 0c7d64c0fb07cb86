package browser

import (
	"os"
	"path/filepath"
	"strings"
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
		// What has a proxy goes through it, or nowhere: peer connections would look for a way around it by UDP.
		"--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
	}
	if !o.Executable.HeadlessShell() {
		args = append(args, "--headless=new")
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses to run as root with its sandbox
	}
	args = append(args, withFeatures(o.Flags)...)
	return append(args, "about:blank")
}

// withoutFeatures are those that are switched off: the service-worker preload lets a navigation slip past whatever watches
// requests, and the others do what nobody asked for.
const withoutFeatures = "ServiceWorkerAutoPreload,Translate,BackForwardCache,AcceptCHFrame,MediaRouter,OptimizationHints"

// withFeatures puts all features that are switched off, ours and those of the given flags, into one flag: of several only
// the last would count.
func withFeatures(given []string) []string {
	const flag = "--disable-features="
	off, others := withoutFeatures, []string(nil)
	for _, f := range given {
		if more, ok := strings.CutPrefix(f, flag); ok {
			off += "," + more
		} else {
			others = append(others, f)
		}
	}
	return append(others, flag+off)
}
