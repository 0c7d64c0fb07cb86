package harness_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// holds is an invariant that does.
func holds(context.Context) error { return nil }

// malformedRaces are races with a mistake each: one of the owner's step and the colleague's that is valid, but for what
// declare makes of it.
var malformedRaces = []struct {
	name    string
	declare func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race
}{
	{"nobody races", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race()
	}},
	{"one races alone", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first)
	}},
	{"a step races with itself", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, first)
	}},
	{"a step that is nil", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, nil, second)
	}},
	{"a step of another scenario", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, w.Scenario("another").Step(w.colleague, "elsewhere", passes, marks("/contacts")))
	}},
	{"a precondition", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Precondition(w.colleague, "prepares", passes, marks("/contacts")))
	}},
	{"no request is marked", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.colleague, "marks nothing", passes))
	}},
	{"a response is marked", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.colleague, "marks", passes, harness.Marks(gateway.Match{Stage: gateway.ResponseIn})))
	}},
	{"several requests are marked", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.colleague, "marks", passes, harness.Marks(gateway.Match{Count: gateway.Every})))
	}},
	{"a path that is none", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.colleague, "marks", passes, marks("contacts")))
	}},
	{"a method that is none", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.colleague, "marks", passes, harness.Marks(gateway.Match{Method: "POST /contacts"})))
	}},
	{"several attempts", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.colleague, "tries", passes, marks("/contacts"), harness.Attempts(2)))
	}},
	{"two steps of one session", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.owner, "adds", passes, marks("/contacts")))
	}},
	{"steps with an order", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.HTTP("clerk", harness.WithGateway()), "comes later", passes, marks("/contacts"), harness.After(first)))
	}},
	{"steps with an order, the later first", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(sc.Step(w.HTTP("clerk", harness.WithGateway()), "comes later", passes, marks("/contacts"), harness.Requires(first)), first)
	}},
	{"a browser without a gateway", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.Browser("clerk", harness.WithoutGateway()), "adds", passes, marks("/contacts")))
	}},
	{"an HTTP session without a gateway", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, sc.Step(w.HTTP("clerk"), "adds", passes, marks("/contacts")))
	}},
	{"nothing to do before a round", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, second).Before(nil)
	}},
	{"an invariant without words", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, second).Invariant("", holds)
	}},
	{"an invariant without a check", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, second).Invariant("the book keeps its name", nil)
	}},
	{"a scenario that is not valid", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		harness.After(second)(first)
		harness.After(first)(second)
		return sc.Race(first, second)
	}},
}

// malformedSweeps are races that can be repeated and not swept.
var malformedSweeps = []struct {
	name    string
	declare func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race
}{
	{"three race", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		third := sc.Step(w.HTTP("clerk", harness.WithGateway()), "adds, too", passes, marks("/contacts"))
		return sc.Race(first, second, third).Invariant("the book keeps its name", holds)
	}},
	{"no invariant", func(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
		return sc.Race(first, second)
	}},
}

func twoRace(w *windows, sc *harness.Scenario, first, second *harness.Step) *harness.Race {
	return sc.Race(first, second).Invariant("the book keeps its name", holds)
}

