package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Why a call is refused before anything looks at it.
var (
	errHost   = errors.New("the service is not known by this name")
	errOrigin = errors.New("the call comes from a page of another origin")
	errType   = errors.New("want application/json")
	errToken  = errors.New("the token of the service is needed")
)

// guard lets through what may be answered. In this order it looks at:
//
//	what                                       against
//	-----------------------------------------  -------------------------------------------------------------------
//	Host, where the service is of the loopback a page whose name was made to lead here (DNS rebinding)
//	Sec-Fetch-Site and Origin of what changes  a page of another origin that posts
//	Sec-Fetch-Site of the API                  a page of another origin that takes streams; links lead there
//	Content-Type of what changes               a form, which needs nobody's leave to be posted anywhere
//	Authorization of the API, if need be       whoever has not the token
func (s *Server) guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = patiently(w, r)
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		switch {
		case !s.isKnownAs(r.Host):
			refuse(w, http.StatusMisdirectedRequest, "host", fmt.Errorf("%w: %q", errHost, r.Host))
		case origins.Check(r) != nil:
			refuse(w, http.StatusForbidden, "origin", errOrigin)
		case isOfAPI(r) && isForeign(r):
			refuse(w, http.StatusForbidden, "origin", errOrigin)
		case changes(r) && !isJSON(r):
			refuse(w, http.StatusUnsupportedMediaType, "content-type", errType)
		case !s.mayCall(r):
			header.Set("WWW-Authenticate", `Bearer realm="lockstep"`)
			refuse(w, http.StatusUnauthorized, "token", errToken)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isKnownAs tells whether a call may be addressed to a name. A service that other machines reach has a token, or is
// insecure on purpose, and may have any name.
func (s *Server) isKnownAs(name string) bool {
	if listening, _, err := net.SplitHostPort(s.options.Listen); err == nil && !isLoopback(listening) {
		return true
	}
	host, _, err := net.SplitHostPort(name)
	if err != nil {
		host = strings.Trim(name, "[]")
	}
	return isLoopback(strings.ToLower(host)) || slices.ContainsFunc(s.options.Hosts, func(known string) bool {
		return strings.EqualFold(known, host) || strings.EqualFold(known, name)
	})
}

func changes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

func isOfAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/api"
}

// isForeign tells whether a page of another origin calls, and not somebody who follows its link.
func isForeign(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none" && r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// mayCall compares tokens in a time that tells nothing of them. The page itself has no secrets; what it shows comes from
// the API.
func (s *Server) mayCall(r *http.Request) bool {
	if s.options.Token == "" || !isOfAPI(r) {
		return true
	}
	shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want, got := sha256.Sum256([]byte(s.options.Token)), sha256.Sum256([]byte(shown))
	return ok && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// refuse answers with a problem document.
func refuse(w http.ResponseWriter, status int, kind string, err error) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(&huma.ErrorModel{Type: problemType + kind, Title: http.StatusText(status), Status: status, Detail: err.Error()}) // the client may be gone
}
