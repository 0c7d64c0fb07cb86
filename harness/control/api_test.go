package control_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/seed49090845/lockstep/harness/control"
)

// described is the service's own description.
func described(t testing.TB, h http.Handler) (*openapi3.T, routers.Router) {
	t.Helper()
	_, text := ask(t, h, http.MethodGet, "/openapi.json", "")
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("the description is no OpenAPI: %v", err)
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, router
}

// holds checks an answer against the description.
func holds(router routers.Router, r *http.Request, response *http.Response, body string) error {
	route, path, err := router.FindRoute(r)
	if err != nil {
		return err
	}
	in := &openapi3filter.RequestValidationInput{Request: r, Route: route, PathParams: path}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(strings.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
}

// TestEveryAnswerIsAsDescribed plays a session that has every operation and every kind of answer, and holds each answer
// against the description. A description without what answers have must not pass, or the test shows nothing.
func TestEveryAnswerIsAsDescribed(t *testing.T) {
	for _, form := range []string{"text/csv", "application/xml", "text/html", "text/plain"} {
		openapi3filter.RegisterBodyDecoder(form, openapi3filter.FileBodyDecoder)
	}
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	s := service(t, control.Options{Limits: control.Limits{Runs: 2, Body: 10_000}}, look)
	h := s.Handler()
	doc, router := described(t, h)
	start := func(id string) string {
		return `{"id":"` + id + `","scenario":"own","profile":"` + forever + `","vars":{"X":[1,{"a":null}]}}`
	}
	seen := map[string][]int{}
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/api/scenarios", "", 200},
		{"GET", "/api/runs", "", 200},
		{"POST", "/api/runs", start("one"), 201},
		{"POST", "/api/runs", start("one"), 409},
		{"POST", "/api/runs", `{"scenario":"own","profile":"x"}`, 422},
		{"POST", "/api/runs", start("two"), 201},
		{"POST", "/api/runs", start("three"), 429},
		{"POST", "/api/runs", `{`, 400},
		{"POST", "/api/runs", ``, 400},
		{"POST", "/api/runs", `{"scenario":"own","profile":"x","more":1}`, 422},
		{"POST", "/api/runs", start(strings.Repeat("a", 10_000)), 413},
		{"POST", "/api/runs", start("../x"), 422},
		{"GET", "/api/runs/one", "", 200},
		{"GET", "/api/runs/none", "", 404},
		{"POST", "/api/runs/one/cancel", "{}", 200},
		{"POST", "/api/runs/one/cancel", "{}", 200},
		{"POST", "/api/runs/none/cancel", "{}", 404},
		{"GET", "/api/runs/one", "", 200},
		{"GET", "/api/runs/one/events", "", 200},
		{"GET", "/api/runs/none/events", "", 404},
		{"GET", "/api/runs?limit=1", "", 200},
		{"GET", "/api/runs?limit=1&before=two", "", 200},
		{"GET", "/api/runs?before=none", "", 404},
		{"POST", "/api/runs/one/cancel", `{"graceful":true}`, 200},
		{"POST", "/api/runs/one/cancel", `{"graceful":1}`, 422},
		{"POST", "/api/runs/one/cancel", strings.Repeat(" ", 2000) + "{}", 413},
		{"GET", "/api/runs?limit=0", "", 422},
		{"GET", "/api/runs?more=1", "", 422},
		{"GET", "/api/runs/one/files/report.html", "", 200},
		{"GET", "/api/runs/one/files/results.json", "", 200},
		{"GET", "/api/runs/one/files/junit.xml", "", 200},
		{"GET", "/api/runs/one/files/timeline.csv", "", 200},
		{"GET", "/api/runs/none/files/report.html", "", 404},
		{"GET", "/api/runs/one/files/passwd", "", 422},
		{"POST", "/api/runs/two/cancel", "{}", 200},
	} {
		response, body := ask(t, h, c.method, c.path, c.body)
		if response.StatusCode != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, response.StatusCode, body, c.status)
		}
		r := httptest.NewRequest(c.method, c.path, nil)
		if err := holds(router, r, response, body); err != nil {
			t.Errorf("%s %s: %d is not as described: %v", c.method, c.path, response.StatusCode, err)
		}
		if route, _, err := router.FindRoute(r); err == nil {
			seen[c.method+" "+route.Path] = append(seen[c.method+" "+route.Path], c.status)
		}
		if c.status >= 400 && response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: the problem is %s", c.method, c.path, response.Header.Get("Content-Type"))
		}
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if !slices.Contains(seen[method+" "+path], 200) && !slices.Contains(seen[method+" "+path], 201) {
				t.Errorf("%s %s is described, and was not part of the session", method, path)
			}
		}
	}
}

// TestTheDescriptionIsNoBlankCheque holds answers that are wrong against it.
func TestTheDescriptionIsNoBlankCheque(t *testing.T) {
	h := service(t, control.Options{}, look).Handler()
	_, router := described(t, h)
	r := httptest.NewRequest(http.MethodGet, "/api/runs", nil)
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"a member that is missing": {200, `{}`}, "one of another type": {200, `{"runs":[{"id":1}]}`}, "one that is not described": {200, `{"runs":[],"more":1}`}, "a status": {418, `{}`},
	} {
		response := &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {"application/json"}}}
		if err := holds(router, r, response, c.body); err == nil {
			t.Errorf("%s is in order", name)
		}
	}
}

