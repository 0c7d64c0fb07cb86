package control_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/sessions"
)

// TestWhoMayListenWhere checks the options: what other machines reach needs a token and TLS.
func TestWhoMayListenWhere(t *testing.T) {
	certified := &tls.Config{Certificates: []tls.Certificate{{}}, MinVersion: tls.VersionTLS12}
	for name, c := range map[string]struct {
		options control.Options
		allowed bool
	}{
		"the default":       {control.Options{}, true},
		"loopback":          {control.Options{Listen: "[::1]:0"}, true},
		"all":               {control.Options{Listen: "0.0.0.0:0"}, false},
		"all, empty host":   {control.Options{Listen: ":0"}, false},
		"a name":            {control.Options{Listen: "localhost.example:0"}, false},
		"with token alone":  {control.Options{Listen: "0.0.0.0:0", Token: "t"}, false},
		"with TLS alone":    {control.Options{Listen: "0.0.0.0:0", TLS: certified}, false},
		"with both":         {control.Options{Listen: "0.0.0.0:0", TLS: certified, Token: "t"}, true},
		"insecure":          {control.Options{Listen: "0.0.0.0:0", InsecureAllowRemote: true}, true},
		"TLS of nobody":     {control.Options{TLS: &tls.Config{MinVersion: tls.VersionTLS12}}, false},
		"no port":           {control.Options{Listen: "127.0.0.1"}, false},
		"a negative limit":  {control.Options{Limits: control.Limits{Runs: -1}}, false},
		"twice of one name": {control.Options{Scenarios: []control.Scenario{control.Define[struct{}]("url", "", nil)}}, false},
		"no scenario":       {control.Options{Scenarios: []control.Scenario{{}}}, false},
	} {
		s, err := control.New(t.Context(), c.options)
		if err == nil {
			_ = s.Close()
		}
		if (err == nil) != c.allowed || err != nil && !errors.Is(err, sessions.ErrInvalidOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheGuard has for each refusal a twin that is let through.
func TestTheGuard(t *testing.T) {
	plain := service(t, control.Options{Hosts: []string{"ci.example"}}, look).Handler()
	guarded := service(t, control.Options{Token: "open sesame"}, look).Handler()
	remote := service(t, control.Options{Listen: "0.0.0.0:0", InsecureAllowRemote: true}, look).Handler()
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	for name, c := range map[string]struct {
		handler      http.Handler
		method, path string
		change       func(*http.Request)
		status       int
	}{
		"a call":                     {plain, "GET", "/api/runs", host("127.0.0.1:7400"), 200},
		"by localhost":               {plain, "GET", "/api/runs", host("localhost:7400"), 200},
		"by IPv6":                    {plain, "GET", "/api/runs", host("[::1]:7400"), 200},
		"by a name that is allowed":  {plain, "GET", "/api/runs", host("ci.example:7400"), 200},
		"by a name that leads here":  {plain, "GET", "/api/runs", host("evil.example:7400"), 421},
		"by one like localhost":      {plain, "GET", "/api/runs", host("localhost.evil.example"), 421},
		"the page by such a name":    {plain, "GET", "/", host("evil.example"), 421},
		"any name from afar":         {remote, "GET", "/api/runs", host("load.example"), 200},
		"a post":                     {plain, "POST", "/api/runs/none/cancel", set("Sec-Fetch-Site", "same-origin"), 404},
		"a post from another site":   {plain, "POST", "/api/runs/none/cancel", set("Sec-Fetch-Site", "cross-site"), 403},
		"a post from the same site":  {plain, "POST", "/api/runs/none/cancel", set("Sec-Fetch-Site", "same-site"), 403},
		"a post from another origin": {plain, "POST", "/api/runs/none/cancel", set("Origin", "http://evil.example"), 403},
		"a post from another port":   {plain, "POST", "/api/runs/none/cancel", set("Origin", "http://127.0.0.1:1"), 403},
		"a post from nowhere":        {plain, "POST", "/api/runs/none/cancel", set("Origin", "null"), 403},
		"a page that takes streams":  {plain, "GET", "/api/runs", set("Sec-Fetch-Site", "cross-site"), 403},
		"a link of another page": {plain, "GET", "/api/runs", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Mode", "navigate")
		}, 200},
		"an address that is typed":    {plain, "GET", "/api/runs", set("Sec-Fetch-Site", "none"), 200},
		"a form":                      {plain, "POST", "/api/runs/none/cancel", set("Content-Type", "text/plain"), 415},
		"a form with fields":          {plain, "POST", "/api/runs", set("Content-Type", "application/x-www-form-urlencoded"), 415},
		"JSON by a parameter":         {plain, "POST", "/api/runs", set("Content-Type", "text/plain; application/json"), 415},
		"no token":                    {guarded, "GET", "/api/runs", set("X", "y"), 401},
		"the token":                   {guarded, "GET", "/api/runs", set("Authorization", "Bearer open sesame"), 200},
		"another token":               {guarded, "GET", "/api/runs", set("Authorization", "Bearer open sesam"), 401},
		"no bearer":                   {guarded, "GET", "/api/runs", set("Authorization", "open sesame"), 401},
		"a post without token":        {guarded, "POST", "/api/runs", set("X", "y"), 401},
		"events without token":        {guarded, "GET", "/api/runs/x/events", set("X", "y"), 401},
		"a path that is none":         {guarded, "GET", "/api/../api/runs", set("X", "y"), 401},
		"the page, which has nothing": {guarded, "GET", "/", set("X", "y"), 200},
		"nothing":                     {plain, "GET", "/etc/passwd", set("X", "y"), 404},
		"another method":              {plain, "DELETE", "/api/runs/x", set("X", "y"), 415},
	} {
		response, body := ask(t, c.handler, c.method, c.path, "", c.change)
		if response.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", name, response.StatusCode, body, c.status)
		}
		if c.status >= 400 {
			var problem struct {
				Type   string
				Status int
			}
			if err := json.Unmarshal([]byte(body), &problem); err != nil || problem.Status != c.status || !strings.HasPrefix(problem.Type, "urn:lockstep:problem:") {
				t.Errorf("%s: no problem document: %s", name, body)
			}
		}
		for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"} {
			if got := response.Header.Get(header); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		if response.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: another origin may read it", name)
		}
	}
}

