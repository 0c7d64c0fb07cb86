package harness_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// clicks presses a button with the browser's mouse.
func clicks(ctx context.Context, _ Gomega, s *sessions.Browser) error { return s.Click(ctx, "#edit") }

// deaths are the scenario of a browser that dies while its session is in a step, and what must become of it.
func deaths(t *testing.T, sc *harness.Scenario, owner, colleague *harness.Session, dies, goesOn any) {
	t.Helper()
	press := sc.Step(owner, "press", dies)
	press.Postcondition(owner, "own tidy", passes)
	press.Postcondition(colleague, "tidy", goesOn)
	sc.Step(owner, "next", passes, harness.After(press))
	sc.Step(owner, "needs press", passes, harness.Requires(press))
	sc.Step(colleague, "go on", goesOn)
	sc.Step(colleague, "much later", goesOn, harness.After(press))
}

func wantDeath(t *testing.T, result *harness.Result) {
	t.Helper()
	wantOutcomes(t, result, "press: errored", "own tidy: errored", "tidy: passed", "next: errored", "needs press: skipped", "go on: passed", "much later: passed")
	if result.Outcome != harness.Errored || !errors.Is(result.Err(), browser.ErrDied) {
		t.Errorf("the scenario %s: %v", result.Outcome, result.Err())
	}
	if len(result.Evidence) != 2 || len(result.Files) == 0 {
		t.Errorf("evidence of %d sessions, %d files", len(result.Evidence), len(result.Files))
	}
}

func TestTheBrowserOfASessionDies(t *testing.T) {
	inClick := make(chan struct{}, 1)
	driver := &browsertest.Driver{Fault: browsertest.Hold(browsertest.Click, 1, inClick, nil)}
	w := newWindows(t, driver)
	var died time.Time
	go func() {
		<-inClick
		died = time.Now()
		for _, c := range driver.Connections() {
			if len(c.Pages()) > 0 && len(c.Pages()[0].Calls()) > 0 && c.Pages()[0].Calls()[len(c.Pages()[0].Calls())-1] == "click #edit" {
				c.Die()
			}
		}
	}()
	sc := w.Scenario("death")
	deaths(t, sc, w.owner, w.colleague, clicks, passes)
	result := sc.Run(t.Context())
	wantDeath(t, result)
	if took := time.Since(died); took > time.Second {
		t.Errorf("the run ended %v after the death", took)
	}
	if result := sc.Run(t.Context()); result.Err() != nil {
		t.Errorf("the next run has a fresh browser, and yet: %v", result)
	}
}

func TestTheBrowserOfAnIdleSessionDiesWhileAnotherWaitsForIt(t *testing.T) {
	driver := &browsertest.Driver{}
	w := newWindows(t, driver)
	clerk := w.HTTP("clerk")
	sc := w.Scenario("death of an idle session")
	b := sc.Barrier("both here")
	long := sc.Step(clerk, "long", hangs, harness.Timeout(time.Second))
	sc.Step(w.owner, "wait", func(ctx context.Context, g Gomega, s sessions.Session) error {
		for _, c := range driver.Connections() {
			if c.Pages()[0] != s.(*sessions.Browser).Page() && s.(*sessions.Browser).Page().Err() == nil && len(c.Pages()) > 0 {
				defer c.Die()
			}
		}
		return nil
	})
	waited := sc.Step(w.HTTP("auditor"), "wait for it", waitsAt(&b), harness.Meets(b))
	sc.Step(w.colleague, "come", passes, harness.Meets(b), harness.After(long))
	result := sc.Run(t.Context())
	record := result.Record(waited)
	if record.Outcome != harness.Failed || record.Took() > 250*time.Millisecond {
		t.Errorf("%s after %v\n%s", record.Outcome, record.Took(), result)
	}
	wantText(t, record.Err().Error(), `"colleague" (left: the browser died`)
}

// A raw action of a driver fails when its connection is lost, which the session notices in a goroutine of its own.
func TestARawActionFailsBeforeTheDeathIsKnown(t *testing.T) {
	driver := &browsertest.Driver{}
	w := newWindows(t, driver)
	sc := w.Scenario("raw")
	sc.Step(w.owner, "raw action", func(context.Context, Gomega, *sessions.Browser) error {
		time.AfterFunc(5*time.Millisecond, driver.Connections()[0].Die)
		return errBroken
	})
	wantOutcomes(t, sc.Run(t.Context()), "raw action: errored")
}

func TestAPageCannotBeOpened(t *testing.T) {
	driver := &browsertest.Driver{Fault: browsertest.Fail(browsertest.NewPage, 2, errBroken)}
	w := newWindows(t, driver)
	sc := w.Scenario("no page")
	sc.Step(w.owner, "one", passes)
	sc.Step(w.colleague, "two", passes)
	result := sc.Run(t.Context())
	wantOutcomes(t, result, "one: errored", "two: errored")
	if !errors.Is(result.Err(), errBroken) || len(result.Problems) != 1 {
		t.Errorf("%v\n%v", result.Err(), result.Problems)
	}
	w.t.end()
	if n := driver.OpenPages(); n != 0 {
		t.Errorf("%d pages are left", n)
	}
}

func TestSessionsThatAreNotIsolatedAreRefused(t *testing.T) {
	w := newWindows(t, &browsertest.Driver{Shared: true})
	sc := w.Scenario("shared")
	sc.Step(w.owner, "one", passes)
	sc.Step(w.colleague, "two", passes)
	result := sc.Run(t.Context())
	wantOutcomes(t, result, "one: errored", "two: errored")
	if !errors.Is(result.Err(), sessions.ErrNotIsolated) {
		t.Error(result)
	}
}

func TestAnInterruptedRunLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	reached := make(chan struct{}, 2)
	driver := &browsertest.Driver{Fault: browsertest.Hold(browsertest.Click, 0, reached, nil)}
	ctx, stop := context.WithCancelCause(t.Context())
	t.Run("run", func(t *testing.T) {
		w := newWindows(t, driver)
		sc := w.Scenario("interrupt")
		tidied := make(chan struct{}, 1)
		press := sc.Step(w.owner, "press", clicks)
		press.Postcondition(w.colleague, "tidy", func(context.Context, Gomega, sessions.Session) { tidied <- struct{}{} })
		sc.Step(w.Browser("clerk"), "press too", clicks)
		go func() {
			<-reached
			<-reached
			stop(errors.New("interrupted"))
		}()
		result := sc.Run(ctx)
		wantOutcomes(t, result, "press: aborted", "tidy: passed", "press too: aborted")
		if len(tidied) != 1 {
			t.Error("the postcondition did not run")
		}
		wantText(t, result.String(), "the run was stopped", "interrupted", `click "#edit"`)
	})
	if n := driver.OpenPages(); n != 0 {
		t.Errorf("%d pages are left", n)
	}
	goleak.VerifyNone(t, before)
}

func TestAnInterruptWhileSessionsAreOpened(t *testing.T) {
	reached := make(chan struct{}, 2)
	driver := &browsertest.Driver{Fault: browsertest.Hold(browsertest.NewPage, 0, reached, nil)}
	w := newWindows(t, driver)
	ctx, stop := context.WithCancel(t.Context())
	sc := w.Scenario("interrupt")
	sc.Step(w.owner, "press", clicks)
	go func() { <-reached; stop() }()
	wantOutcomes(t, sc.Run(ctx), "press: aborted")
}

// A context without a deadline must not let a run wait for ever, whatever hangs while its sessions are opened.
func TestABrowserHangsWhileSessionsAreOpened(t *testing.T) {
	for _, hangs := range []browsertest.Method{browsertest.Connect, browsertest.NewPage, browsertest.ForgetHistory} {
		t.Run(string(hangs), func(t *testing.T) {
			driver := &browsertest.Driver{Fault: browsertest.Block(hangs, 0)}
			w := newWindows(t, driver, harness.OpenTimeout(100*time.Millisecond))
			sc := w.Scenario("hang")
			sc.Step(w.owner, "one", passes)
			sc.Step(w.colleague, "two", passes)
			result := sc.Run(t.Context())
			wantOutcomes(t, result, "one: errored", "two: errored")
			wantText(t, result.Err().Error(), "it took more than 100ms (OpenTimeout)")
			w.t.end()
			if n := driver.OpenPages(); n != 0 {
				t.Errorf("%d pages are left", n)
			}
		})
	}
}

func TestAPoolHasTooFewPagesForTheScenario(t *testing.T) {
	pool := browsertest.NewPool(t, &browsertest.Driver{}, browser.PoolOptions{PagesPerBrowser: 1})
	h := harness.New(newT(t), harness.Pool(pool), harness.OpenTimeout(100*time.Millisecond), harness.Progress(nil), harness.Artifacts(t.TempDir()))
	sc := h.Scenario("too few")
	sc.Step(h.Browser("owner"), "one", passes)
	sc.Step(h.Browser("colleague"), "two", passes)
	wantText(t, sc.Run(t.Context()).Err().Error(), "all 1 pages are taken, by ", "OpenTimeout")
}

func TestAHarnessIsClosedWhileItsSessionsAreOpened(t *testing.T) {
	reached, goOn := make(chan struct{}, 1), make(chan struct{})
	driver := &browsertest.Driver{Fault: browsertest.Hold(browsertest.NewPage, 1, reached, goOn)}
	w := newWindows(t, driver)
	sc := w.Scenario("closed")
	sc.Step(w.owner, "one", passes)
	ended := make(chan *harness.Result)
	go func() { ended <- sc.Run(t.Context()) }()
	<-reached
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	close(goOn)
	if result := <-ended; !errors.Is(result.Err(), harness.ErrClosed) {
		t.Errorf("%v", result)
	}
	if n := driver.OpenPages(); n != 0 { // the pool is somebody else's, who may keep it long
		t.Errorf("%d pages are left", n)
	}
}

// TestKilledBrowsers kills real ones.
func TestKilledBrowsers(t *testing.T) {
	if testing.Short() {
		t.Skip("kills real browsers")
	}
	browsertest.NeedBrowser(t)
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			doomed, err := browser.Launch(t.Context(), browser.LaunchOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer doomed.Close()
			h := harness.New(newT(t), harness.Driver(driver.Name()), harness.Attach(doomed.Address()), harness.Artifacts(t.TempDir()), harness.Progress(nil))
			owner, colleague := h.Browser("owner"), h.HTTP("colleague")
			sc := h.Scenario("SIGKILL")
			var died time.Time
			kills := func(ctx context.Context, g Gomega, s *sessions.Browser) error {
				died = time.Now()
				g.Expect(syscall.Kill(doomed.PID(), syscall.SIGKILL)).To(Succeed())
				return s.Evaluate(ctx, "new Promise(() => {})", nil)
			}
			deaths(t, sc, owner, colleague, kills, passes)
			result := sc.Run(t.Context())
			wantDeath(t, result)
			took := time.Since(died)
			t.Logf("the whole run ended %v after the death", took)
			if took > time.Second {
				t.Errorf("that is too long:\n%s", result)
			}
		})
	}
}
