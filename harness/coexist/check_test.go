package coexist_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestAFeederThatIsWronglySharedCollides(t *testing.T) {
	names := csv(t, data.Options{Policy: data.Circular}, "Suppliers", "Partners")
	target := nowhere(t)
	synctest.Test(t, func(t *testing.T) {
		result := check(t, coexist.Options{Users: 3, Iterations: 4},
			coexist.Virtual(load.Scenario{Name: "clerks", Target: target, Feeders: []*data.Feeder{names}, User: works(&exclusive{}, names)}))
		golden(t, "collision", steady(result.Report()))
		if !errors.Is(result.Err(), coexist.ErrCollided) {
			t.Errorf("the error is %v, want %v", result.Err(), coexist.ErrCollided)
		}
	})
}

func TestWithLeaseTheyLiveTogether(t *testing.T) {
	names := csv(t, data.Options{Policy: data.Lease}, "Suppliers", "Partners", "Friends")
	target := nowhere(t)
	synctest.Test(t, func(t *testing.T) {
		result := check(t, coexist.Options{Users: 3, Iterations: 4},
			coexist.Virtual(load.Scenario{Name: "clerks", Target: target, Feeders: []*data.Feeder{names}, User: works(&exclusive{}, names)}))
		golden(t, "lease", steady(result.Report()))
		if result.Err() != nil || result.Phases[0].Overlaps != 0 {
			t.Errorf("the error is %v with %d overlaps, want none", result.Err(), result.Phases[0].Overlaps)
		}
	})
}

// Each scenario has a lease on a file of its own, so it believes; but it is the same file.
func TestScenariosCollideWithEachOther(t *testing.T) {
	target := nowhere(t)
	first := csv(t, data.Options{Policy: data.Lease}, names(5)...)
	row, err := first.Draw(t.Context(), begun(t))
	if err != nil {
		t.Fatal(err)
	}
	path := row.Place()[:strings.LastIndex(row.Place(), ":")]
	second := feeder(t, "names", data.CSV(path), data.Options{Policy: data.Lease})
	synctest.Test(t, func(t *testing.T) {
		var system exclusive
		result := check(t, coexist.Options{Users: 2, Together: 2, Iterations: 3, Duration: time.Second, Phases: coexist.Phases()},
			coexist.Virtual(load.Scenario{Name: "buyers", Target: target, User: works(&system, first)}),
			coexist.Virtual(load.Scenario{Name: "sellers", Target: target, User: works(&system, second)}))
		for _, s := range result.Phases {
			if together := s.Phase == coexist.AllTogether; s.Passed == together {
				t.Errorf("%s passed: %t", s, s.Passed)
			}
		}
		together := result.Phases[len(result.Phases)-1]
		if len(together.Values) == 0 || len(together.Values[0].Feeders) != 2 || together.Kinds[coexist.Collision] != together.Failed {
			t.Errorf("want collisions over values of both feeders, got\n%s", result.Report())
		}
		pair := together.Pairs[0].Users
		if !strings.HasPrefix(pair[0], "buyers") || !strings.HasPrefix(pair[1], "sellers") {
			t.Errorf("the pair is %q, want one of each scenario", pair)
		}
	})
}

// begun is a user of another check, who takes a value for a moment.
func begun(t *testing.T) *data.User {
	u := data.NewUser(t.Context(), "looker")
	u.Begin(t.Context())
	t.Cleanup(u.End)
	return u
}

func TestAFailureThatDataDoNotExplainIsNotBlamedOnThem(t *testing.T) {
	names := csv(t, data.Options{Policy: data.Lease}, "Suppliers", "Partners", "Friends")
	target := nowhere(t)
	synctest.Test(t, func(t *testing.T) {
		var system exclusive
		result := check(t, coexist.Options{Users: 2, Iterations: 3}, coexist.Virtual(load.Scenario{Name: "clerks", Target: target,
			User: func(ctx context.Context, u *load.User) error {
				if err := works(&system, names)(ctx, u); err != nil {
					return err
				}
				switch {
				case u.Number() == 1 && u.Iteration() == 2:
					return errors.New("status 500 Internal Server Error; password=secret")
				case u.Number() == 2 && u.Iteration() == 3:
					panic("out of paper")
				}
				return nil
			}}))
		golden(t, "apart", steady(result.Report()))
	})
}

func TestWhatUsersDoIsCounted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name         string
		user         func(context.Context, *load.User) error
		failed       int64
		kind         coexist.Kind
		text         string
		wantRequests int64
	}{
		{"goes well", func(ctx context.Context, u *load.User) error { _, err := u.Get(ctx, "/"); return err }, 0, "", "passed: nobody failed", 6},
		{"is refused", func(ctx context.Context, u *load.User) error { _, err := u.Get(ctx, "/none"); return err }, 6, coexist.NoValue, "check: status 404", 6},
		{"is refused and hides it", func(ctx context.Context, u *load.User) error { _, _ = u.Get(ctx, "/none"); return nil }, 0, "",
			"problem: 6 requests failed, and the user functions returned no error", 6},
		{"panics", func(context.Context, *load.User) error { panic("out of paper") }, 6, coexist.NoValue, "panic: out of paper", 0},
		// Who ends its goroutine has no other iteration.
		{"ends its goroutine", func(context.Context, *load.User) error { runtime.Goexit(); return nil }, 2, coexist.NoValue, "runtime.Goexit", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := check(t, coexist.Options{Users: 2, Iterations: 3}, coexist.Virtual(load.Scenario{Name: "users", Target: target, User: test.user}))
			s := result.Phases[0]
			if s.Failed != test.failed || s.Kinds[test.kind] != test.failed || s.Scenarios[0].Requests != test.wantRequests {
				t.Errorf("failed %d (%v) with %d requests, want %d with %d", s.Failed, s.Kinds, s.Scenarios[0].Requests, test.failed, test.wantRequests)
			}
			if report := result.Report(); !strings.Contains(report, test.text) {
				t.Errorf("the report has no %q:\n%s", test.text, report)
			}
			if result.Passed != (test.name == "goes well") {
				t.Errorf("passed: %t", result.Passed)
			}
		})
	}
}

