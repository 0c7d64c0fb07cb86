package harness_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// malformed are scenarios with a mistake each: one that is valid but for what declare does with it.
var malformed = []struct {
	name    string
	declare func(w *windows, sc *harness.Scenario, first *harness.Step)
}{
	{"a cycle of two", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		second := sc.Step(w.colleague, "second", passes, harness.Requires(first))
		harness.After(second)(first)
	}},
	{"a cycle of one", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		harness.Requires(first)(first)
	}},
	{"a cycle through its own precondition", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		first.Precondition(w.colleague, "prepare", passes, harness.Requires(first))
	}},
	{"a cycle through a postcondition", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		later := sc.Step(w.colleague, "later", passes, harness.After(first))
		first.Postcondition(w.colleague, "tidy", passes, harness.After(later))
	}},
	{"a session of another harness", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		other := newWindows2(w)
		sc.Step(other.Browser("stranger"), "looks in", passes)
	}},
	{"no session", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(nil, "looks in", passes)
	}},
	{"a required step of another scenario", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		other := w.Scenario("another").Step(w.owner, "elsewhere", passes)
		sc.Step(w.colleague, "second", passes, harness.Requires(other))
	}},
	{"after a step of another scenario", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		other := w.Scenario("another").Step(w.owner, "elsewhere", passes)
		sc.Step(w.colleague, "second", passes, harness.After(other))
	}},
	{"a required step that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", passes, harness.Requires(nil))
	}},
	{"after a step that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", passes, harness.After(first, nil))
	}},
	{"after a postcondition of another step", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		tidy := first.Postcondition(w.colleague, "tidy", passes)
		sc.Step(w.colleague, "second", passes, harness.After(tidy))
	}},
	{"a precondition of a precondition", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		first.Precondition(w.colleague, "prepare", passes).Precondition(w.owner, "prepare that", passes)
	}},
	{"no body", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", nil)
	}},
	{"a body that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		var none body
		sc.Step(w.colleague, "second", none)
	}},
	{"a body for the other kind of session", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", func(context.Context, Gomega, *sessions.HTTP) error { return nil })
	}},
	{"a body of another type", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", func(context.Context) error { return nil })
	}},
	{"a body that is no function", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", "press edit")
	}},
	{"two sessions of one name", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		w.HTTP("owner")
	}},
	{"two steps of one name", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.owner, "first", passes)
	}},
	{"two barriers of one name", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		one, two := sc.Barrier("both"), sc.Barrier("both")
		sc.Step(w.owner, "one", passes, harness.Meets(one, two))
		sc.Step(w.colleague, "two", passes, harness.Meets(one, two))
	}},
	{"a step without a name", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "", passes)
	}},
	{"a session without a name", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		w.Browser("")
	}},
	{"a tenant without a name", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		w.Tenant("").Browser("clerk")
	}},
	{"a barrier without a name", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		meet(w, sc, sc.Barrier(""))
	}},
	{"a negative timeout", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", passes, harness.Timeout(-time.Second))
	}},
	{"a negative number of attempts", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", passes, harness.Attempts(-1))
	}},
	{"a meeting that would be repeated", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		b := sc.Barrier("both")
		sc.Step(w.owner, "one", passes, harness.Meets(b), harness.Attempts(2))
		sc.Step(w.colleague, "two", passes, harness.StartsAt(b))
	}},
	{"an option of a step that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", passes, nil)
	}},
	{"an option of a session that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		w.Browser("clerk", nil)
	}},
	{"an option of a barrier that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		meet(w, sc, sc.Barrier("both", nil))
	}},
	{"a precondition that always runs", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		first.Precondition(w.colleague, "prepare", passes, harness.AlwaysRun())
	}},
	{"a barrier of another scenario", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", passes, harness.Meets(w.Scenario("another").Barrier("there")))
	}},
	{"a barrier that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", passes, harness.Meets(nil))
	}},
	{"a start at a barrier that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.colleague, "second", passes, harness.StartsAt(nil))
	}},
	{"a start at a barrier and a meeting there", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		b := sc.Barrier("both")
		sc.Step(w.owner, "one", passes, harness.Meets(b), harness.StartsAt(b))
		sc.Step(w.colleague, "two", passes, harness.Meets(b))
	}},
	{"a barrier with a negative timeout", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		meet(w, sc, sc.Barrier("both", harness.BarrierTimeout(-1)))
	}},
	{"a barrier to which nobody comes", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Barrier("both")
	}},
	{"a barrier to which one comes", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		sc.Step(w.owner, "one", passes, harness.Meets(sc.Barrier("both")))
	}},
	{"a barrier for more than come", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		meet(w, sc, sc.Barrier("both", harness.PartyCount(3)))
	}},
	{"a barrier for one", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		meet(w, sc, sc.Barrier("both", harness.PartyCount(1)))
	}},
	{"a barrier for fewer than none", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		meet(w, sc, sc.Barrier("both", harness.PartyCount(-2)))
	}},
	{"a party that never comes", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		meet(w, sc, sc.Barrier("both", harness.Parties(w.owner, w.colleague, w.HTTP("clerk"))))
	}},
	{"a party that is nil", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		meet(w, sc, sc.Barrier("both", harness.Parties(w.owner, w.colleague, nil)))
	}},
	{"somebody who is no party", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		b := sc.Barrier("both", harness.Parties(w.owner, w.colleague))
		meet(w, sc, b)
		sc.Step(w.HTTP("clerk"), "three", passes, harness.Meets(b))
	}},
	{"a meeting of steps with an order", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		b := sc.Barrier("both")
		one := sc.Step(w.owner, "one", passes, harness.Meets(b))
		sc.Step(w.colleague, "two", passes, harness.Meets(b), harness.After(one))
	}},
	{"coming twice to a barrier that opens once", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		b := sc.Barrier("both")
		meet(w, sc, b)
		sc.Step(w.owner, "again", passes, harness.Meets(b))
	}},
	{"a window of negative size", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		w.Browser("clerk", harness.WindowSize(-1, 800))
	}},
	{"a window without a browser", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		w.HTTP("clerk", harness.WindowSize(800, 600))
	}},
	{"headers in a browser", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		w.Tenant("acme").Browser("clerk", harness.Header("Accept-Language", "de"))
	}},
	{"a header that is none", func(w *windows, sc *harness.Scenario, first *harness.Step) {
		w.HTTP("clerk", harness.Header("Accept: Language", "de"))
	}},
}

