package harness_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

// one runs a scenario of one step.
func one(t *testing.T, u *users, b body, options ...harness.StepOption) *harness.Result {
	t.Helper()
	sc := u.Scenario(t.Name())
	sc.Step(u.owner, "save", b, options...)
	return sc.Run(t.Context())
}

func TestAFailedAssertionNamesItsLine(t *testing.T) {
	result := one(t, newUsers(t), func(_ context.Context, g Gomega, _ sessions.Session) error {
		checkName(g, "Ada")
		return nil
	})
	failed, ok := errors.AsType[*harness.AssertionError](result.Err())
	if !ok {
		t.Fatal(result.Err())
	}
	if got, want := stable(failed.Place), "bodies_test.go:<line>, called from bodies_test.go:<line>"; got != want {
		t.Errorf("place %q, want %q", got, want)
	}
	wantText(t, failed.Message, "Ada", "Bob")
}

func checkName(g Gomega, name string) { g.Expect(name).To(Equal("Bob")) }

func TestEventuallyEndsWithTheBodysContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := one(t, newUsers(t), func(ctx context.Context, g Gomega, _ sessions.Session) error {
			g.Eventually(ctx, func() int { return 1 }).WithTimeout(time.Hour).Should(Equal(2))
			return nil
		}, harness.Timeout(3*time.Second))
		wantOutcomes(t, result, "save: timed out")
		wantText(t, result.Err().Error(), "<int>: 1") // what was seen last
		if result.Took != 3*time.Second {
			t.Errorf("it took %v", result.Took)
		}
	})
}

func TestEventuallyHasALimitOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := one(t, newUsers(t), func(ctx context.Context, g Gomega, _ sessions.Session) error {
			g.Eventually(ctx, func() int { return 1 }).Should(Equal(2))
			return nil
		})
		wantOutcomes(t, result, "save: failed")
		if result.Took != 5*time.Second {
			t.Errorf("it took %v", result.Took)
		}
	})
}

func TestAssertionsInGoroutinesOfTheBody(t *testing.T) {
	result := one(t, newUsers(t), func(_ context.Context, g Gomega, _ sessions.Session) error {
		var both sync.WaitGroup
		both.Go(func() { g.Expect("a").To(Equal("b")) })
		both.Go(func() { g.Expect("c").To(Equal("d")) })
		both.Wait()
		return errBroken
	})
	wantOutcomes(t, result, "save: failed")
	wantText(t, result.Err().Error(), "<string>: a", "<string>: c", errBroken.Error())
}

func TestARecoverDoesNotHideAFailedAssertion(t *testing.T) {
	result := one(t, newUsers(t), func(_ context.Context, g Gomega, _ sessions.Session) error {
		defer func() { _ = recover() }()
		g.Expect(1).To(Equal(2))
		return nil
	})
	wantOutcomes(t, result, "save: failed")
}

func TestABodyPanics(t *testing.T) {
	result := one(t, newUsers(t), func(context.Context, Gomega, sessions.Session) error { panic(errBroken) })
	wantOutcomes(t, result, "save: failed")
	panicked, ok := errors.AsType[*harness.PanicError](result.Err())
	if !ok || !errors.Is(result.Err(), errBroken) {
		t.Fatal(result.Err())
	}
	wantText(t, panicked.Stack, "TestABodyPanics")
}

func TestABodyEndsItsGoroutine(t *testing.T) {
	result := one(t, newUsers(t), func(context.Context, Gomega, sessions.Session) error { runtime.Goexit(); return nil })
	wantOutcomes(t, result, "save: failed")
	wantText(t, result.Err().Error(), "t.FailNow", "use the g that the body is handed")
	if result.Took > time.Second {
		t.Errorf("that took %v to be noticed", result.Took)
	}
}

func TestABodyIgnoresTheEndOfItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUsers(t, harness.BodyGrace(2*time.Second))
		release := make(chan struct{})
		defer func() { close(release); synctest.Wait() }()
		sc := u.Scenario("stubborn")
		save := sc.Step(u.owner, "save", func(context.Context, Gomega, sessions.Session) error { <-release; return nil },
			harness.Timeout(time.Second), harness.Attempts(3))
		save.Postcondition(u.owner, "own", passes)
		save.Postcondition(u.colleague, "tidy", passes)
		sc.Step(u.owner, "next", passes)
		sc.Step(u.colleague, "other", passes)
		result := sc.Run(t.Context())
		wantOutcomes(t, result, "save: timed out", "own: errored", "tidy: passed", "next: errored", "other: passed")
		wantText(t, result.String(), "did not return within 2s of the end of its context and was left behind",
			`the session is still held by step "save"`, "may still be running")
		if len(result.Records[0].Attempts) != 1 {
			t.Error("a body that was left behind was tried again beside itself")
		}
		if result.Took != 3*time.Second {
			t.Errorf("the run took %v", result.Took)
		}
	})
}

