package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sync/vars"
)

// TestRunsStayWhereTheyMayGo tries to lead a run elsewhere by its path, and by an answer of the system under test.
func TestRunsStayWhereTheyMayGo(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a run went to %s", r.URL) }))
	defer elsewhere.Close()
	_, port, _ := net.SplitHostPort(elsewhere.Listener.Addr().String())
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}))
	defer shop.Close()
	s := service(t, control.Options{}, look)
	for path, failed := range map[string]int64{
		"/": 0, "//127.0.0.1:" + port + "/": 1, "/?to=http://127.0.0.1:" + port + "/": 1, "/?to=//localhost:" + port: 1, "//a@127.0.0.1:" + port + "/": 1, "/?to=/home": 0,
	} {
		run, err := s.Start(t.Context(), control.Start{Scenario: "url", Params: params(t, shop.URL+path), Total: 1, Backlog: 1, MaxLateness: lenient})
		if err != nil {
			t.Fatal(err)
		}
		if run = await(t, s, run.ID, ended); run.Counts.Failed != failed {
			t.Errorf("%s: %+v %+v, want %d failed", path, run.Counts, run.FirstFailures, failed)
		}
	}
}

// TestWhatIsLargeIsRefusedOrCut has variables, and messages, that nobody reads.
func TestWhatIsLargeIsRefusedOrCut(t *testing.T) {
	s := service(t, control.Options{}, func(context.Context, *load.User) error { return errors.New(strings.Repeat("é", 1<<20)) })
	value, err := vars.Of(strings.Repeat("x", 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(t.Context(), control.Start{Scenario: "own", Total: 1, Backlog: 1, Vars: control.Variables{"X": value}}); !errors.Is(err, control.ErrInvalid) || !strings.Contains(err.Error(), "vars: they have") {
		t.Errorf("variables: %.200v", err)
	}
	run, err := s.Start(t.Context(), control.Start{Scenario: "own", Total: 3, Backlog: 1, MaxLateness: lenient})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(await(t, s, run.ID, ended))
	if err != nil || len(text) > 20_000 || !strings.Contains(string(text), "éé…") {
		t.Errorf("%d bytes are told, %v", len(text), err)
	}
}

// TestFewLargeBodiesAreReadAtOnce holds as many as are read, and sends another; a small one is read beside them.
func TestFewLargeBodiesAreReadAtOnce(t *testing.T) {
	s := service(t, control.Options{}, look)
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	post := func(body io.Reader) int {
		response, err := http.Post(server.URL+"/api/runs", "application/json", body)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	var held sync.WaitGroup
	var writers []*io.PipeWriter
	for range 2 {
		reader, writer := io.Pipe()
		writers = append(writers, writer)
		held.Go(func() { post(reader) })
		if _, err := writer.Write(make([]byte, 4096)); err != nil { // it is sent
			t.Fatal(err)
		}
	}
	limit := time.Now().Add(20 * time.Second)
	for status := 0; status != http.StatusTooManyRequests; status = post(struct{ io.Reader }{strings.NewReader("{}")}) {
		if time.Now().After(limit) {
			t.Fatal("any number of large bodies is read")
		}
	}
	if status := post(strings.NewReader("{}")); status != http.StatusUnprocessableEntity {
		t.Errorf("a small body beside them: %d", status)
	}
	for _, w := range writers {
		_ = w.Close()
	}
	held.Wait()
	http.DefaultClient.CloseIdleConnections()
}

// TestACallerWhoGoesAwayLeavesNoRunBehind has callers leave at any moment of a start: each run is followed to its end.
func TestACallerWhoGoesAwayLeavesNoRunBehind(t *testing.T) {
	s := service(t, control.Options{Database: file(t), Limits: control.Limits{Runs: 1000, Keep: 2000}}, look)
	var all sync.WaitGroup
	for caller := range 4 {
		all.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*10)*time.Microsecond)
				_, _ = s.Start(ctx, control.Start{ID: fmt.Sprintf("%d-%d", caller, i), Scenario: "own", Total: 1, Backlog: 1})
				cancel()
			}
		})
	}
	all.Wait()
	list, err := s.Runs(t.Context(), 1000, "")
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, run := range list {
		await(t, s, run.ID, ended)
	}
}

// TestACancelOfARunThatIsRefused waits for nobody: the run is being prepared while it is cancelled, and is then refused.
func TestACancelOfARunThatIsRefused(t *testing.T) {
	preparing := make(chan struct{})
	s := service(t, control.Options{Scenarios: []control.Scenario{control.Define("slow", "is refused in the end", func(ctx context.Context, _ struct{}) (control.Prepared, error) {
		close(preparing)
		<-ctx.Done()
		return control.Prepared{}, context.Cause(ctx)
	})}}, look)
	refused := make(chan error, 1)
	go func() {
		_, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "slow", Total: 1, Backlog: 1})
		refused <- err
	}()
	<-preparing
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if run, err := s.Cancel(ctx, "one"); !errors.Is(err, control.ErrUnknownRun) {
		t.Errorf("cancel: %+v %v", run, err)
	}
	if err := <-refused; !errors.Is(err, control.ErrInvalid) {
		t.Errorf("start: %v", err)
	}
}

// TestTwoServicesDoNotShareADatabase opens one that is in use: the runs of the first are not those of a service that is gone.
func TestTwoServicesDoNotShareADatabase(t *testing.T) {
	name := file(t)
	s := service(t, control.Options{Database: name}, look)
	if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever}); err != nil {
		t.Fatal(err)
	}
	if second, err := control.New(t.Context(), control.Options{Database: name}); !errors.Is(err, control.ErrInUse) {
		if err == nil {
			_ = second.Close()
		}
		t.Errorf("a second service: %v", err)
	}
	if run, err := s.Cancel(t.Context(), "one"); err != nil || run.State != control.Cancelled {
		t.Errorf("%+v %v", run, err)
	}
	if about, err := os.Stat(name); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("others may read the database: %v %v", about.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if run, err := service(t, control.Options{Database: name}, look).Run(t.Context(), "one"); err != nil || run.State != control.Cancelled {
		t.Errorf("after it: %+v %v", run, err)
	}
	if _, err := control.New(t.Context(), control.Options{Database: t.TempDir() + "/none/runs.db"}); err == nil || !strings.Contains(err.Error(), "no such file or directory") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestIDsOfGoCallers are held to the same form as those of others: else the run could not be found over HTTP.
func TestIDsOfGoCallers(t *testing.T) {
	s := service(t, control.Options{}, look)
	for _, id := range []string{"../x", "a/b", "-a", "a b", "a\n", strings.Repeat("a", 65), "é"} {
		if _, err := s.Start(t.Context(), control.Start{ID: id, Scenario: "own", Total: 1, Backlog: 1}); !errors.Is(err, control.ErrInvalid) || !strings.Contains(err.Error(), "id: want") {
			t.Errorf("%q: %v", id, err)
		}
	}
}