// meet declares a step of each user that comes to the barrier.
func meet(w *windows, sc *harness.Scenario, b *harness.Barrier) {
	sc.Step(w.owner, "one", passes, harness.Meets(b))
	sc.Step(w.colleague, "two", passes, harness.Meets(b))
}

// newWindows2 is another harness of the same test.
func newWindows2(w *windows) *harness.Harness {
	return harness.New(w.t, harness.Progress(nil))
}

// refused runs a scenario that must be refused in no time, and without a call to a browser.
func refused(t *testing.T, sc *harness.Scenario, driver *browsertest.Driver) string {
	t.Helper()
	start := time.Now()
	result := sc.Run(t.Context())
	if took := time.Since(start); took > 50*time.Millisecond {
		t.Errorf("it took %v to refuse", took)
	}
	err := result.Err()
	invalid, ok := errors.AsType[*harness.InvalidScenarioError](err)
	if !ok || !errors.Is(err, harness.ErrInvalidScenario) {
		t.Fatalf("not refused: %v", result)
	}
	if result.Outcome != harness.Errored || len(result.Records) != 0 || len(driver.Connections()) != 0 {
		t.Errorf("something was started: %v", result)
	}
	for _, m := range invalid.Mistakes {
		if !strings.Contains(m.Place, "_test.go:") || m.What == "" || m.Hint == "" {
			t.Errorf("incomplete: %+v", m)
		}
	}
	if len(invalid.Mistakes) != 1 {
		t.Errorf("%d mistakes, want the one that was made", len(invalid.Mistakes))
	}
	return err.Error()
}

func TestMalformedScenariosAreRefused(t *testing.T) {
	var texts strings.Builder
	for _, m := range malformed {
		t.Run(m.name, func(t *testing.T) {
			driver := &browsertest.Driver{}
			w := newWindows(t, driver)
			sc := w.Scenario(m.name)
			m.declare(w, sc, sc.Step(w.owner, "first", passes))
			fmt.Fprintln(&texts, refused(t, sc, driver))
		})
	}
	golden(t, "malformed", texts.String())
}

