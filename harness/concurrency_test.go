package harness_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/barrier"
)

func waitsAt(b **harness.Barrier) body {
	return func(ctx context.Context, _ Gomega, _ sessions.Session) error { return (*b).Wait(ctx) }
}

// Steps that wait for each other end only if they run at the same time.
func TestStepsWithoutAnOrderRunAtTheSameTime(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("at once")
	b := sc.Barrier("all here", harness.BarrierTimeout(5*time.Second))
	for _, s := range []*harness.Session{u.owner, u.colleague, u.clerk} {
		sc.Step(s, "come", waitsAt(&b), harness.Meets(b))
	}
	if err := sc.Run(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestPreconditionsWithoutAnOrderRunAtTheSameTime(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("at once")
	b := sc.Barrier("all here", harness.BarrierTimeout(5*time.Second))
	save := sc.Step(u.clerk, "save", passes)
	save.Precondition(u.owner, "one", waitsAt(&b), harness.Meets(b))
	save.Precondition(u.colleague, "two", waitsAt(&b), harness.Meets(b))
	if err := sc.Run(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestStepsThatStartAtABarrier(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("at once")
	b := sc.Barrier("all here")
	sc.Step(u.owner, "one", passes, harness.StartsAt(b))
	sc.Step(u.colleague, "two", passes, harness.StartsAt(b))
	for range 2 { // each run has barriers of its own
		if err := sc.Run(t.Context()).Err(); err != nil {
			t.Error(err)
		}
	}
}

func TestACyclicBarrierOfTwoOfThree(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("cyclic")
	b := sc.Barrier("turn", harness.Cyclic())
	twice := func(ctx context.Context, _ Gomega, _ sessions.Session) error {
		return errors.Join(b.Wait(ctx), b.Wait(ctx))
	}
	sc.Step(u.owner, "one", twice, harness.Meets(b))
	sc.Step(u.colleague, "two", twice, harness.Meets(b))
	either := sc.Barrier("either", harness.PartyCount(2))
	sc.Step(u.owner, "first", waitsAt(&either), harness.Meets(either))
	sc.Step(u.colleague, "second", waitsAt(&either), harness.Meets(either))
	sc.Step(u.clerk, "never", passes, harness.Meets(either))
	if err := sc.Run(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

// absences are the ways in which a colleague does not come; the owner, who waits, is told why.
var absences = []struct {
	name    string
	declare func(u *users, sc *harness.Scenario, b *harness.Barrier)
	why     string
}{
	{"it failed", func(u *users, sc *harness.Scenario, b *harness.Barrier) {
		sc.Step(u.colleague, "come", fails, harness.Meets(b))
	}, `"colleague" (left: its step "come" failed: the list is empty)`},
	{"it passed without coming", func(u *users, sc *harness.Scenario, b *harness.Barrier) {
		sc.Step(u.colleague, "come", passes, harness.Meets(b))
	}, `"colleague" (left: its step "come" has ended and passed; Meets declares that its body waits there)`},
	{"it was blocked", func(u *users, sc *harness.Scenario, b *harness.Barrier) {
		come := sc.Step(u.colleague, "come", passes, harness.Meets(b))
		come.Precondition(u.clerk, "prepare", fails)
	}, `"colleague" (left: its step "come" blocked: precondition "prepare" of clerk failed)`},
	{"it was skipped", func(u *users, sc *harness.Scenario, b *harness.Barrier) {
		first := sc.Step(u.clerk, "first", fails)
		sc.Step(u.colleague, "come", passes, harness.Meets(b), harness.Requires(first))
	}, `"colleague" (left: its step "come" skipped: step "first" of clerk failed)`},
	{"it will be skipped", func(u *users, sc *harness.Scenario, b *harness.Barrier) {
		first := sc.Step(u.clerk, "first", fails)
		second := sc.Step(u.clerk, "second", passes, harness.Requires(first))
		long := sc.Step(u.colleague, "long", hangs, harness.Timeout(20*time.Second))
		sc.Step(u.colleague, "come", passes, harness.Meets(b), harness.Requires(second), harness.After(long))
	}, `"colleague" (left: its step "come" will not run: step "first" of clerk failed)`},
}

func TestWhoWaitsIsToldAtOnceWhyAnotherDoesNotCome(t *testing.T) {
	for _, absence := range absences {
		t.Run(absence.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := newUsers(t)
				sc := u.Scenario("absence")
				b := sc.Barrier("both here")
				var told time.Duration
				var broken *barrier.BrokenError
				start := time.Now()
				sc.Step(u.owner, "wait", func(ctx context.Context, _ Gomega, _ sessions.Session) error {
					err := b.Wait(ctx)
					told = time.Since(start)
					errors.As(err, &broken)
					return err
				}, harness.Meets(b))
				absence.declare(u, sc, b)
				result := sc.Run(t.Context())
				if broken == nil {
					t.Fatal("the wait did not end with a BrokenError")
				}
				wantText(t, broken.Error(), absence.why)
				wantText(t, result.Err().Error(), `owner, in step "wait"`, absence.why)
				if told != 0 { // of the bubble's time: nothing was waited for
					t.Errorf("told after %v", told)
				}
			})
		})
	}
}

func TestABarrierTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUsers(t)
		sc := u.Scenario("late")
		b := sc.Barrier("both here", harness.BarrierTimeout(3*time.Second))
		sc.Step(u.owner, "wait", waitsAt(&b), harness.Meets(b))
		sc.Step(u.colleague, "dawdle", hangs, harness.Meets(b), harness.Timeout(10*time.Second))
		result := sc.Run(t.Context())
		wantOutcomes(t, result, "wait: failed", "dawdle: timed out")
		wantText(t, result.Err().Error(), `barrier "both here" broke after 3s with 1 of 2 parties: timed out`, `missing: "colleague" (has not come)`)
	})
}

