package minimise_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/minimise"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// failing returns a model with a defect of the depth, and a random schedule with which it fails; false if there is none
// among many.
func failing(t testing.TB, depth, sessions, points int, seed uint64) (*model.Model, schedule.Failure, bool) {
	t.Helper()
	m, err := model.New(model.Planted(depth, sessions, points, seed, false))
	if err != nil {
		t.Fatal(err)
	}
	r, err := schedule.Explore(t.Context(), schedule.Random(seed), schedule.Budget{Schedules: 5000}, m.Execute)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failures) == 0 {
		return nil, schedule.Failure{}, false
	}
	return m, r.Failures[0], true
}

// complete is an execution that leaves nothing out.
func complete(m *model.Model) minimise.Execute {
	return func(ctx context.Context, c schedule.Chooser, _ []minimise.Part) (schedule.Outcome, error) {
		return m.Execute(ctx, c)
	}
}

func TestRandomFailuresOfFortyPointsShrinkToTheirDepth(t *testing.T) {
	failures := 12
	if os.Getenv("LOCKSTEP_STRESS") == "1" {
		failures = 100
	}
	for depth := 1; depth <= 4; depth++ {
		for _, sessions := range []int{2, 3, 4} {
			t.Run(fmt.Sprintf("depth %d, %d sessions", depth, sessions), func(t *testing.T) {
				var replays, from, exact []int
				for seed := uint64(0); len(exact) < failures; seed++ {
					m, f, found := failing(t, depth, sessions, 40+int(seed)%21, seed)
					if !found {
						continue
					}
					r, err := minimise.Trace(t.Context(), f.Trace, complete(m), minimise.Options{Independent: schedule.Nothing})
					if err != nil {
						t.Fatal(err)
					}
					if len(f.Trace) < 40 || len(r.Constraints) != depth || r.Replays > 60 || !r.Minimal || r.Outcome.Failure == nil {
						t.Errorf("seed %d: %d points, %d constraints, %d replays, minimal %v\n%s", seed, len(f.Trace), len(r.Constraints), r.Replays, r.Minimal, schedule.Words(r.Constraints))
					}
					replays, from = append(replays, r.Replays), append(from, r.From)
					exact = append(exact, len(r.Constraints))
				}
				t.Logf("constraints %s from %s, replays %s", spread(exact), spread(from), spread(replays))
			})
		}
	}
}

// spread tells how numbers are distributed.
func spread(all []int) string {
	slices.Sort(all)
	return fmt.Sprintf("%d to %d (median %d, p90 %d)", all[0], all[len(all)-1], all[len(all)/2], all[len(all)*9/10])
}

// What is left names the very steps that the defect is made of, as long as there are replays to weaken the constraints: always with 200, and nearly
// always with the usual 60.
func TestConstraintsNameTheDefect(t *testing.T) {
	usual, tried := 0, 0
	for depth, want := range map[int]string{
		1: "b advance stage 0 before a advance stage 1",
		2: "a advance stage 1 before b advance stage 2, after b advance stage 0",
		3: "a advance stage 1 before b advance stage 2, after b advance stage 0; b advance stage 2 before a advance stage 3",
	} {
		for seed := range uint64(10) {
			m, f, found := failing(t, depth, 3, 45, seed)
			if !found {
				continue
			}
			r, err := minimise.Trace(t.Context(), f.Trace, complete(m), minimise.Options{Independent: m.Independent, Replays: 200})
			if got := schedule.Words(r.Constraints); err != nil || got != want {
				t.Errorf("depth %d, seed %d: %q, %v; want %q", depth, seed, got, err, want)
			}
			r, err = minimise.Trace(t.Context(), f.Trace, complete(m), minimise.Options{Independent: m.Independent})
			if err != nil || !r.Forcing {
				t.Errorf("depth %d, seed %d: forcing %v, %v", depth, seed, r.Forcing, err)
			}
			if tried++; schedule.Words(r.Constraints) == want {
				usual++
			}
		}
	}
	if t.Logf("%d of %d with 60 replays", usual, tried); usual*10 < tried*9 {
		t.Errorf("%d of %d name the defect with 60 replays", usual, tried)
	}
}