func TestDataThatRunOutAreTold(t *testing.T) {
	target := nowhere(t)
	for _, rule := range []data.Rule{data.FailRun, data.StopUser} {
		t.Run(rule.String(), func(t *testing.T) {
			names := csv(t, data.Options{Policy: data.Queue, OutOfValues: rule}, names(5)...)
			synctest.Test(t, func(t *testing.T) {
				result := check(t, coexist.Options{Users: 2, Iterations: 4}, coexist.Virtual(load.Scenario{Name: "clerks", Target: target, User: works(&exclusive{}, names)}))
				golden(t, "ran-out-"+rule.String(), steady(result.Report()))
				if result.Passed {
					t.Error("it passed, although not all iterations could be done")
				}
			})
		})
	}
}

func TestNobodyPauses(t *testing.T) {
	target := nowhere(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var most atomic.Int64
		result := check(t, coexist.Options{Users: 4, Iterations: 5}, coexist.Virtual(load.Scenario{
			Name: "slow", Target: target, Pause: profile.ConstantPause(time.Hour), Pace: time.Hour, Iterations: 99, MaxIterations: 1,
			User: func(ctx context.Context, u *load.User) error {
				most.Store(max(most.Load(), int64(time.Since(began))))
				return u.Pause(ctx)
			}}))
		if result.Err() != nil || result.Phases[0].Iterations != 20 || time.Since(began) > time.Minute || most.Load() > int64(time.Second) {
			t.Errorf("took %v, users began within %v, want at once\n%s", time.Since(began), time.Duration(most.Load()), result.Report())
		}
	})
}

func TestAPhaseLastsAsLongAsItIsToAndUsersFinish(t *testing.T) {
	target := nowhere(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		result := check(t, coexist.Options{Users: 2, Phases: []coexist.Phase{coexist.ByDuration}}, coexist.Virtual(load.Scenario{Name: "clerks", Target: target,
			User: func(ctx context.Context, _ *load.User) error { sleep(ctx, 205*time.Second); return ctx.Err() }}))
		if took := time.Since(began); took != 615*time.Second || result.Phases[0].Iterations != 6 || !result.Passed {
			t.Errorf("took %v, want the 10 minutes and what users needed to finish: 10m15s, 6 iterations\n%s", took, result.Report())
		}
	})
}

func TestWhoDoesNotFinishIsInterruptedAndTold(t *testing.T) {
	target := nowhere(t)
	stuck := coexist.Virtual(load.Scenario{Name: "clerks", Target: target, User: func(ctx context.Context, _ *load.User) error { <-ctx.Done(); return ctx.Err() }})
	for name, test := range map[string]struct {
		options coexist.Options
		want    string
	}{
		"by duration":   {coexist.Options{Phases: []coexist.Phase{coexist.ByDuration}}, `5 users of "clerks" had not finished`},
		"by iterations": {coexist.Options{Limit: time.Minute}, "the iterations took more than 1m0s (Options.Limit)"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if result := check(t, test.options, stuck); result.Passed || !strings.Contains(result.Report(), test.want) {
					t.Errorf("want %q in\n%s", test.want, result.Report())
				}
			})
		})
	}
}

func TestTheCheckIsStopped(t *testing.T) {
	target := nowhere(t)
	fine := load.Scenario{Name: "clerks", Target: target, User: func(ctx context.Context, _ *load.User) error { sleep(ctx, time.Second); return nil }}
	t.Run("in good order", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			stop := make(chan struct{})
			time.AfterFunc(90*time.Second, func() { close(stop) })
			result := check(t, coexist.Options{Stop: stop, Phases: coexist.Phases()}, coexist.Virtual(fine))
			if result.Passed || len(result.Phases) != 2 || result.Phases[1].Scenarios[0].Interrupted != 0 || result.Phases[1].Took > 90_000 || !strings.Contains(result.Report(), "ended early: the check was stopped") {
				t.Errorf("want two phases, the second cut short\n%s", result.Report())
			}
		})
	})
	t.Run("at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(2500*time.Millisecond, func() { cancel(errors.New("enough")) })
			result, err := coexist.Check(ctx, coexist.Options{Progress: io.Discard}, coexist.Virtual(fine))
			if err != nil {
				t.Fatal(err)
			}
			if result.Passed || len(result.NotRun) != 1 || !strings.Contains(result.Report(), "enough") {
				t.Errorf("want what is left to be told\n%s", result.Report())
			}
		})
	})
	t.Run("at the first failure", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			bad := fine
			bad.User = func(context.Context, *load.User) error { return errors.New("no") }
			result := check(t, coexist.Options{StopAtFailure: true, Phases: coexist.Phases()}, coexist.Virtual(bad))
			if len(result.Phases) != 1 || len(result.NotRun) != 1 {
				t.Errorf("want the phase by duration left out\n%s", result.Report())
			}
		})
	})
}
