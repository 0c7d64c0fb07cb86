package model_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

func run(t testing.TB, m *model.Model, c schedule.Chooser) (schedule.Outcome, schedule.Trace) {
	t.Helper()
	r := schedule.Record(c)
	o, err := m.Execute(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return o, r.Trace()
}

func TestStepsDoWhatTheySay(t *testing.T) {
	m, err := model.New(model.Program{
		Sessions: []model.Session{
			{Name: "a", Strands: [][]model.Step{{model.Read("x"), model.Write("x", 5), model.Add("x", 2), model.Advance("y", 0), model.Advance("y", 0)}}},
			{Name: "b", Strands: [][]model.Step{{model.Await("y", 1), model.Write("z", 3)}}},
		},
		Tell: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, trace := run(t, m, schedule.Steady())
	const want = `a read x#1
a write x#1
a add x#1
a advance y 0#1
a advance y 0#2
b await y#1
b write z#1`
	if o.State != "x = 7, y = 1, z = 3" || o.Failure != nil || trace.Schedule().String() != want {
		t.Errorf("%s\n%s", o.State, trace.Schedule())
	}
	if trace[5].Since != 4 || trace[6].Since != 6 {
		t.Errorf("b waited until %d and %d", trace[5].Since, trace[6].Since)
	}
	for i, e := range o.Events {
		if e.Point != trace[i].Point || e.Session != trace[i].Session {
			t.Errorf("event %d: %+v", i, e)
		}
	}
}

func TestTwoSessionsOfOneName(t *testing.T) {
	_, err := model.New(model.Program{Sessions: []model.Session{{Name: "a"}, {Name: "a"}}})
	if !errors.Is(err, schedule.ErrInvalidOption) {
		t.Error(err)
	}
}

func TestProgramWithoutSteps(t *testing.T) {
	for _, p := range []model.Program{{}, {Sessions: []model.Session{{Name: "a"}, {Name: "b", Strands: [][]model.Step{{}}}}}} {
		m, err := model.New(p)
		if err != nil {
			t.Fatal(err)
		}
		if o, trace := run(t, m, schedule.Steady()); o.Failure != nil || len(trace) != 0 {
			t.Errorf("%v, %v", o, trace)
		}
	}
}

// Points that the model takes for independent can change places, next to each other, without a change to anything.
func TestPropertyIndependentStepsCommute(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		p := model.Planted(rapid.IntRange(1, 4).Draw(r, "depth"), 3, 20, seed, false)
		p.Tell = true
		m, err := model.New(p)
		if err != nil {
			t.Fatal(err)
		}
		o, trace := run(t, m, schedule.Uniform(seed, 1))
		s := trace.Schedule()
		for i := 1; i < len(trace); i++ {
			a, b := trace[i-1].Pending, trace[i].Pending
			if a.Session == b.Session || !m.Independent(a, b) {
				continue
			}
			if !m.Independent(b, a) {
				r.Fatalf("%v and %v: not symmetrical", a, b)
			}
			s[i-1], s[i] = s[i], s[i-1]
			again, _ := run(t, m, schedule.Follow(s))
			if again.State != o.State || (again.Failure == nil) != (o.Failure == nil) {
				r.Fatalf("%v and %v: %s, %s", a, b, o.State, again.State)
			}
			s[i-1], s[i] = s[i], s[i-1]
		}
	})
}

// The defect shows if and only if its steps come in turn; its depth is the number of constraints that say so.
func TestPropertyDepthOfPlantedDefects(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		depth := rapid.IntRange(1, 4).Draw(r, "depth")
		seed := rapid.Uint64().Draw(r, "seed")
		points := rapid.IntRange(depth+1, 40).Draw(r, "points")
		sessions := rapid.IntRange(2, 4).Draw(r, "sessions")
		m, err := model.New(model.Planted(depth, sessions, points, seed, false))
		if err != nil {
			t.Fatal(err)
		}
		twin, err := model.New(model.Planted(depth, sessions, points, seed, true))
		if err != nil {
			t.Fatal(err)
		}
		var needed []schedule.Constraint
		for stage := range depth {
			needed = append(needed, schedule.Constraint{First: stagePoint(stage), Then: stagePoint(stage + 1)})
		}
		o, trace := run(t, m, schedule.Uniform(seed, 2))
		held := true
		for _, c := range needed {
			held = held && c.Holds(trace.Schedule())
		}
		if len(trace) != points || errors.Is(o.Failure, model.ErrDefect) != held {
			r.Fatalf("%d points, %v, constraints hold: %v", len(trace), o.Failure, held)
		}
		if o, _ := run(t, m, schedule.Obey(needed, schedule.Uniform(seed, 3))); !errors.Is(o.Failure, model.ErrDefect) {
			r.Fatalf("the constraints are not enough")
		}
		if o, _ := run(t, twin, schedule.Obey(needed, schedule.Uniform(seed, 3))); o.Failure != nil {
			r.Fatalf("the sound twin fails")
		}
		if o, _ := run(t, m, schedule.Steady()); o.Failure != nil {
			r.Fatalf("it fails even if one session comes after the other")
		}
	})
}

func stagePoint(stage int) schedule.Point {
	return schedule.Point{Session: []string{"b", "a"}[stage%2], What: fmt.Sprint("advance stage ", stage), Nth: 1}
}

func ExampleModel() {
	m, err := model.New(model.Program{
		Sessions: []model.Session{
			{Name: "owner", Strands: [][]model.Step{{model.Read("n"), model.Write("n", 1)}}},
			{Name: "colleague", Strands: [][]model.Step{{model.Read("n"), model.Write("n", 1)}}},
		},
		Check: func(value func(string) int) error {
			if n := value("n"); n != 2 {
				return fmt.Errorf("n is %d", n)
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	outcome, err := m.Execute(context.Background(), schedule.ChooserFunc(func(pending []schedule.Pending) (int, error) {
		return len(pending) - 1, nil // the last session first
	}))
	fmt.Println(outcome.Failure, err)
	// Output: <nil> <nil>
}