func TestABodyThatIsLateAndSaysThatAllIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := one(t, newUsers(t), func(ctx context.Context, _ Gomega, _ sessions.Session) error { <-ctx.Done(); return nil },
			harness.Timeout(time.Second))
		wantOutcomes(t, result, "save: timed out")
		wantText(t, result.Err().Error(), "timed out after 1s: the body returned too late, and without an error")
	})
}

func TestPostconditionsOfAnInterruptedRunAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		u := newUsers(t, harness.StepTimeout(time.Minute))
		sc := u.Scenario("interrupt")
		save := sc.Step(u.owner, "save", passes)
		save.Postcondition(u.colleague, "tidy", func(ctx context.Context, g Gomega, s sessions.Session) error {
			stop() // it goes on meanwhile
			return hangs(ctx, g, s)
		})
		result := sc.Run(ctx)
		wantOutcomes(t, result, "save: passed", "tidy: timed out")
		wantText(t, result.Err().Error(), "timed out 10s after the run was stopped")
		if result.Took != 10*time.Second {
			t.Errorf("it took %v", result.Took)
		}
	})
}

func TestAttempts(t *testing.T) {
	until := func(n int) body {
		tries := 0
		return func(context.Context, Gomega, sessions.Session) error {
			if tries++; tries < n {
				return errBroken
			}
			return nil
		}
	}
	u := newUsers(t)
	sc := u.Scenario("attempts")
	sc.Step(u.owner, "third time", until(3), harness.Attempts(3))
	sc.Step(u.owner, "too few", until(3), harness.Attempts(2))
	sc.Step(u.owner, "at once", passes, harness.Attempts(2))
	sc.Step(u.owner, "one", fails, harness.Attempts(1))
	result := sc.Run(t.Context())
	wantOutcomes(t, result, "third time: passed", "too few: failed", "at once: passed", "one: failed")
	for i, want := range [][]harness.Outcome{{harness.Failed, harness.Failed, harness.Passed}, {harness.Failed, harness.Failed}, {harness.Passed}, {}} {
		var got []harness.Outcome
		for _, attempt := range result.Records[i].Attempts {
			got = append(got, attempt.Outcome)
		}
		if len(got) != len(want) {
			t.Errorf("%s: attempts %v, want %v", result.Records[i].Name, got, want)
		}
	}
	if n := result.Totals()[harness.Passed]; n != 2 {
		t.Errorf("%d passed; attempts are no results of their own", n)
	}
}

func TestSeveralSessionsFailAndAreReportedTogether(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("all fail")
	for _, s := range []*harness.Session{u.owner, u.colleague, u.clerk} {
		sc.Step(s, "save", func(_ context.Context, g Gomega, s sessions.Session) error {
			g.Expect(s.Name()).To(BeEmpty())
			return nil
		})
	}
	err := sc.Run(t.Context()).Err()
	wantText(t, err.Error(), `owner, in step "save"`, `colleague, in step "save"`, `clerk, in step "save"`)
	named, ok := errors.AsType[*sessions.SessionError](err)
	if !ok || named.Session == "" || named.Step == "" {
		t.Errorf("no SessionError in %v", err)
	}
}

func TestBodiesOfAllForms(t *testing.T) {
	type named func(context.Context, Gomega, *sessions.HTTP) error
	u := newUsers(t)
	sc := u.Scenario("forms")
	sc.Step(u.owner, "HTTP", func(_ context.Context, g Gomega, s *sessions.HTTP) error {
		g.Expect(s.Name()).To(Equal("owner"))
		return nil
	})
	sc.Step(u.owner, "HTTP, no error", func(_ context.Context, g Gomega, s *sessions.HTTP) { g.Expect(s.Name()).To(Equal("owner")) })
	sc.Step(u.owner, "any", func(context.Context, Gomega, sessions.Session) error { return nil })
	sc.Step(u.owner, "any, no error", func(context.Context, Gomega, sessions.Session) {})
	sc.Step(u.owner, "named type", named(func(context.Context, Gomega, *sessions.HTTP) error { return nil }))
	if err := sc.Run(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}