func TestAStepTimesOutAtABarrier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUsers(t)
		sc := u.Scenario("late")
		b := sc.Barrier("both here")
		sc.Step(u.owner, "wait", passes, harness.StartsAt(b), harness.Timeout(3*time.Second))
		sc.Step(u.colleague, "dawdle", hangs, harness.Meets(b), harness.Timeout(10*time.Second))
		result := sc.Run(t.Context())
		wantOutcomes(t, result, "wait: timed out", "dawdle: timed out")
		wantText(t, result.Err().Error(), "timed out after 3s", `"colleague" (has not come)`)
	})
}

func TestEverybodyAtABarrierIsAbortedWithTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUsers(t)
		sc := u.Scenario("interrupt")
		b := sc.Barrier("all here")
		sc.Step(u.owner, "one", waitsAt(&b), harness.Meets(b))
		sc.Step(u.colleague, "two", waitsAt(&b), harness.Meets(b))
		sc.Step(u.clerk, "three", hangs, harness.Meets(b))
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			synctest.Wait()
			stop()
		}()
		wantOutcomes(t, sc.Run(ctx), "one: aborted", "two: aborted", "three: aborted")
	})
}

func TestAWaitThatWasNotDeclared(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("not declared")
	b := sc.Barrier("both here")
	sc.Step(u.owner, "one", waitsAt(&b))
	sc.Step(u.owner, "two", passes, harness.Meets(b))
	sc.Step(u.colleague, "three", passes, harness.Meets(b))
	result := sc.Run(t.Context())
	if err := result.Err(); !errors.Is(err, harness.ErrNotDeclared) {
		t.Error(err)
	}
	wantText(t, result.Err().Error(), `barrier "both here"`, `add harness.Meets to step "one"`)
}

func TestAWaitOutsideOfABody(t *testing.T) {
	u := newUsers(t)
	b := u.Scenario("outside").Barrier("both here")
	wantText(t, fmt.Sprint(b.Wait(t.Context())), `the context is not that of a body of scenario "outside"`)
}

func TestTiesAreBrokenByTheOrderOfDeclaration(t *testing.T) {
	u := newUsers(t)
	sc := u.Scenario("ties")
	third := sc.Step(u.clerk, "a", passes)
	sc.Step(u.owner, "b", passes)
	sc.Step(u.colleague, "c", passes)
	sc.Step(u.colleague, "d", passes, harness.After(third))
	for range 20 {
		result := sc.Run(t.Context())
		for i, record := range result.Records[1:3] {
			if before := result.Records[i]; before.Started.Seq >= record.Started.Seq {
				t.Fatalf("%s started before %s\n%s", record.Name, before.Name, result)
			}
		}
	}
}
