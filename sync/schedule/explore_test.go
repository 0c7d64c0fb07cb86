package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// lostUpdate is two sessions that each add one to a counter by reading and writing it.
func lostUpdate(t testing.TB) *model.Model {
	t.Helper()
	m, err := model.New(model.Program{
		Sessions: []model.Session{session("owner", steps(rx, wx)), session("colleague", steps(rx, wx))},
		Check: func(value func(string) int) error {
			if n := value("x"); n != 2 {
				return fmt.Errorf("x is %d after two additions of 1", n)
			}
			return nil
		},
		Tell: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExploreStopsAtTheFirstFailureUnlessAskedForMore(t *testing.T) {
	for _, c := range []struct{ failures, want, schedules int }{{0, 1, 2}, {1, 1, 2}, {2, 2, 3}, {-1, 4, 6}, {100, 4, 6}} {
		r := explore(t, schedule.Exhaustive(schedule.Nothing), schedule.Budget{Failures: c.failures}, lostUpdate(t).Execute)
		if len(r.Failures) != c.want || r.Schedules != c.schedules || r.Complete != (c.schedules == 6) {
			t.Errorf("%d: %d failures in %d schedules, complete %v", c.failures, len(r.Failures), r.Schedules, r.Complete)
		}
		if f := r.Failures[0]; f.Number != 2 || f.Outcome.Failure == nil || len(f.Trace) != 4 {
			t.Errorf("%+v", f)
		}
	}
}

func TestReportInWords(t *testing.T) {
	var text strings.Builder
	tell := func(s schedule.Strategy, b schedule.Budget, m *model.Model) {
		r := explore(t, s, b, m.Execute)
		r.Elapsed = 1234 * time.Millisecond
		fmt.Fprintln(&text, r)
	}
	m := modelOf(t, []model.Session{session("a", steps(rx, wx, rx)), session("b", steps(rx, rx, rx))})
	tell(schedule.Exhaustive(schedule.Nothing), schedule.Budget{}, m)
	tell(schedule.Exhaustive(m.Independent), schedule.Budget{}, m)
	tell(schedule.Exhaustive(schedule.Nothing), schedule.Budget{Schedules: 7}, m)
	tell(schedule.Exhaustive(nil), schedule.Budget{}, modelOf(t, []model.Session{session("a", steps(rx, wx, rx))}))
	tell(schedule.Exhaustive(nil), schedule.Budget{Failures: 2}, lostUpdate(t))
	tell(schedule.PCT(2, 42), schedule.Budget{Schedules: 50}, m)
	tell(schedule.POS(42, nil), schedule.Budget{Schedules: 50}, m)
	tell(schedule.Random(42), schedule.Budget{Schedules: 1}, m)
	golden(t, "reports", strings.TrimSpace(text.String()))
}

func TestTimeIsABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lostUpdate(t)
		reports := 0
		b := schedule.Budget{Time: time.Minute, Failures: -1, Progress: func(schedule.Report) { reports++ }}
		r := explore(t, schedule.Random(1), b, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
			time.Sleep(7 * time.Second)
			return m.Execute(ctx, c)
		})
		if r.Schedules != 9 || reports != 9 || r.Elapsed != 63*time.Second {
			t.Errorf("%d schedules, %d reports in %v", r.Schedules, reports, r.Elapsed)
		}
	})
}

func TestExploreEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	m := lostUpdate(t)
	r, err := schedule.Explore(ctx, schedule.Random(1), schedule.Budget{Failures: -1}, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		o, err := m.Execute(ctx, c)
		cancel(interrupted)
		return o, err
	})
	if !errors.Is(err, interrupted) || r.Schedules != 1 || !strings.Contains(err.Error(), "after 1 schedule") {
		t.Errorf("%v, %v", r, err)
	}
}

func TestExecutionThatPanics(t *testing.T) {
	_, err := schedule.Explore(t.Context(), schedule.Random(1), schedule.Budget{}, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		if _, err := c.Choose([]schedule.Pending{{Point: schedule.Point{Session: "owner", What: "POST /", Nth: 1}}}); err != nil {
			return schedule.Outcome{}, err
		}
		panic("no such page")
	})
	panicked, ok := errors.AsType[*schedule.PanicError](err)
	if !ok || panicked.Value != "no such page" || !strings.Contains(err.Error(), "owner POST /#1") || !strings.Contains(err.Error(), "explore_test.go") {
		t.Errorf("%v", err)
	}
}

