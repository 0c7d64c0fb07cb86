package schedule_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// plan is a model whose number of orders, and of orders that differ, is counted by brute force.
type plan struct {
	name     string
	sessions []model.Session
}

func session(name string, strands ...[]model.Step) model.Session {
	return model.Session{Name: name, Strands: strands}
}

func steps(all ...model.Step) []model.Step { return all }

var (
	rx, wx = model.Read("x"), model.Write("x", 1)
	ry, wy = model.Read("y"), model.Write("y", 1)
)

var plans = []plan{
	{"lost update", []model.Session{session("a", steps(rx, wx)), session("b", steps(rx, wx))}},
	{"two times three, all on one variable", []model.Session{session("a", steps(wx, wx, wx)), session("b", steps(wx, wx, wx))}},
	{"nothing in common", []model.Session{session("a", steps(rx, wx, rx)), session("b", steps(ry, wy, ry))}},
	{"readers", []model.Session{session("a", steps(rx, rx, rx)), session("b", steps(rx, rx)), session("c", steps(wx))}},
	{"crossed", []model.Session{session("a", steps(rx, wy)), session("b", steps(ry, wx))}},
	{"three writers", []model.Session{session("a", steps(wx)), session("b", steps(wx)), session("c", steps(wx))}},
	{"three lost updates", []model.Session{session("a", steps(rx, wx)), session("b", steps(rx, wx)), session("c", steps(rx, wx))}},
	{"indexer", []model.Session{session("a", steps(wx, ry)), session("b", steps(wy, rx)), session("c", steps(rx, ry))}},
	{"a browser with three requests", []model.Session{session("a", steps(rx), steps(wx), steps(wy)), session("b", steps(rx, wx))}},
	{"four sessions", []model.Session{session("a", steps(wx, ry)), session("b", steps(rx)), session("c", steps(wy)), session("d", steps(ry))}},
	{"behind a barrier of two", []model.Session{
		session("a", steps(wx, model.Add("there", 1), model.Await("there", 2), rx)),
		session("b", steps(wx, model.Add("there", 1), model.Await("there", 2), wx)),
	}},
	{"three in a lane of two variables", []model.Session{session("a", steps(wx, wy, wx)), session("b", steps(wy, rx)), session("c", steps(ry, wx))}},
}

// bruteForce runs every order by itself, without the strategy, and returns how many there are and how many of them differ.
// Two orders are the same if all pairs of points that depend on each other are in the same order.
func bruteForce(t testing.TB, m *model.Model) (all, different int) {
	classes := make(map[string]bool)
	var prefix []int
	for more := true; more; {
		var trace []schedule.Pending
		var width []int
		at := 0
		_, err := m.Execute(t.Context(), schedule.ChooserFunc(func(pending []schedule.Pending) (int, error) {
			i := 0
			if at < len(prefix) {
				i = prefix[at]
			}
			at++
			width = append(width, len(pending))
			trace = append(trace, pending[i])
			return i, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		all++
		classes[class(m, trace)] = true
		for len(prefix) < len(width) {
			prefix = append(prefix, 0)
		}
		for len(prefix) > 0 && prefix[len(prefix)-1] == width[len(prefix)-1]-1 {
			prefix = prefix[:len(prefix)-1]
		}
		if more = len(prefix) > 0; more {
			prefix[len(prefix)-1]++
		}
	}
	return all, len(classes)
}

// class is the same text for equivalent orders: the lexically first of them.
func class(m *model.Model, trace []schedule.Pending) string {
	dependent := func(a, b schedule.Pending) bool { return a.Session == b.Session || !m.Independent(a, b) }
	left := append([]schedule.Pending(nil), trace...)
	var text strings.Builder
	for len(left) > 0 {
		first := -1
		for i := range left {
			free := true
			for j := range i {
				free = free && !dependent(left[i], left[j])
			}
			if free && (first < 0 || left[i].String() < left[first].String()) {
				first = i
			}
		}
		fmt.Fprintln(&text, left[first].Point)
		left = append(left[:first], left[first+1:]...)
	}
	return text.String()
}

func modelOf(t testing.TB, sessions []model.Session) *model.Model {
	t.Helper()
	m, err := model.New(model.Program{Sessions: sessions})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func explore(t testing.TB, s schedule.Strategy, b schedule.Budget, execute schedule.Execute) schedule.Report {
	t.Helper()
	r, err := schedule.Explore(t.Context(), s, b, execute)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReductionRunsEachClassOnce(t *testing.T) {
	for _, p := range plans {
		t.Run(p.name, func(t *testing.T) {
			m := modelOf(t, p.sessions)
			all, different := bruteForce(t, m)
			r := explore(t, schedule.Exhaustive(m.Independent), schedule.Budget{Failures: -1}, m.Execute)
			if r.Schedules != different || r.Different != different || r.Redundant != 0 || !r.Complete {
				t.Errorf("%d schedules, %d different, %d redundant, complete %v; want %d", r.Schedules, r.Different, r.Redundant, r.Complete, different)
			}
			want := fmt.Sprintf("all %d orders that can differ, of %d", different, all)
			if different == all {
				want = fmt.Sprintf("all %d orders", all)
			}
			if got := strings.Replace(r.Shown, "all 1 order that", "all 1 orders that", 1); got != want {
				t.Errorf("%q, want %q", r.Shown, want)
			}
			full := explore(t, schedule.Exhaustive(schedule.Nothing), schedule.Budget{Failures: -1}, m.Execute)
			if full.Schedules != all || full.Different != all {
				t.Errorf("without reduction %d schedules, %d different, want %d", full.Schedules, full.Different, all)
			}
			t.Logf("%d orders, %d that can differ", all, different)
		})
	}
}

// drawSessions draws a model that is small enough for brute force.
func drawSessions(t *rapid.T, points int) []model.Session {
	variables := rapid.SampledFrom([]string{"x", "y", "z"})
	step := rapid.Custom(func(t *rapid.T) model.Step {
		v := variables.Draw(t, "variable")
		return rapid.SampledFrom([]model.Step{model.Read(v), model.Write(v, 1), model.Add(v, 1)}).Draw(t, "step")
	})
	sessions := make([]model.Session, rapid.IntRange(1, 4).Draw(t, "sessions"))
	for i := range sessions {
		sessions[i].Name = string(rune('a' + i))
	}
	for range rapid.IntRange(0, points).Draw(t, "points") {
		s := &sessions[rapid.IntRange(0, len(sessions)-1).Draw(t, "session")]
		if len(s.Strands) == 0 || len(s.Strands) < 2 && rapid.IntRange(0, 5).Draw(t, "new strand") == 0 {
			s.Strands = append(s.Strands, nil)
		}
		strand := &s.Strands[rapid.IntRange(0, len(s.Strands)-1).Draw(t, "strand")]
		*strand = append(*strand, step.Draw(t, "step"))
	}
	return sessions
}

func TestPropertyReduction(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := modelOf(t, drawSessions(r, 7))
		all, different := bruteForce(t, m)
		report := explore(t, schedule.Exhaustive(m.Independent), schedule.Budget{Failures: -1}, m.Execute)
		if report.Schedules != different || report.Different != different || report.Redundant != 0 {
			r.Fatalf("%+v, want %d of %d", report, different, all)
		}
	})
}
