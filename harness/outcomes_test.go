package harness_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// The tests of this file are the rows of the table of outcomes. Around the step "save" of the owner there are
//
//	prepare   a precondition of the step alone, in another session
//	tidy      a postcondition, in another session
//	read      a step that requires it
//	leave     a step after it
type row struct {
	prepare, save, tidy body
	want                []string
}

func (r row) run(ctx context.Context, t *testing.T, u *users, more ...harness.StepOption) *harness.Result {
	t.Helper()
	or := func(b body) body {
		if b == nil {
			return passes
		}
		return b
	}
	sc := u.Scenario(t.Name())
	save := sc.Step(u.owner, "save", or(r.save), more...)
	save.Precondition(u.colleague, "prepare", or(r.prepare))
	save.Postcondition(u.colleague, "tidy", or(r.tidy))
	sc.Step(u.clerk, "read", passes, harness.Requires(save))
	sc.Step(u.clerk, "leave", passes, harness.After(save))
	result := sc.Run(ctx)
	if len(r.want) > 0 {
		var want []string
		for i, name := range []string{"save", "prepare", "tidy", "read", "leave"} {
			want = append(want, name+": "+r.want[i])
		}
		wantOutcomes(t, result, want...)
	}
	return result
}

func TestAllPreconditionsPassAndTheBodyPasses(t *testing.T) {
	result := row{want: []string{"passed", "passed", "passed", "passed", "passed"}}.run(t.Context(), t, newUsers(t))
	if result.Outcome != harness.Passed || result.Err() != nil {
		t.Error(result)
	}
}

func TestTheBodyFails(t *testing.T) {
	for name, b := range map[string]body{
		"error":     fails,
		"assertion": func(_ context.Context, g Gomega, _ sessions.Session) error { g.Expect(1).To(Equal(2)); return nil },
		"panic":     func(context.Context, Gomega, sessions.Session) error { panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			result := row{save: b, want: []string{"failed", "passed", "passed", "skipped", "passed"}}.run(t.Context(), t, newUsers(t))
			if result.Outcome != harness.Failed {
				t.Errorf("the scenario %s", result.Outcome)
			}
			wantText(t, result.Records[3].Cause[0], `step "save" of owner failed`) // the cause of the skip is named
		})
	}
}

func TestAPreconditionFails(t *testing.T) {
	result := row{prepare: fails, want: []string{"blocked", "failed", "passed", "skipped", "passed"}}.run(t.Context(), t, newUsers(t))
	save, read := result.Records[0], result.Records[3]
	if got := save.Cause; len(got) != 2 || got[0] != `precondition "prepare" of colleague failed` || got[1] != errBroken.Error() {
		t.Errorf("cause chain of the blocked step: %q", got)
	}
	if got := read.Cause; len(got) != 3 || got[0] != `step "save" of owner blocked` {
		t.Errorf("cause chain of the skipped step: %q", got)
	}
	if save.Ended.Seq != 0 {
		t.Error("the body of a blocked step has run")
	}
	if result.Outcome != harness.Failed {
		t.Errorf("the scenario %s", result.Outcome)
	}
}

func TestARequiredStepDidNotPass(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("required")
	open := sc.Step(u.owner, "open", fails)
	save := sc.Step(u.owner, "save", passes, harness.Requires(open))
	save.Precondition(u.colleague, "prepare", passes)
	save.Postcondition(u.colleague, "tidy", passes)
	sc.Step(u.clerk, "read", passes, harness.Requires(save))
	sc.Step(u.clerk, "leave", passes, harness.After(save))
	result := sc.Run(t.Context())
	wantOutcomes(t, result, "open: failed", "save: skipped", "prepare: skipped", "tidy: skipped", "read: skipped", "leave: passed")
	wantText(t, result.Records[4].Cause[0], `step "save" of owner skipped`)
	wantText(t, result.Records[4].Cause[1], `step "open" of owner failed`)
	wantText(t, result.Records[4].Cause[2], errBroken.Error())
}

func TestAnAlwaysRunStepWhoseRequirementFailed(t *testing.T) {
	for name, its := range map[string]struct {
		body body
		want string
		read string
	}{"passes": {passes, "passed", "passed"}, "fails": {fails, "failed", "skipped"}} {
		t.Run(name, func(t *testing.T) {
			u := newUsers(t)
			sc := u.Scenario("always")
			first := sc.Step(u.owner, "open", fails)
			save := sc.Step(u.owner, "save", its.body, harness.Requires(first), harness.AlwaysRun())
			save.Precondition(u.colleague, "prepare", passes)
			save.Postcondition(u.colleague, "tidy", passes)
			sc.Step(u.clerk, "read", passes, harness.Requires(save))
			sc.Step(u.clerk, "leave", passes, harness.After(save))
			wantOutcomes(t, sc.Run(t.Context()), "open: failed", "save: "+its.want, "prepare: passed", "tidy: passed", "read: "+its.read, "leave: passed")
		})
	}
}

func TestAnAlwaysRunStepIsBlockedByItsOwnPrecondition(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("always")
	save := sc.Step(u.owner, "save", passes, harness.AlwaysRun())
	save.Precondition(u.colleague, "prepare", fails)
	wantOutcomes(t, sc.Run(t.Context()), "save: blocked", "prepare: failed")
}

func TestAStepExceedsItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := row{save: hangs, want: []string{"timed out", "passed", "passed", "skipped", "passed"}}.
			run(t.Context(), t, newUsers(t), harness.Timeout(3*time.Second))
		save := result.Records[0]
		if save.Took() != 3*time.Second {
			t.Errorf("it took %v", save.Took())
		}
		wantText(t, save.Err().Error(), `owner, in step "save": timed out after 3s`, "the session was at: idle")
		if !errors.Is(save.Err(), context.DeadlineExceeded) {
			t.Error("the error is no DeadlineExceeded")
		}
		if result.Outcome != harness.Failed {
			t.Errorf("the scenario %s", result.Outcome)
		}
	})
}

func TestAStepThatTimesOutSaysWhatItAwaitedAndTheLastState(t *testing.T) {
	driver := &browsertest.Driver{Element: func(*browsertest.Page, string) browsertest.Element { return browsertest.Element{Missing: true} }}
	w := newWindows(t, driver)
	sc := w.Scenario("wait in vain")
	sc.Step(w.owner, "presses edit", func(ctx context.Context, _ Gomega, s *sessions.Browser) error {
		return s.Click(ctx, "#edit")
	}, harness.Timeout(50*time.Millisecond))
	result := sc.Run(t.Context())
	wantOutcomes(t, result, "presses edit: timed out")
	wantText(t, result.Err().Error(), "timed out after 50ms", `click "#edit"`, "no element matches", "hint: ")
}

func TestAPostconditionFails(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("postconditions")
	save := sc.Step(u.owner, "save", passes)
	save.Postcondition(u.colleague, "tidy", fails)
	save.Postcondition(u.colleague, "count", passes)
	sc.Step(u.clerk, "read", passes, harness.Requires(save))
	sc.Step(u.clerk, "leave", passes, harness.After(save))
	result := sc.Run(t.Context())
	wantOutcomes(t, result, "save: passed", "tidy: failed", "count: passed", "read: passed", "leave: passed")
	if result.Outcome != harness.Failed || result.Totals()[harness.Passed] != 3 || result.Totals()[harness.Failed] != 0 {
		t.Errorf("the scenario %s, totals %v", result.Outcome, result.Totals())
	}
}

func TestAPostconditionThatFailsDoesNotOverwriteAFailure(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("both fail")
	sc.Step(u.owner, "save", fails).Postcondition(u.colleague, "tidy", func(context.Context, Gomega, sessions.Session) error {
		return errors.New("nothing to tidy")
	})
	result := sc.Run(t.Context())
	wantText(t, result.Err().Error(), `owner, in step "save": the list is empty`, `colleague, in postcondition "tidy": nothing to tidy`)
}

func TestTheRunIsInterrupted(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	because := errors.New("somebody pressed a key")
	result := row{
		save: func(ctx context.Context, g Gomega, s sessions.Session) error { stop(because); return hangs(ctx, g, s) },
		want: []string{"aborted", "passed", "passed", "aborted", "aborted"},
	}.run(ctx, t, newUsers(t))
	if result.Outcome != harness.Aborted || !errors.Is(result.Err(), because) {
		t.Errorf("the scenario %s: %v", result.Outcome, result.Err())
	}
	wantText(t, result.Records[4].Cause[0], because.Error())
}

// Beyond the rows.

func TestAPreconditionOfTheScenarioBlocksAllThatRequireIt(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("common precondition")
	ready := sc.Precondition(u.owner, "ready", fails)
	first := sc.Step(u.colleague, "first", passes, harness.Requires(ready))
	first.Postcondition(u.colleague, "tidy", passes)
	sc.Step(u.clerk, "second", passes, harness.Requires(ready))
	wantOutcomes(t, sc.Run(t.Context()), "ready: failed", "first: blocked", "tidy: passed", "second: blocked")
}

func TestPreconditionsInSequence(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("sequence")
	save := sc.Step(u.owner, "save", passes)
	one := save.Precondition(u.colleague, "one", fails)
	save.Precondition(u.clerk, "two", passes, harness.Requires(one))
	wantOutcomes(t, sc.Run(t.Context()), "save: blocked", "one: failed", "two: blocked")
}

func TestATimeIsThatOfTheBodyAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		takes := func(d time.Duration) body {
			return func(ctx context.Context, _ Gomega, _ sessions.Session) error {
				timer := time.NewTimer(d)
				defer timer.Stop()
				select {
				case <-timer.C:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		result := row{prepare: takes(time.Second), save: takes(2 * time.Second), tidy: takes(3 * time.Second)}.run(t.Context(), t, newUsers(t))
		for i, want := range []time.Duration{2 * time.Second, time.Second, 3 * time.Second, 0, 0} {
			if got := result.Records[i].Took(); got != want {
				t.Errorf("%s took %v, want %v", result.Records[i].Name, got, want)
			}
		}
		if result.Took != 6*time.Second {
			t.Errorf("the run took %v", result.Took)
		}
	})
}