// TestEveryRouteIsDescribed finds the routes in what they are made of: nothing below /api is there that is not described.
func TestEveryRouteIsDescribed(t *testing.T) {
	doc, _ := described(t, service(t, control.Options{}, look).Handler())
	routes := control.Routes(t.Context())
	if len(routes) < 7 {
		t.Fatalf("only %v", routes)
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if strings.HasPrefix(path, "/openapi") {
			continue // the description itself, in its forms
		}
		if item := doc.Paths.Find(path); item == nil || item.GetOperation(method) == nil {
			t.Errorf("%s is not described", route)
		}
	}
}

func TestEventsGoOnUntilTheRunHasEnded(t *testing.T) {
	s := service(t, control.Options{}, look)
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever}); err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(server.URL + "/api/runs/one/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 10<<20)
	names, last, at := []string{}, control.Run{}, -1.0
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			names = append(names, name)
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		last = control.Run{}
		if err := json.Unmarshal([]byte(data), &last); err != nil {
			t.Fatal(err)
		}
		if len(names) == 4 {
			if len(last.Buckets) > 2 {
				t.Errorf("event 4 repeats %d buckets", len(last.Buckets))
			}
			if _, err := s.Cancel(t.Context(), "one"); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range last.Buckets {
			at = max(at, b.AtMS)
		}
	}
	if len(names) < 5 || names[0] != control.EventRun || names[len(names)-1] != control.EventEnded || last.State != control.Cancelled {
		t.Errorf("events %v, the last run is %s", names, last.State)
	}
	if len(last.Buckets) < 2 || last.Buckets[0].AtMS != 0 || last.Buckets[len(last.Buckets)-1].AtMS < at {
		t.Errorf("the last event has not all buckets: %+v", last.Buckets)
	}
}

func TestSecretsAreNotKept(t *testing.T) {
	name := file(t)
	s := service(t, control.Options{Database: name}, look)
	secrets := `{"scenario":"url","id":"one","total":3,"backlog":1,"vars":{"TOKEN":"s3cret-1","deep":{"password":"s3cret-2"}},"params":{"url":"` + shop(t) +
		`/bad?access_token=s3cret-3","headers":{"Authorization":"Bearer s3cret-4","X-Session":"s3cret-5"},"method":"POST","body":"password=s3cret-6"}}`
	if response, body := ask(t, s.Handler(), http.MethodPost, "/api/runs", secrets); response.StatusCode != 201 {
		t.Fatal(body)
	}
	run := await(t, s, "one", ended)
	text, _ := json.Marshal(run)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	database, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, content := range map[string]string{"the database": string(database), "what is told": string(text)} {
		for _, secret := range []string{"s3cret", "hunter2"} {
			if strings.Contains(content, secret) {
				t.Errorf("%s has %s: %s", what, secret, text)
			}
		}
	}
	if !strings.Contains(string(database), "REDACTED") || run.Counts.Failed != 3 {
		t.Errorf("nothing was hidden, or the requests were not sent as asked: %s", text)
	}
}

// TestProblemsDoNotRepeatWhatWasSent sends secrets where they are refused.
func TestProblemsDoNotRepeatWhatWasSent(t *testing.T) {
	h := service(t, control.Options{}, look).Handler()
	for _, body := range []string{
		`{"scenario":"own","more":"s3cret"}`, `{"scenario":"own","total":"s3cret"}`, `"s3cret"`, `{"s3cret`,
		`{"scenario":"url","total":1,"cps":1,"params":{"url":7,"more":"s3cret","headers":"s3cret"}}`,
	} {
		if response, answer := ask(t, h, http.MethodPost, "/api/runs", body); response.StatusCode < 400 || strings.Contains(answer, "s3cret") {
			t.Errorf("%s: %d %s", body, response.StatusCode, answer)
		}
	}
}

// TestHARsComeInTheBody replays a recording that is sent along, and tells nothing of its inside.
func TestHARsComeInTheBody(t *testing.T) {
	s := service(t, control.Options{}, look)
	recording, err := os.ReadFile("../load/replay/testdata/shop.har")
	if err != nil {
		t.Fatal(err)
	}
	body := `{"scenario":"har","id":"one","total":2,"backlog":1,"max_lateness":"0s","params":{"url":"` + shop(t) + `","recorded_host":"shop.example","har":` + string(recording) + `}}`
	if response, answer := ask(t, s.Handler(), http.MethodPost, "/api/runs", body); response.StatusCode != 201 {
		t.Fatal(answer)
	}
	run := await(t, s, "one", ended)
	if run.Statistics.Requests.Total < 4 || len(run.Problems) == 0 || len(run.Params) > 3000 {
		t.Errorf("%d requests, notes %v, parameters of %d bytes", run.Statistics.Requests.Total, run.Problems, len(run.Params))
	}
}
