package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/replay"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Traffic is what the built-in scenarios have in common.
type Traffic struct {
	URL               string            `json:"url" maxLength:"2000" doc:"Where requests go; nothing is sent to any other host" example:"http://localhost:8080/items"`
	Headers           map[string]string `json:"headers,omitempty" doc:"Sent with every request"`
	Checks            []string          `json:"checks,omitempty" nullable:"false" maxItems:"100" doc:"What an answer is to be like; 2xx or 304 where nothing is said" example:"[\"status = 200\"]"`
	Pause             string            `json:"pause,omitempty" doc:"After each request" example:"exponential(500ms)"`
	Pace              Duration          `json:"pace,omitempty" doc:"From the start of a user's iteration to that of its next"`
	Timeout           Duration          `json:"timeout,omitempty" doc:"Limit of a request; 30s unless it is given"`
	Iterations        int               `json:"iterations,omitempty" minimum:"0" doc:"How often each user does it; once, or in a closed model for as long as it is wanted, unless it is given"`
	SharedConnections bool              `json:"shared_connections,omitempty" doc:"Users share connections; else each has its own"`
	Compression       bool              `json:"compression,omitempty" doc:"Ask for compressed answers"`
	HTTP2             bool              `json:"http2,omitempty" doc:"HTTP/2 where the server speaks it"`
}

// URLParams are those of the scenario url.
type URLParams struct {
	Traffic
	Method string `json:"method,omitempty" maxLength:"20" doc:"GET, or POST with a body, unless it is given"`
	Body   string `json:"body,omitempty" doc:"What is sent"`
}

// HARParams are those of the scenario har.
type HARParams struct {
	Traffic
	HAR          json.RawMessage `json:"har" doc:"A HAR 1.2"`
	RecordedHost string          `json:"recorded_host,omitempty" doc:"Host of the HAR whose requests are sent; that of url unless it is given"`
	ThinkTimes   bool            `json:"think_times,omitempty" doc:"Pause as recorded"`
}

// builtIn are the scenarios that are always there.
func builtIn() []Scenario {
	return []Scenario{
		Define("url", "Each user sends one request", prepareURL),
		Define("har", "Each user sends the requests of a recording", prepareHAR),
	}
}

func prepareURL(_ context.Context, p URLParams) (Prepared, error) {
	s, address, set, err := p.scenario("url")
	if err != nil {
		return Prepared{}, err
	}
	r := virtual.Request{Method: strings.ToUpper(p.Method), Path: address.RequestURI(), Check: set}
	if p.Body != "" {
		r.Body = []byte(p.Body)
	}
	s.User = func(ctx context.Context, u *load.User) error {
		_, err := u.Do(ctx, r)
		return errors.Join(err, u.Pause(ctx)) // who fails pauses too
	}
	return One(s), nil
}

func prepareHAR(_ context.Context, p HARParams) (Prepared, error) {
	s, address, set, err := p.scenario("har")
	if err != nil {
		return Prepared{}, err
	}
	recorded, err := har.Read(bytes.NewReader(p.HAR))
	if err != nil {
		return Prepared{}, wrong("params.har", "%v", err)
	}
	r, err := replay.New(recorded, replay.Options{Target: address, RecordedHost: p.RecordedHost, ThinkTimes: p.ThinkTimes, Check: set})
	if err != nil {
		return Prepared{}, wrong("params.har", "%v", err)
	}
	s.User = r.User
	return Prepared{Scenarios: []load.Scenario{s}, Notes: r.Notes()}, nil
}

// scenario is all but what users do.
func (t *Traffic) scenario(name string) (s load.Scenario, address *url.URL, set virtual.Check, err error) {
	s = load.Scenario{Name: name, Iterations: t.Iterations, Pace: time.Duration(t.Pace)}
	var errs []error
	address, err = url.Parse(t.URL)
	if err != nil || address.Host == "" || address.User != nil {
		return s, nil, nil, wrong("params.url", "want an address such as http://localhost:8080/items, without a name and a password")
	}
	if s.Target, err = t.target(address); err != nil {
		errs = append(errs, err)
	}
	if t.Pause != "" {
		if s.Pause, err = profile.ParsePause(t.Pause); err != nil {
			errs = append(errs, wrong("params.pause", "%v", err))
		}
	}
	var checks []check.Check
	for _, text := range t.Checks {
		c, err := check.Parse(text)
		if err != nil {
			errs = append(errs, wrong("params.checks", "%v", err))
		}
		checks = append(checks, c)
	}
	if len(errs) == 0 && len(checks) > 0 {
		if set, err = check.All(checks...); err != nil {
			errs = append(errs, wrong("params.checks", "%v", err))
		}
	}
	return s, address, set, errors.Join(errs...)
}

func (t *Traffic) target(address *url.URL) (*virtual.Target, error) {
	o := virtual.Options{BaseURL: address.Scheme + "://" + address.Host, Header: http.Header{}, Compression: t.Compression, HTTP2: t.HTTP2}
	for name, value := range t.Headers {
		o.Header.Set(name, value)
	}
	timeout := time.Duration(t.Timeout)
	if timeout < 0 {
		return nil, wrong("params.timeout", "%v is negative", timeout)
	}
	if timeout > 0 {
		o.Timeouts = virtual.Timeouts{Request: timeout, Total: max(timeout, virtual.DefaultTotalTimeout)}
	}
	if t.SharedConnections {
		o.Connections = virtual.NewConnections(0)
	}
	target, err := virtual.NewTarget(o)
	if err != nil {
		return nil, wrong("params", "%v", err)
	}
	return target, nil
}
