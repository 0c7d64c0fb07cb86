package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/html"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/report"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a run against a server of which every fourth answer is wrong.
func small(t *testing.T) *load.Result {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			http.Error(w, "<b>no</b>", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	target, err := virtual.NewTarget(virtual.Options{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	promises, err := assert.ParseAll("errors < 10%", "count = 40", `"none" p95 < 1s`)
	if err != nil {
		t.Fatal(err)
	}
	result, err := load.Run(t.Context(), load.Options{Seed: 7, Assertions: promises, MaxLateness: -1}, load.Scenario{
		Name: "shop <1>", Target: target, Profile: profile.Must(profile.Parse("rampUsers(10).during(300ms)")),
		User: func(ctx context.Context, u *load.User) error {
			for range 3 {
				if _, err := u.Get(ctx, "/good"); err != nil {
					return err
				}
			}
			return u.Group("checkout", func() error {
				_, err := u.Get(ctx, "/bad")
				return err
			})
		}})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestJSONHasTheNamesThatAreDocumented(t *testing.T) {
	schema, err := os.ReadFile("schema.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range []any{report.Report{}, report.Sweep{}} {
		for _, name := range names(reflect.TypeOf(root), map[reflect.Type]bool{}) {
			if !bytes.Contains(schema, []byte("`"+name+"`")) {
				t.Errorf("schema.md does not tell of %q", name)
			}
		}
	}
	if !bytes.Contains(schema, []byte("`"+report.Schema+"`")) || !bytes.Contains(schema, []byte("`"+report.SweepSchema+"`")) {
		t.Error("schema.md is about another version")
	}
}

// names are those of JSON, of a type and all that is in it.
func names(of reflect.Type, seen map[reflect.Type]bool) []string {
	for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || seen[of] {
		return nil
	}
	seen[of] = true
	var list []string
	for f := range of.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			list = append(list, name)
		}
		list = append(list, names(f.Type, seen)...)
	}
	return list
}

func TestTheSummaryIsWhatTheCommandLinePromises(t *testing.T) {
	result := small(t)
	content, err := json.Marshal(report.Summarise(result.Snapshot))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema   string
		Requests map[string]int
		RPS      float64
		Users    map[string]int
		Response map[string]map[string]float64 `json:"response_ms"`
		Lateness map[string]float64            `json:"lateness_ms"`
		In       int                           `json:"bytes_in"`
		Out      int                           `json:"bytes_out"`
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if want := map[string]int{"total": 40, "ok": 30, "ko": 10}; !reflect.DeepEqual(got.Requests, want) {
		t.Errorf("requests %v, want %v", got.Requests, want)
	}
	if got.Users["started"] != 10 || got.Users["failed"] != 10 || len(got.Users) != 5 {
		t.Errorf("users %v", got.Users)
	}
	for _, from := range []string{"intended", "actual"} {
		p := got.Response[from]
		if len(p) != 4 || p["p50"] <= 0 || p["p50"] > p["p95"] || p["p95"] > p["p99"] || p["p99"] > p["max"] {
			t.Errorf("%s: %v", from, p)
		}
	}
	if got.RPS <= 0 || got.In < 40*50 || got.Out < 40*30 || len(got.Lateness) != 2 {
		t.Errorf("%s", content)
	}
}

func TestNothingIsNotZero(t *testing.T) {
	target, err := virtual.NewTarget(virtual.Options{BaseURL: "http://target.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	result, err := load.Run(t.Context(), load.Options{}, load.Scenario{Name: "nobody", Target: target, Profile: profile.Must(profile.Parse("nothingFor(1ms)")),
		User: func(context.Context, *load.User) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	content, _ := json.Marshal(report.Summarise(result.Snapshot))
	if !strings.Contains(string(content), `"intended":{"p50":null,"p95":null,"p99":null,"max":null}`) {
		t.Errorf("%s", content)
	}
	for name, write := range map[string]func(io.Writer, *report.Report) error{"text": report.Text, "HTML": report.HTML, "JUnit": report.JUnit, "CSV": report.TimelineCSV} {
		if err := write(io.Discard, report.New("nobody", result)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAllForms(t *testing.T) {
	folder := t.TempDir()
	r := report.New("shop & more", small(t))
	files, err := r.Write(filepath.Join(folder, "new"))
	if err != nil || len(files) != 6 {
		t.Fatal(files, err)
	}
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(folder, "new", name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	again := &report.Report{}
	if err := json.Unmarshal(read("results.json"), again); err != nil || again.Requests != r.Requests || len(again.ByRequest) != 2 || again.Passed {
		t.Errorf("results.json: %v, %+v", err, again.Requests)
	}
	rows, err := csv.NewReader(bytes.NewReader(read("requests.csv"))).ReadAll()
	if err != nil || len(rows) != 3 || rows[2][1] != "" && rows[1][1] != "" {
		t.Errorf("requests.csv: %v, %v", err, rows)
	}
	var suites struct {
		Failures int `xml:"failures,attr"`
		Tests    int `xml:"tests,attr"`
	}
	if err := xml.Unmarshal(read("junit.xml"), &suites); err != nil || suites.Tests != 4 || suites.Failures != 2 {
		t.Errorf("junit.xml: %v, %+v, want 2 of 4 failed: the share of errors, and the request of which there is no data", err, suites)
	}
	for _, want := range []string{"✗ errors < 10%: broken: 25% (10 of 40)", "✓ count = 40: holds: 40", "no data", "check: status 500 Internal Server Error, want 2xx or 304", "checkout/GET /bad"} {
		if !bytes.Contains(read("report.txt"), []byte(want)) {
			t.Errorf("report.txt has no %q:\n%s", want, read("report.txt"))
		}
	}
}

// TestThePageStandsAlone checks that the page refers to nothing beside it, and that texts are escaped.
func TestThePageStandsAlone(t *testing.T) {
	var page bytes.Buffer
	if err := report.HTML(&page, report.New("shop & <more>", small(t))); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<more>") || strings.Contains(page.String(), "shop <1>") || strings.Contains(page.String(), "NaN") {
		t.Errorf("not escaped, or not a number:\n%s", page.String())
	}
	document, err := html.Parse(&page)
	if err != nil {
		t.Fatal(err)
	}
	plots := 0
	for n := range document.Descendants() {
		switch n.Data {
		case "svg":
			plots++
		case "script", "link", "img", "iframe":
			t.Errorf("the page has a <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if strings.Contains(a.Val, "://") || a.Key == "src" || a.Key == "href" {
				t.Errorf("<%s %s=%q> refers to something", n.Data, a.Key, a.Val)
			}
		}
	}
	if plots != 5 {
		t.Errorf("%d plots, want users, requests, times, distribution, errors", plots)
	}
}

// freeAddress is one at which nobody listens.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func TestPrometheusServesWhileTheRunGoesOn(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "192.0.2.1:80", "nonsense"} {
		if _, err := report.Prometheus(address); err == nil {
			t.Errorf("%s is no address of the loopback, and was taken", address)
		}
	}
	listening, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	serve, err := report.Prometheus(listening)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	var page string
	stop := make(chan struct{})
	_, err = load.Run(t.Context(), load.Options{MaxLateness: -1, Stop: stop, Watch: []func(context.Context, *load.Live){serve, func(ctx context.Context, _ *load.Live) {
		defer close(stop)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		for ctx.Err() == nil && !strings.Contains(page, `lockstep_requests_total{group="",name="GET /none",outcome="ko",scenario="s"}`) {
			response, err := client.Get("http://" + listening + "/metrics")
			if err != nil {
				continue
			}
			content, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			page = string(content)
		}
	}}}, load.Scenario{Name: "s", Target: target, Profile: profile.Must(profile.Parse("constantConcurrentUsers(1).during(1.minute)")),
		Iterations: load.Endless, Pause: profile.ConstantPause(5 * time.Millisecond),
		User: func(ctx context.Context, u *load.User) error {
			_, err := u.Get(ctx, "/none")
			return errors.Join(err, u.Pause(ctx))
		}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lockstep_requests_total", "lockstep_response_seconds", `quantile="0.99"`, "lockstep_users_present", "lockstep_lateness_seconds_count"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}
