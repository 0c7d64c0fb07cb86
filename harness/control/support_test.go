package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// forever is a profile of users who go on until somebody ends them.
const forever = "constantConcurrentUsers(2).during(1.hour)"

// shop is a system under test. It answers /bad with 500, and keeps /slow waiting until it closes.
func shop(t testing.TB) string {
	t.Helper()
	closing := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bad":
			http.Error(w, "password=hunter2", http.StatusInternalServerError)
		case "/slow":
			select {
			case <-closing:
			case <-r.Context().Done():
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(closing) })
	return server.URL
}

// service makes a server with the scenario "own", whose users do what the test says.
func service(t testing.TB, o control.Options, own func(context.Context, *load.User) error) *control.Server {
	t.Helper()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: shop(t)})
	if err != nil {
		t.Fatal(err)
	}
	type params struct {
		Panics bool `json:"panics,omitempty"`
		Speed  int  `json:"speed,omitempty" maximum:"9"`
	}
	o.Scenarios = append(o.Scenarios, control.Define("own", "what the test says", func(_ context.Context, p params) (control.Prepared, error) {
		if p.Panics {
			panic("as it was asked to")
		}
		return control.One(load.Scenario{Name: "own", Target: target, User: own, Pause: profile.ConstantPause(5 * time.Millisecond)}), nil
	}))
	s, err := control.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// look asks for a page and pauses.
func look(ctx context.Context, u *load.User) error {
	_, err := u.Get(ctx, "/")
	return errors.Join(err, u.Pause(ctx))
}

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "runs 50%?.db") }

// params are those of the scenario url.
func params(t testing.TB, address string) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(control.URLParams{Traffic: control.Traffic{URL: address, Pause: "constant(5ms)"}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// lenient does not judge lateness: machines of tests are busy.
var lenient = new(control.Duration)

// await asks for a run until it is as wanted.
func await(t testing.TB, s *control.Server, id string, wanted func(*control.Run) bool) *control.Run {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(30 * time.Second)
	for {
		run, err := s.Run(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if wanted(run) {
			return run
		}
		select {
		case <-ticker.C:
		case <-limit:
			text, _ := json.Marshal(run)
			t.Fatalf("in 30 s it did not become as wanted: %s", text)
		}
	}
}

func ended(run *control.Run) bool { return run.State != control.Running }

// adds tells whether counts are consistent.
func adds(run *control.Run) bool {
	c := run.Counts
	present := int64(0)
	if !ended(run) {
		present = c.Started - c.Finished - c.Cancelled
	}
	return c.Finished == c.Passed+c.Failed+c.Aborted && present >= 0 && c.Started == c.Finished+c.Cancelled+present
}

// ask calls a handler as HTTP does.
func ask(t testing.TB, h http.Handler, method, path, body string, change ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:7400"+path, strings.NewReader(body))
	if body != "" || method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	response := w.Result()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	response.Body = io.NopCloser(bytes.NewReader(content))
	return response, string(content)
}