// FuzzStart sends hostile bodies: each is answered, with a problem if it is not well, and nothing is left behind.
func FuzzStart(f *testing.F) {
	h := service(f, control.Options{Limits: control.Limits{Body: 1 << 16, Users: 10, Runs: 2}}, look).Handler()
	for _, seed := range []string{
		`{}`, `[]`, `null`, `{"scenario":"url"}`, `{"scenario":"own","profile":"atOnceUsers(1)","vars":{"a":1e400}}`, `{"scenario":"own","total":1e99}`,
		`{"scenario":"own","total":-1}`, `{"id":"../../etc","scenario":"own"}`, `{"id":"a\u0000b","scenario":"own","total":1,"cps":1}`,
		`{"scenario":"har","params":{"url":"http://127.0.0.1:1","har":{"log":{"entries":[{}]}}},"total":1,"cps":1}`,
		`{"scenario":"url","params":{"url":"http://[::1]:99999/"},"total":1,"cps":1}`, `{"scenario":"own","cps":0.0000001,"total":1,"ramp":"-1s"}`,
		strings.Repeat("[", 20000), `{"scenario":` + strings.Repeat(`{"a":`, 5000), "\xff\xfe", `{"scenario":"own","graceful_stop":"x"}`,
		`{"scenario":"own","scenario":"url","profile":"rampUsers(1).during(99999999999999)"}`, `{"vars":{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `},"scenario":"own","total":1,"cps":1}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		response, answer := ask(t, h, http.MethodPost, "/api/runs", body)
		var told struct {
			ID     string
			Status int
		}
		if err := json.Unmarshal([]byte(answer), &told); err != nil {
			t.Fatalf("%d, and the answer is no JSON: %q", response.StatusCode, answer)
		}
		switch {
		case response.StatusCode == http.StatusCreated:
			if cancelled, text := ask(t, h, http.MethodPost, "/api/runs/"+told.ID+"/cancel", "{}"); cancelled.StatusCode != http.StatusOK {
				t.Fatalf("it cannot be cancelled: %s", text)
			}
		case response.StatusCode >= 500 || told.Status != response.StatusCode:
			t.Fatalf("%d: %s", response.StatusCode, answer)
		}
	})
}
