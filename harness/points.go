package harness

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// What points are called: `starts "adds a contact"`, "POST /phonebooks/{id}", "response to POST /phonebooks/{id}", `meets "all
// ready"`, "POST /phonebooks/{id} · SELECT name FROM phonebooks", "answer to POST /phonebooks/{id} · UPDATE phonebooks".
const (
	startsWord    = "starts "
	responseWord  = "response to "
	meetsWord     = "meets "
	statementWord = " · "
	answerWord    = "answer to "
)

type pointKind uint8

const (
	pointRequest pointKind = iota
	pointResponse
	pointStart
	pointBarrier
	pointStatement
	pointAnswer
)

func kindOfPoint(what string) pointKind {
	switch {
	case strings.HasPrefix(what, startsWord):
		return pointStart
	case strings.HasPrefix(what, responseWord):
		return pointResponse
	case strings.HasPrefix(what, meetsWord):
		return pointBarrier
	case strings.HasPrefix(what, answerWord):
		return pointAnswer
	case strings.Contains(what, statementWord):
		return pointStatement
	}
	return pointRequest
}

// traffic is what a request is to an exploration.
type traffic uint8

const (
	scheduled  traffic = iota // a point
	shown                     // a page needs it to be shown: it passes, and is waited for
	background                // it passes, and nobody waits for it
)

// requestNames names requests, and tells which are points.
type requestNames struct {
	named, background []requestPattern
}

// requestPattern is a pattern of http.ServeMux.
type requestPattern struct {
	text string // the path, as it is written
	mux  *http.ServeMux
}

func parsePattern(text string) (p requestPattern, err error) {
	p = requestPattern{text: text, mux: http.NewServeMux()}
	if method, rest, found := strings.Cut(text, " "); found && !strings.HasPrefix(method, "/") {
		p.text = strings.TrimSpace(rest)
	}
	if !strings.HasPrefix(p.text, "/") {
		return p, fmt.Errorf("%q is no pattern: want a path that begins with /, or a method before it", text)
	}
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%q is no pattern: %v", text, reason)
		}
	}()
	p.mux.Handle(text, http.NotFoundHandler())
	return p, nil
}

// fits asks the multiplexer, which answers with a redirect's pattern where a path is not clean: that is none of ours.
func (p requestPattern) fits(method string, u *url.URL) bool {
	_, pattern := p.mux.Handler(&http.Request{Method: method, URL: u, Host: u.Host})
	return pattern != ""
}

func (n *requestNames) add(to *[]requestPattern, patterns []string) (wrong []error) {
	for _, text := range patterns {
		p, err := parsePattern(text)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		*to = append(*to, p)
	}
	return wrong
}

// name is what a request's point is called.
func (n *requestNames) name(method string, u *url.URL) string {
	i := slices.IndexFunc(n.named, func(p requestPattern) bool { return p.fits(method, u) })
	if i >= 0 {
		return method + " " + n.named[i].text
	}
	return method + " " + general(u.EscapedPath())
}

// identifier is a segment that names a thing: a number, a UUID, or hexadecimal digits as long as a key.
var identifier = regexp.MustCompile(`^(\d+|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,})$`)

// general takes what differs from run to run out of a path.
func general(escaped string) string {
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		if identifier.MatchString(s) {
			segments[i] = "{id}"
		}
	}
	if name := strings.Join(segments, "/"); name != "" {
		return name
	}
	return "/"
}

// sort tells what a request is.
func (n *requestNames) sort(p gateway.Passage) traffic {
	switch {
	case hasField(p.Header, "Upgrade", "websocket"), hasField(p.Header, "Accept", "text/event-stream"):
		return background
	case slices.ContainsFunc(n.background, func(b requestPattern) bool { return b.fits(p.Method, p.URL) }):
		return background
	case p.Method == http.MethodConnect, forShow(p):
		return shown
	}
	return scheduled
}

// shownKinds are those of Sec-Fetch-Dest that make up a page, shownNames the names that such files have where a browser does
// not say what it wants them for: it does so over HTTPS and to this machine.
var (
	shownKinds = []string{"image", "script", "style", "font", "manifest", "audio", "video", "track", "worker", "sharedworker", "serviceworker"}
	shownNames = []string{".js", ".mjs", ".css", ".ico", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".woff", ".woff2", ".ttf", ".otf", ".map", ".webmanifest"}
)

func forShow(p gateway.Passage) bool {
	if safe := p.Method == http.MethodGet || p.Method == http.MethodHead; !safe {
		return false
	}
	for _, f := range p.Header {
		if strings.EqualFold(f.Name, "Sec-Fetch-Dest") {
			return slices.Contains(shownKinds, f.Value)
		}
	}
	return slices.Contains(shownNames, strings.ToLower(path.Ext(p.URL.Path)))
}

func hasField(fields []gateway.Field, name, value string) bool {
	return slices.ContainsFunc(fields, func(f gateway.Field) bool {
		return strings.EqualFold(f.Name, name) && strings.Contains(strings.ToLower(f.Value), value)
	})
}

// isSafe tells whether a method promises to change nothing.
func isSafe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}