func TestScenariosWithoutNameOrStepAreRefused(t *testing.T) {
	driver := &browsertest.Driver{}
	w := newWindows(t, driver)
	unnamed := w.Scenario("")
	unnamed.Step(w.owner, "first", passes)
	text := refused(t, unnamed, driver) + "\n"
	empty := w.Scenario("only a precondition")
	empty.Precondition(w.owner, "ready", passes)
	golden(t, "empty", text+refused(t, empty, driver)+"\n")
}

// badOptions are mistakes of harness.New.
var badOptions = []struct {
	name    string
	env     [2]string
	options []harness.Option
}{
	{name: "an unknown driver", options: []harness.Option{harness.Driver("chromdp")}},
	{name: "a driver like none", options: []harness.Option{harness.Driver("selenium")}},
	{name: "an unknown driver in the environment", env: [2]string{sessions.EnvDriver, "Rodd"}},
	{name: "an unknown mode of evidence", env: [2]string{harness.EnvEvidence, "allways"}},
	{name: "a negative open timeout", options: []harness.Option{harness.OpenTimeout(-1)}},
	{name: "a negative step timeout", options: []harness.Option{harness.StepTimeout(-1)}},
	{name: "a negative action timeout", options: []harness.Option{harness.ActionTimeout(-time.Minute)}},
	{name: "a negative launch timeout", options: []harness.Option{harness.Browsers(browser.PoolOptions{Launch: browser.LaunchOptions{Timeout: -1}})}},
	{name: "a base address without a scheme", options: []harness.Option{harness.BaseURL("127.0.0.1:8080")}},
	{name: "a base address of another scheme", options: []harness.Option{harness.BaseURL("ftp://app.test")}},
	{name: "a base address without a host", options: []harness.Option{harness.BaseURL("http://")}},
	{name: "fewer browsers than none", options: []harness.Option{harness.Browsers(browser.PoolOptions{Browsers: -1})}},
	{name: "an attached browser that is several", options: []harness.Option{harness.Browsers(browser.PoolOptions{Browsers: 2}), harness.Attach("127.0.0.1:9222")}},
	{name: "an option that is nil", options: []harness.Option{nil}},
}

func TestBadOptionsAreRefused(t *testing.T) {
	var texts strings.Builder
	for _, bad := range badOptions {
		t.Run(bad.name, func(t *testing.T) {
			if bad.env[0] != "" {
				t.Setenv(bad.env[0], bad.env[1])
			}
			u := newUsers(t, bad.options...)
			sc := u.Scenario(bad.name)
			sc.Step(u.owner, "first", passes)
			fmt.Fprintln(&texts, refused(t, sc, &browsertest.Driver{}))
		})
	}
	golden(t, "options", texts.String())
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	w := newWindows(t, &browsertest.Driver{}, harness.StepTimeout(-1))
	sc := w.Scenario("several mistakes")
	first := sc.Step(w.owner, "first", nil)
	second := sc.Step(w.colleague, "second", passes, harness.Requires(first), harness.Timeout(-1))
	harness.After(second, nil)(first)
	sc.Barrier("both")
	w.Browser("owner")
	golden(t, "several", sc.Run(t.Context()).Err().Error()+"\n")
}

func TestAScenarioIsRefusedWhileAnotherRuns(t *testing.T) {
	u := newUsers(t)
	inner := u.Scenario("inner")
	inner.Step(u.colleague, "save", passes)
	result := one(t, u, func(ctx context.Context, g Gomega, _ sessions.Session) error {
		g.Expect(inner.Run(ctx).Err()).To(MatchError(harness.ErrRunning))
		return nil
	})
	if err := result.Err(); err != nil {
		t.Error(err)
	}
}

func TestAClosedHarnessRunsNothing(t *testing.T) {
	u := newUsers(t)
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	if err := one(t, u, passes).Err(); !errors.Is(err, harness.ErrClosed) {
		t.Error(err)
	}
}