// An execution may make a failure of its own of the chooser's error; the exploration sees it all the same.
func TestChooserErrorThatIsSwallowed(t *testing.T) {
	m := lostUpdate(t)
	s := schedule.Schedule{{Session: "owner", What: "write x", Nth: 1}}
	_, err := schedule.Explore(t.Context(), schedule.Replay(s, 1), schedule.Budget{}, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		_, err := m.Execute(ctx, c)
		return schedule.Outcome{Failure: err}, nil
	})
	if _, ok := errors.AsType[*schedule.DivergedError](err); !ok {
		t.Errorf("%v", err)
	}
}

// Nobody comes out of a barrier of three before all are there, which no two points tell.
func TestBarrierOfThreeIsSearchedCompletely(t *testing.T) {
	come := func(name string) model.Session {
		return session(name, steps(model.Write("own "+name, 1), model.Add("there", 1), model.Await("there", 3), wx))
	}
	m := modelOf(t, []model.Session{come("a"), come("b"), come("c")})
	_, different := bruteForce(t, m)
	r := explore(t, schedule.Exhaustive(m.Independent), schedule.Budget{}, m.Execute)
	if r.Different != different || !r.Complete {
		t.Errorf("%+v, want %d", r, different)
	}
	t.Logf("%d orders that can differ, %d executions redundant", r.Different, r.Redundant)
}

func TestSystemThatIsNotDeterministicEndsTheSearch(t *testing.T) {
	alone := modelOf(t, []model.Session{session("a", steps(wx))})
	long := modelOf(t, []model.Session{session("a", steps(wx, wx)), session("b", steps(wx))})
	other := modelOf(t, []model.Session{session("a", steps(wy, wy)), session("b", steps(wx))})
	for _, c := range []struct{ first, then *model.Model }{{long, alone}, {long, other}} {
		runs := 0
		_, err := schedule.Explore(t.Context(), schedule.Exhaustive(nil), schedule.Budget{}, func(ctx context.Context, ch schedule.Chooser) (schedule.Outcome, error) {
			if runs++; runs == 1 {
				return c.first.Execute(ctx, ch)
			}
			return c.then.Execute(ctx, ch)
		})
		if err == nil || !strings.Contains(err.Error(), "write x#1") {
			t.Errorf("%v", err)
		}
	}
}

func TestDeadlockIsAFailure(t *testing.T) {
	m := modelOf(t, []model.Session{session("a", steps(model.Await("x", 1), wy)), session("b", steps(model.Await("y", 1), wx))})
	r := explore(t, schedule.Random(1), schedule.Budget{}, m.Execute)
	if len(r.Failures) != 1 || !errors.Is(r.Failures[0].Outcome.Failure, model.ErrDeadlock) {
		t.Errorf("%+v", r)
	}
}

// writes is the order of the writes in an execution.
func writes(t schedule.Trace) string {
	text := ""
	for _, c := range t {
		if strings.HasPrefix(c.What, "write") {
			text += c.Session
		}
	}
	return text
}

// The point of c comes because of two others, and the independence does not say so. Orders that cannot be are planned, and
// given up; none that can be is lost.
func TestPointThatComesBecauseOfSeveral(t *testing.T) {
	behind := []model.Session{
		session("a", steps(wx, model.Add("there", 1))),
		session("b", steps(ry, model.Add("there", 1))),
		session("c", steps(model.Await("there", 2), wx)),
	}
	for _, c := range []struct {
		sessions          []model.Session
		orders, redundant int
	}{
		{behind, 1, 1},
		{append(behind, session("d", steps(wx))), 3, 0},
	} {
		m := modelOf(t, c.sessions)
		quiet := func(p schedule.Pending) bool { return strings.HasSuffix(p.What, "there") }
		independent := func(a, b schedule.Pending) bool { return quiet(a) || quiet(b) || m.Independent(a, b) }
		orders := func(s schedule.Strategy) (map[string]bool, schedule.Report) {
			all := make(map[string]bool)
			r := explore(t, s, schedule.Budget{}, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
				recorder := schedule.Record(c)
				o, err := m.Execute(ctx, recorder)
				if err == nil {
					all[writes(recorder.Trace())] = true
				}
				return o, err
			})
			return all, r
		}
		want, _ := orders(schedule.Exhaustive(schedule.Nothing))
		got, r := orders(schedule.Exhaustive(independent))
		if fmt.Sprint(got) != fmt.Sprint(want) || len(want) != c.orders || !r.Complete || r.Redundant != c.redundant {
			t.Errorf("%v, want %v; %+v", got, want, r)
		}
	}
}