// The constraints bring the failure back every time, whatever else is chosen at random, and do nothing to the sound twin.
func TestConstraintsReplay(t *testing.T) {
	for depth := 1; depth <= 4; depth++ {
		m, f, found := failing(t, depth, 3, 45, 3)
		twin, err := model.New(model.Planted(depth, 3, 45, 3, true))
		if !found || err != nil {
			t.Fatal(found, err)
		}
		r, err := minimise.Trace(t.Context(), f.Trace, complete(m), minimise.Options{Independent: m.Independent, Replays: 200})
		if err != nil {
			t.Fatal(err)
		}
		failed, twinFailed := 0, 0
		for i := range uint64(100) {
			for system, count := range map[*model.Model]*int{m: &failed, twin: &twinFailed} {
				o, err := system.Execute(t.Context(), schedule.Obey(r.Constraints, schedule.Uniform(7, i)))
				if err != nil {
					t.Fatal(err)
				}
				if o.Failure != nil {
					*count++
				}
			}
		}
		if failed != 100 || twinFailed != 0 || !r.Forcing {
			t.Errorf("depth %d: %d of 100 failed, and %d of the sound twin", depth, failed, twinFailed)
		}
	}
}

// without is an execution of a program that can leave out sessions and single steps.
func without(p model.Program) minimise.Execute {
	return func(ctx context.Context, c schedule.Chooser, parts []minimise.Part) (schedule.Outcome, error) {
		left := p
		left.Sessions = nil
		for _, s := range p.Sessions {
			if slices.Contains(parts, minimise.Part{Session: s.Name}) {
				continue
			}
			kept := slices.DeleteFunc(slices.Clone(s.Strands[0]), func(step model.Step) bool {
				return slices.Contains(parts, minimise.Part{Session: s.Name, Step: step.String()})
			})
			left.Sessions = append(left.Sessions, model.Session{Name: s.Name, Strands: [][]model.Step{kept}})
		}
		m, err := model.New(left)
		if err != nil {
			return schedule.Outcome{}, err
		}
		return m.Execute(ctx, c)
	}
}

func TestPartsThatAreNotNeededAreDropped(t *testing.T) {
	m, f, found := failing(t, 2, 4, 40, 1)
	if !found {
		t.Fatal("no failure")
	}
	var parts []minimise.Part
	for _, name := range []string{"a", "b", "c", "d"} {
		parts = append(parts, minimise.Part{Session: name})
	}
	for _, name := range []string{"a", "b", "c"} {
		parts = append(parts, minimise.Part{Session: name, Step: "read noise"}, minimise.Part{Session: name, Step: "advance stage 1"})
	}
	reported := 0
	r, err := minimise.Trace(t.Context(), f.Trace, without(model.Planted(2, 4, 40, 1, false)), minimise.Options{
		Independent: m.Independent,
		Parts:       parts,
		Progress:    func(minimise.Result) { reported++ },
	})
	want := "[c d a read noise b read noise b advance stage 1]" // b has no such step, so it is not needed
	if got := fmt.Sprint(r.Dropped); err != nil || got != want || len(r.Constraints) != 2 || reported != r.Replays {
		t.Errorf("%s, %d constraints, %d of %d reported, %v; want %s", got, len(r.Constraints), reported, r.Replays, err, want)
	}
	if r.Outcome.Failure == nil || r.Reduced.Failure == nil {
		t.Errorf("whole: %v, without what was dropped: %v", r.Outcome.Failure, r.Reduced.Failure)
	}
	if len(r.Trace) != len(f.Trace) {
		t.Errorf("the trace has %d points, and is not that of the whole", len(r.Trace))
	}
}

