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
