package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// attachTimeout is how long a browser may take to answer at its DevTools address.
const attachTimeout = 5 * time.Second

// Resolve turns what people have at hand ("127.0.0.1:9222", "http://127.0.0.1:9222", "ws://…/devtools/browser/…")
// into the WebSocket address of a browser that answers there. The error wraps ErrAttach.
func Resolve(ctx context.Context, address string) (string, error) {
	u, err := parseAddress(address)
	if err != nil {
		return "", err
	}
	probe := *u
	probe.Path = "/json/version"
	switch u.Scheme {
	case "ws":
		probe.Scheme = "http"
	case "wss":
		probe.Scheme = "https"
	}
	version, err := askVersion(ctx, probe.String())
	if err != nil {
		return "", fmt.Errorf("%w at %s: %w; start it with --remote-debugging-port and name that port", ErrAttach, address, err)
	}
	if (u.Scheme == "ws" || u.Scheme == "wss") && len(u.Path) > 1 {
		return u.String(), nil
	}
	socket, err := socketAt(probe, version.WebSocketDebuggerURL)
	if err != nil {
		return "", fmt.Errorf("%w at %s: %w", ErrAttach, address, err)
	}
	return socket, nil
}

// socketAt is the socket that the answer names, at the host that was asked: behind a proxy the browser knows
// neither its name nor that there is TLS, and an answer must not lead elsewhere.
func socketAt(asked url.URL, answered string) (string, error) {
	u, err := url.Parse(answered)
	if err != nil || !strings.HasPrefix(u.Path, "/devtools/") {
		return "", fmt.Errorf("GET %s: not a DevTools answer: its webSocketDebuggerUrl is %q", asked.String(), answered)
	}
	u.Host, u.Scheme = asked.Host, "ws"
	if asked.Scheme == "https" {
		u.Scheme = "wss"
	}
	return u.String(), nil
}

func parseAddress(address string) (*url.URL, error) {
	if _, _, err := net.SplitHostPort(address); err == nil {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%w: DevTools address %q: want host:port, http://host:port or ws://host:port/devtools/browser/…", ErrInvalidOption, address)
	}
	switch u.Scheme {
	case "https", "wss":
		return u, nil
	case "http", "ws":
		if !loopback(u.Hostname()) {
			return nil, fmt.Errorf("%w: DevTools address %q is beyond loopback and has no TLS: whoever reads along controls the browser; use wss:// or a tunnel", ErrInvalidOption, address)
		}
		return u, nil
	default:
		return nil, fmt.Errorf("%w: DevTools address %q: unknown scheme %q, want http, https, ws or wss", ErrInvalidOption, address, u.Scheme)
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

type versionAnswer struct {
	Browser              string `json:"Browser"`
	WebSocketDebuggerURL string `json:"webSocketDebuggerUrl"`
}

func askVersion(ctx context.Context, address string) (versionAnswer, error) {
	var answer versionAnswer
	ctx, cancel := context.WithTimeout(ctx, attachTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer, err
	}
	// A client of its own: no connection is kept, so none is left behind.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("GET %s: status %d", address, response.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil {
		return answer, fmt.Errorf("GET %s: not a DevTools answer: %w", address, err)
	}
	return answer, nil
}