// However few replays are allowed, what is returned has failed.
func TestWhatIsReturnedHasFailed(t *testing.T) {
	m, f, found := failing(t, 3, 3, 45, 3)
	if !found {
		t.Fatal("no failure")
	}
	last := 1 << 30
	for replays := 1; replays <= 60; replays++ {
		r, err := minimise.Trace(t.Context(), f.Trace, complete(m), minimise.Options{Independent: schedule.Nothing, Replays: replays})
		if err != nil || r.Replays > replays || r.Outcome.Failure == nil || len(r.Constraints) > last {
			t.Fatalf("%d replays: %+v, %v", replays, r, err)
		}
		last = len(r.Constraints)
		o, err := m.Execute(t.Context(), schedule.Follow(r.Trace.Schedule()))
		if err != nil || o.Failure == nil {
			t.Fatalf("%d replays: the trace does not fail: %v", replays, err)
		}
	}
}

// Noise constraints are none: a session that fails by itself needs none at all.
func TestFailureThatNeedsNoConstraint(t *testing.T) {
	p := model.Planted(1, 3, 40, 1, false)
	p.Check = func(func(string) int) error { return model.ErrDefect }
	m, err := model.New(p)
	if err != nil {
		t.Fatal(err)
	}
	r, err := schedule.Explore(t.Context(), schedule.Random(1), schedule.Budget{}, m.Execute)
	if err != nil {
		t.Fatal(err)
	}
	result, err := minimise.Trace(t.Context(), r.Failures[0].Trace, complete(m), minimise.Options{})
	if err != nil || len(result.Constraints) != 0 || !result.Minimal {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestErrors(t *testing.T) {
	m, f, _ := failing(t, 1, 2, 40, 1)
	twin, err := model.New(model.Planted(1, 2, 40, 1, true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := minimise.Trace(t.Context(), f.Trace, complete(twin), minimise.Options{}); !errors.Is(err, minimise.ErrNotReproduced) {
		t.Errorf("%v", err)
	}
	if _, err := minimise.Trace(t.Context(), f.Trace, complete(m), minimise.Options{Replays: -1}); !errors.Is(err, schedule.ErrInvalidOption) {
		t.Errorf("%v", err)
	}
	broken := errors.New("no browser")
	if _, err := minimise.Trace(t.Context(), f.Trace, func(context.Context, schedule.Chooser, []minimise.Part) (schedule.Outcome, error) {
		return schedule.Outcome{}, broken
	}, minimise.Options{}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	runs := 0
	r, err := minimise.Trace(ctx, f.Trace, func(ctx context.Context, c schedule.Chooser, _ []minimise.Part) (schedule.Outcome, error) {
		if runs++; runs == 3 {
			cancel()
		}
		return m.Execute(ctx, c)
	}, minimise.Options{})
	if !errors.Is(err, context.Canceled) || r.Replays != 3 || r.Outcome.Failure == nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// Two requests of one browser, pending together, fail in the order that is not that of their names.
func TestOrderWithinASession(t *testing.T) {
	m, err := model.New(model.Program{
		Sessions: []model.Session{
			{Name: "browser", Strands: [][]model.Step{{model.Add("s", 1)}, {model.Advance("s", 1)}}},
			{Name: "other", Strands: [][]model.Step{{model.Read("s"), model.Read("s")}}},
		},
		Check: func(value func(string) int) error {
			if value("s") == 1 {
				return model.ErrDefect
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := schedule.Explore(t.Context(), schedule.Exhaustive(m.Independent), schedule.Budget{}, m.Execute)
	if err != nil || len(f.Failures) == 0 {
		t.Fatal(f, err)
	}
	r, err := minimise.Trace(t.Context(), f.Failures[0].Trace, complete(m), minimise.Options{Independent: m.Independent})
	if got := schedule.Words(r.Constraints); err != nil || got != "browser advance s 1 before browser add s" {
		t.Errorf("%q, %v", got, err)
	}
}
