package control_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/control/client"
	"github.com/seed49090845/lockstep/harness/load"
)

// TestAThousandStartsAndCancels has several callers start and cancel runs over HTTP, as quickly as they can; each result
// is kept. The short lane does a part of it.
func TestAThousandStartsAndCancels(t *testing.T) {
	total := 200
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		total = 1000
	}
	const callers = 4
	s := service(t, control.Options{Database: file(t), Limits: control.Limits{Runs: callers}}, look)
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range callers {
		all.Go(func() {
			c, err := client.New(client.Options{Server: server.URL})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for n := next.Add(1); n <= int64(total); n = next.Add(1) {
				id := fmt.Sprint("run-", n)
				if _, err := c.Start(t.Context(), control.Start{ID: id, Scenario: "own", Profile: forever}); err != nil {
					t.Errorf("start %s: %v", id, err)
				}
				if run, err := c.Cancel(t.Context(), id); err != nil || run.State != control.Cancelled || !adds(run) {
					t.Errorf("cancel %s: %+v %v", id, run, err)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d starts and cancels in %v", total, time.Since(began))
	list, err := s.Runs(t.Context(), 2000, "")
	if err != nil || len(list) != total {
		t.Errorf("%d results of %d, %v", len(list), total, err)
	}
	for _, run := range list {
		if run.State != control.Cancelled {
			t.Errorf("%s: %s", run.ID, run.State)
		}
	}
}

func TestOfTwoStartsWithOneIDOneWins(t *testing.T) {
	s := service(t, control.Options{}, look)
	for round := range 20 {
		const callers = 4
		errs := make(chan error, callers)
		for range callers {
			go func() {
				_, err := s.Start(t.Context(), control.Start{ID: fmt.Sprint("id", round), Scenario: "own", Profile: forever})
				errs <- err
			}()
		}
		won := 0
		for range callers {
			if err := <-errs; err == nil {
				won++
			} else if !errors.Is(err, control.ErrExists) {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d won", round, won)
		}
		if _, err := s.Cancel(t.Context(), fmt.Sprint("id", round)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Start(t.Context(), control.Start{ID: fmt.Sprint("id", round), Scenario: "own", Profile: forever}); !errors.Is(err, control.ErrExists) {
			t.Errorf("round %d: an id was used again: %v", round, err)
		}
	}
}

// TestUsersWhoBreak has users that panic, end their goroutine, or do not care that they are to end.
func TestUsersWhoBreak(t *testing.T) {
	deaf := make(chan struct{})
	defer close(deaf)
	for name, c := range map[string]struct {
		user    func(context.Context, *load.User) error
		message string
	}{
		"panic":  {func(context.Context, *load.User) error { panic("token=abc123") }, "panic: token=REDACTED"},
		"goexit": {func(context.Context, *load.User) error { runtime.Goexit(); return nil }, "Goexit"},
	} {
		t.Run(name, func(t *testing.T) {
			s := service(t, control.Options{}, c.user)
			run, err := s.Start(t.Context(), control.Start{Scenario: "own", Total: 3, Backlog: 1, MaxLateness: lenient})
			if err != nil {
				t.Fatal(err)
			}
			run = await(t, s, run.ID, ended)
			if run.Counts.Failed != 3 || len(run.FirstFailures) != 3 || !strings.Contains(run.FirstFailures[0].Message, c.message) || strings.Contains(run.FirstFailures[0].Message, "abc123") {
				t.Errorf("%s, %+v, %+v", run.State, run.Counts, run.FirstFailures)
			}
		})
	}
}

// TestAClientThatGoesAwayFreesItsStream opens as many streams as there may be, leaves them, and opens as many again.
func TestAClientThatGoesAwayFreesItsStream(t *testing.T) {
	s := service(t, control.Options{Limits: control.Limits{Streams: 2}}, look)
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		var leaves []func()
		for range 2 {
			leaves = append(leaves, open(t, server.URL))
		}
		if response, err := http.Get(server.URL + "/api/runs/one/events"); err != nil || response.StatusCode != http.StatusTooManyRequests {
			t.Fatalf("a third stream: %v %v", response, err)
		} else {
			_ = response.Body.Close()
		}
		for _, leave := range leaves {
			leave()
		}
	}
	if run, err := s.Run(t.Context(), "one"); err != nil || run.State != control.Running {
		t.Errorf("the run went with its watchers: %v %v", run, err)
	}
}

// open opens a stream, again if those before have not gone yet, and reads an event.
func open(t *testing.T, server string) (leave func()) {
	t.Helper()
	limit := time.Now().Add(20 * time.Second)
	for {
		ctx, cancel := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/api/runs/one/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode == http.StatusOK {
			if _, err := response.Body.Read(make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			return func() { cancel(); _ = response.Body.Close() }
		}
		cancel()
		_ = response.Body.Close()
		if time.Now().After(limit) {
			t.Fatal("streams of clients that are gone are not freed")
		}
		select {
		case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
		case <-t.Context().Done():
		}
	}
}

// TestARestartMarksWhatWasLeftUnfinished copies the database of a service at work, as a service that is killed leaves it.
func TestARestartMarksWhatWasLeftUnfinished(t *testing.T) {
	name, left := file(t), file(t)
	s := service(t, control.Options{Database: name}, look)
	if _, err := s.Start(t.Context(), control.Start{ID: "left", Scenario: "own", Profile: forever}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"", "-wal"} {
		content, err := os.ReadFile(name + part)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+part, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := service(t, control.Options{Database: left}, look)
	run, err := again.Run(t.Context(), "left")
	if err != nil || run.State != control.Aborted || !strings.Contains(run.Cause, "without warning") || run.Ended == nil {
		t.Fatalf("%+v %v", run, err)
	}
	if list, err := again.Runs(t.Context(), 10, ""); err != nil || len(list) != 1 || list[0].State != control.Aborted {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := again.Start(t.Context(), control.Start{ID: "left", Scenario: "own", Profile: forever}); !errors.Is(err, control.ErrExists) {
		t.Errorf("its id was used again: %v", err)
	}
}

// TestResultsSurviveAnOrderlyEnd closes a service with a run in progress and one that has ended, and opens another.
func TestResultsSurviveAnOrderlyEnd(t *testing.T) {
	name := file(t)
	s := service(t, control.Options{Database: name}, look)
	if _, err := s.Start(t.Context(), control.Start{ID: "done", Scenario: "own", Total: 3, Backlog: 3, MaxLateness: lenient}); err != nil {
		t.Fatal(err)
	}
	await(t, s, "done", ended)
	if _, err := s.Start(t.Context(), control.Start{ID: "going", Scenario: "own", Profile: forever}); err != nil {
		t.Fatal(err)
	}
	await(t, s, "going", func(r *control.Run) bool { return r.Statistics.Requests.Total > 3 })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := service(t, control.Options{Database: name}, look)
	for id, state := range map[string]control.State{"done": control.Passed, "going": control.Aborted} {
		run, err := again.Run(t.Context(), id)
		if err != nil || run.State != state || run.Statistics.Requests.Total < 3 || !adds(run) {
			t.Errorf("%s: %+v %v", id, run, err)
		}
		if content, _, err := again.File(t.Context(), id, "report.html"); err != nil || !strings.Contains(string(content), "<svg") {
			t.Errorf("%s: the report is gone: %v", id, err)
		}
	}
}

func TestADatabaseOfANewerProgramIsLeftAlone(t *testing.T) {
	name := file(t)
	if err := control.AgeDatabase(name, 99); err != nil {
		t.Fatal(err)
	}
	if _, err := control.New(t.Context(), control.Options{Database: name}); err == nil || !strings.Contains(err.Error(), "a newer one has written it") {
		t.Errorf("%v", err)
	}
}
