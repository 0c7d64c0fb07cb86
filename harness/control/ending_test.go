package control_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/load"
)

// TestAResultThatCannotBeWrittenIsKept has a run end while the database takes nothing, and the next start write it down.
func TestAResultThatCannotBeWrittenIsKept(t *testing.T) {
	name := file(t)
	s := service(t, control.Options{Database: name, Limits: control.Limits{Runs: 1}}, look)
	if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever}); err != nil {
		t.Fatal(err)
	}
	mend := s.BreakStore(t)
	for range 2 {
		run, err := s.Cancel(t.Context(), "one")
		if err != nil || run.State != control.Cancelled || !strings.Contains(strings.Join(run.Problems, "; "), "in memory alone") {
			t.Fatalf("%+v %v", run, err)
		}
	}
	mend()
	if _, err := s.Start(t.Context(), control.Start{ID: "two", Scenario: "own", Profile: forever}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if run, err := service(t, control.Options{Database: name}, look).Run(t.Context(), "one"); err != nil || run.State != control.Cancelled {
		t.Errorf("%+v %v", run, err)
	}
}

// TestAResultIsWrittenAtTheLastMoment has the database take things again before the service is closed.
func TestAResultIsWrittenAtTheLastMoment(t *testing.T) {
	name := file(t)
	s := service(t, control.Options{Database: name}, look)
	if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever}); err != nil {
		t.Fatal(err)
	}
	mend := s.BreakStore(t)
	if _, err := s.Cancel(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	mend()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if run, err := service(t, control.Options{Database: name}, look).Run(t.Context(), "one"); err != nil || run.State != control.Cancelled {
		t.Errorf("%+v %v", run, err)
	}
}

// TestAResultThatIsLostIsNamed closes a service whose database takes nothing.
func TestAResultThatIsLostIsNamed(t *testing.T) {
	s, err := control.New(t.Context(), control.Options{Database: file(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "url", Params: params(t, shop(t)), Profile: forever}); err != nil {
		t.Fatal(err)
	}
	s.BreakStore(t)
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), `the result of run "one" could not be written down`) {
		t.Errorf("%v", err)
	}
}

// TestACancelLetsUsersFinish cancels a run whose users are at work, gracefully; in the end they are interrupted if
// somebody cancels it once more.
func TestACancelLetsUsersFinish(t *testing.T) {
	for name, c := range map[string]struct {
		again  bool
		counts control.Counts
	}{
		"they finish":   {false, control.Counts{Started: 2, Finished: 2, Passed: 2}},
		"and once more": {true, control.Counts{Started: 2, Cancelled: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			work := make(chan struct{})
			s := service(t, control.Options{}, func(ctx context.Context, _ *load.User) error {
				select {
				case <-work:
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			})
			if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever}); err != nil {
				t.Fatal(err)
			}
			await(t, s, "one", func(r *control.Run) bool { return r.Counts.Started == 2 })
			brief, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer stop()
			if run, err := s.CancelGracefully(brief, "one"); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("users at work were not waited for: %+v %v", run, err)
			}
			cancel := s.CancelGracefully
			if c.again {
				cancel = s.Cancel
			} else {
				close(work)
			}
			run, err := cancel(t.Context(), "one")
			if err != nil || run.State != control.Cancelled || run.Counts != c.counts || run.Cause != "the run was cancelled" {
				t.Errorf("%+v %v, want %+v", run, err, c.counts)
			}
		})
	}
}

// TestResultsGoByTimeThoughNothingHappens serves for longer than results are kept.
func TestResultsGoByTimeThoughNothingHappens(t *testing.T) {
	stop, served := make(chan struct{}), make(chan error, 1)
	s := service(t, control.Options{Listen: "127.0.0.1:0", Stop: stop, Limits: control.Limits{KeepFor: 300 * time.Millisecond}}, look)
	listener, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go func() { served <- s.Serve(t.Context(), listener) }()
	if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Total: 1, Backlog: 1}); err != nil {
		t.Fatal(err)
	}
	limit := time.Now().Add(20 * time.Second)
	for err = nil; !errors.Is(err, control.ErrUnknownRun); _, err = s.Run(t.Context(), "one") {
		if time.Now().After(limit) {
			t.Fatal("it is kept for ever")
		}
		select {
		case <-time.After(20 * time.Millisecond): // between queries
		case <-t.Context().Done():
		}
	}
	close(stop)
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestAServiceThatEndsLetsRunsFinish stops a service while users are at work: queries are answered, nothing is started, and
// the run is waited for. One whose users do not finish in time is interrupted, and told as it is.
func TestAServiceThatEndsLetsRunsFinish(t *testing.T) {
	for name, c := range map[string]struct {
		drain  time.Duration
		counts control.Counts
	}{
		"in time":  {time.Minute, control.Counts{Started: 2, Finished: 2, Passed: 2}},
		"too late": {10 * time.Millisecond, control.Counts{Started: 2, Finished: 2, Aborted: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			work, stop, served := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			s := service(t, control.Options{Listen: "127.0.0.1:0", Stop: stop, Drain: c.drain}, func(ctx context.Context, _ *load.User) error {
				select {
				case <-work:
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			})
			listener, err := s.Listen(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			go func() { served <- s.Serve(t.Context(), listener) }()
			if _, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever}); err != nil {
				t.Fatal(err)
			}
			await(t, s, "one", func(r *control.Run) bool { return r.Counts.Started == 2 })
			close(stop)
			if c.counts.Passed > 0 {
				limit := time.Now().Add(20 * time.Second)
				for err := error(nil); !errors.Is(err, control.ErrEnding); {
					if time.Now().After(limit) {
						t.Fatal("a service that is to end starts runs still")
					}
					_, err = s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever}) // before the end it is refused as well
				}
				response, err := http.Get(s.URL(listener) + "/api/runs/one")
				if err != nil || response.StatusCode != http.StatusOK {
					t.Fatalf("while it ends: %v %v", response, err)
				}
				_ = response.Body.Close()
				http.DefaultClient.CloseIdleConnections()
				close(work)
			}
			if err := <-served; err != nil {
				t.Fatal(err)
			}
			if run, err := s.Run(context.Background(), "one"); err != nil || run.State != control.Aborted || run.Counts != c.counts {
				t.Errorf("%+v %v, want %+v", run.RunSummary, err, c.counts)
			}
		})
	}
}
