package coexist_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sync/vars"
)

// inFakes is a scenario in browsers that do as they are told.
func inFakes(t *testing.T, driver *browsertest.Driver, user func(context.Context, gomega.Gomega, *coexist.BrowserUser) error, feeders ...*data.Feeder) coexist.Scenario {
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{Direct: true})
	return coexist.InBrowsers(coexist.BrowserScenario{Name: "people", Pool: pool, User: user, Feeders: feeders})
}

// checkFakes runs two users for as many iterations, and keeps evidence in a folder that it returns.
func checkFakes(t *testing.T, o coexist.Options, s coexist.Scenario) (result *coexist.Result, folder string) {
	t.Helper()
	folder = t.TempDir()
	o.Evidence, o.Users = folder, 2
	return check(t, o, s), folder
}

func TestWhatUsersInBrowsersDoIsCounted(t *testing.T) {
	type user = func(context.Context, gomega.Gomega, *coexist.BrowserUser) error
	tests := []struct {
		name string
		user user
		want string // empty: all is well
	}{
		{"goes well", func(ctx context.Context, g gomega.Gomega, u *coexist.BrowserUser) error {
			g.Expect(u.Navigate(ctx, "http://app.invalid/"+u.Scenario())).To(gomega.Succeed())
			_, err := u.Vars().Delta(ctx, "iterations", 1)
			return err
		}, ""},
		{"an error", func(context.Context, gomega.Gomega, *coexist.BrowserUser) error { return errors.New("it is broken") }, "it is broken"},
		{"an assertion", func(_ context.Context, g gomega.Gomega, _ *coexist.BrowserUser) error {
			g.Expect(1).To(gomega.Equal(2), "arithmetic")
			return errors.New("it went on")
		}, "arithmetic"},
		{"a panic", func(context.Context, gomega.Gomega, *coexist.BrowserUser) error { panic("out of paper") }, "panic: out of paper (browsers_test.go:"},
		{"its goroutine ends", func(context.Context, gomega.Gomega, *coexist.BrowserUser) error { runtime.Goexit(); return nil }, "the user function ended its goroutine"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result, folder := checkFakes(t, coexist.Options{Iterations: 3}, inFakes(t, &browsertest.Driver{}, test.user))
			s := result.Phases[0]
			evidence, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			if s.Iterations != 6 {
				t.Errorf("%d iterations, want 6: a failure ends no user", s.Iterations)
			}
			if test.want == "" {
				if !result.Passed || len(evidence) > 0 {
					t.Errorf("evidence %v of\n%s", evidence, result.Report())
				}
				return
			}
			if s.Failed != 6 || len(s.Evidence) == 0 || len(evidence) == 0 || !strings.Contains(s.Failures[0].Message, test.want) || strings.Contains(s.Failures[0].Message, "it went on") ||
				test.name == "an assertion" && strings.Contains(s.Failures[0].Message, "goroutine") {
				t.Errorf("failed %d, evidence %v, want %q in\n%s", s.Failed, s.Evidence, test.want, result.Report())
			}
		})
	}
}

// The evidence of a collision is that of both.
func TestACollisionInBrowsersHasTheEvidenceOfBoth(t *testing.T) {
	names := csv(t, data.Options{Policy: data.Circular}, "Suppliers")
	user := func(ctx context.Context, _ gomega.Gomega, u *coexist.BrowserUser) error {
		if _, err := u.Draw(ctx, names); err != nil {
			return err
		}
		if _, err := u.Vars().Delta(ctx, "holders", 1); err != nil {
			return err
		}
		if _, err := u.Vars().Await(ctx, u.Name(), "holders", vars.AtLeast(2)); err != nil { // both hold it now
			return err
		}
		if u.Number() == 2 {
			return errors.New("the name is taken")
		}
		sleep(ctx, 10*time.Millisecond)
		return nil
	}
	result, _ := checkFakes(t, coexist.Options{Iterations: 1}, inFakes(t, &browsertest.Driver{}, user, names))
	files := strings.Join(result.Phases[0].Evidence, "\n")
	if f := result.Phases[0].Failures; len(f) != 1 || f[0].Kind != coexist.Collision || f[0].Values[0].Holders[0].User != "people 1" {
		t.Fatalf("want one collision with people 1\n%s", result.Report())
	}
	for _, want := range []string{"people-2/people-2.json", "people-2/people-1.json"} {
		if !strings.Contains(files, want) {
			t.Errorf("no %s among\n%s", want, files)
		}
	}
}

func TestSessionsThatCannotBeOpenedAreAProblem(t *testing.T) {
	broken := errors.New("the window is broken")
	driver := &browsertest.Driver{Fault: browsertest.Fail(browsertest.NewPage, 2, broken)}
	result, _ := checkFakes(t, coexist.Options{}, inFakes(t, driver, func(context.Context, gomega.Gomega, *coexist.BrowserUser) error {
		t.Error("a user has started")
		return nil
	}))
	if result.Passed || !strings.Contains(result.Report(), "so nobody started") || !strings.Contains(result.Report(), broken.Error()) {
		t.Errorf("want the problem in\n%s", result.Report())
	}
}

func TestASessionThatDiesEndsItsUser(t *testing.T) {
	user := func(ctx context.Context, _ gomega.Gomega, u *coexist.BrowserUser) error {
		if u.Number() == 1 {
			u.Page().Raw().(*browsertest.Page).Crash()
			<-u.Done()
		}
		return u.Navigate(ctx, "http://app.invalid/")
	}
	result, _ := checkFakes(t, coexist.Options{Iterations: 5}, inFakes(t, &browsertest.Driver{}, user))
	s := result.Phases[0]
	if s.Iterations != 6 || s.Failed != 1 || !strings.Contains(result.Report(), "a session ended before its time") {
		t.Errorf("want 5 iterations of one user and a failed one of the other, got %d\n%s", s.Iterations, result.Report())
	}
}

func TestWhoDoesNotFinishInABrowserIsInterrupted(t *testing.T) {
	stuck := func(ctx context.Context, _ gomega.Gomega, _ *coexist.BrowserUser) error {
		<-ctx.Done()
		return ctx.Err()
	}
	o := coexist.Options{Phases: []coexist.Phase{coexist.ByDuration}, Duration: time.Millisecond, GracefulStop: time.Millisecond}
	result, _ := checkFakes(t, o, inFakes(t, &browsertest.Driver{}, stuck))
	if result.Passed || result.Phases[0].Scenarios[0].Interrupted != 2 || result.Phases[0].Failed != 0 {
		t.Errorf("want two users interrupted, and none failed\n%s", result.Report())
	}
}

func TestOutOfValuesStopsUsersInBrowsers(t *testing.T) {
	for _, rule := range []data.Rule{data.StopUser, data.FailRun} {
		t.Run(rule.String(), func(t *testing.T) {
			names := csv(t, data.Options{Policy: data.Queue, OutOfValues: rule}, names(4)...)
			user := func(ctx context.Context, _ gomega.Gomega, u *coexist.BrowserUser) error {
				_, err := u.Draw(ctx, names)
				return err
			}
			o := coexist.Options{Phases: []coexist.Phase{coexist.ByDuration}, Duration: time.Minute}
			result, _ := checkFakes(t, o, inFakes(t, &browsertest.Driver{}, user, names))
			s := result.Phases[0]
			if s.Iterations-s.Failed != 4 || s.Failed > 2 || (s.Failed > 0) != (rule == data.FailRun) || len(s.RanOut) != 1 || s.RanOut[0].Times > 2 || result.Passed {
				t.Errorf("want 4 iterations, and users out of values\n%s", result.Report())
			}
		})
	}
}