// refusedRace tries a race that must be refused in no time and without a call to a browser, for one mistake.
func refusedRace(t *testing.T, declare func(*windows, *harness.Scenario, *harness.Step, *harness.Step) *harness.Race, try func(*harness.Race) error) string {
	t.Helper()
	driver := &browsertest.Driver{}
	w := newWindows(t, driver)
	sc := w.Scenario(t.Name()[strings.LastIndex(t.Name(), "/")+1:])
	race := declare(w, sc, sc.Step(w.owner, "first", passes, marks("/rename")), sc.Step(w.colleague, "second", passes, marks("/contacts")))
	race.Before(func(context.Context, int) error {
		t.Error("a round was started")
		return nil
	})
	start := time.Now()
	err := try(race)
	if took := time.Since(start); took > 50*time.Millisecond {
		t.Errorf("it took %v to refuse", took)
	}
	invalid, ok := errors.AsType[*harness.InvalidScenarioError](err)
	if !ok || !errors.Is(err, harness.ErrInvalidScenario) {
		t.Fatalf("not refused: %v", err)
	}
	if len(driver.Connections()) != 0 {
		t.Error("a browser was started")
	}
	for _, m := range invalid.Mistakes {
		if !strings.Contains(m.Place, "race_invalid_test.go:") || m.What == "" || m.Hint == "" {
			t.Errorf("incomplete: %+v", m)
		}
	}
	if len(invalid.Mistakes) != 1 {
		t.Errorf("%d mistakes, want the one that was made", len(invalid.Mistakes))
	}
	return err.Error()
}

func TestMalformedRacesAreRefused(t *testing.T) {
	var texts strings.Builder
	repeat := func(o harness.Rounds) func(*harness.Race) error {
		return func(race *harness.Race) error { return race.Repeat(t.Context(), o).Err() }
	}
	for _, m := range malformedRaces {
		t.Run(m.name, func(t *testing.T) { fmt.Fprintln(&texts, refusedRace(t, m.declare, repeat(harness.Rounds{}))) })
	}
	for _, bad := range []struct {
		name   string
		rounds harness.Rounds
	}{
		{"fewer rounds than none", harness.Rounds{N: -1}},
		{"a negative limit", harness.Rounds{Limit: -time.Second}},
	} {
		t.Run(bad.name, func(t *testing.T) { fmt.Fprintln(&texts, refusedRace(t, twoRace, repeat(bad.rounds))) })
	}
	golden(t, "malformed_races", texts.String())
}

func TestMalformedSweepsAreRefused(t *testing.T) {
	var texts strings.Builder
	sweep := func(o harness.SweepOptions) func(*harness.Race) error {
		return func(race *harness.Race) error { return race.Sweep(t.Context(), o).Err() }
	}
	for _, m := range malformedSweeps {
		t.Run(m.name, func(t *testing.T) { fmt.Fprintln(&texts, refusedRace(t, m.declare, sweep(harness.SweepOptions{}))) })
	}
	for _, bad := range []struct {
		name    string
		options harness.SweepOptions
	}{
		{"from later to earlier", harness.SweepOptions{From: time.Millisecond, To: -time.Millisecond}},
		{"a negative step", harness.SweepOptions{Step: -time.Millisecond}},
		{"too many offsets", harness.SweepOptions{Step: time.Nanosecond}},
		{"offsets beyond all counting", harness.SweepOptions{From: -1 << 62, To: 1<<63 - 1, Step: 1}},
		{"fewer rounds than none at each offset", harness.SweepOptions{Rounds: -1}},
		{"a negative limit", harness.SweepOptions{Limit: -time.Second}},
	} {
		t.Run(bad.name, func(t *testing.T) { fmt.Fprintln(&texts, refusedRace(t, twoRace, sweep(bad.options))) })
	}
	golden(t, "malformed_sweeps", texts.String())
}

func TestAllMistakesOfARaceAreReportedAtOnce(t *testing.T) {
	w := newWindows(t, &browsertest.Driver{})
	sc := w.Scenario("several mistakes")
	first := sc.Step(w.owner, "first", nil)
	race := sc.Race(first, nil).Before(nil).Invariant("", nil)
	err := race.Sweep(t.Context(), harness.SweepOptions{Rounds: -1, Limit: -1}).Err()
	golden(t, "several_of_a_race", err.Error()+"\n")
}

func TestAClosedHarnessRacesNothing(t *testing.T) {
	b := newBook(t, &book{})
	d := newDuel(t, b)
	race := d.race(b)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := race.Repeat(t.Context(), harness.Rounds{}).Err(); !errors.Is(err, harness.ErrClosed) {
		t.Error(err)
	}
}
