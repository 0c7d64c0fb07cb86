package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// wilson is the 95 % interval of a rate (E. B. Wilson, 1927), two-sided.
func wilson(hits, runs int) (low, high float64) {
	const z = 1.959964
	n, p := float64(runs), float64(hits)/float64(runs)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return (p + z*z/(2*n) - half) / (1 + z*z/n), (p + z*z/(2*n) + half) / (1 + z*z/n)
}

func planted(t testing.TB, depth, sessions, points int, seed uint64, sound bool) *model.Model {
	t.Helper()
	m, err := model.New(model.Planted(depth, sessions, points, seed, sound))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The rate of some models is the bound itself or hardly more. No number of executions shows that such a rate is not below
// the bound, so there the test is that it may well be the bound: the upper end of the interval is not below it.
func TestPCTFindsDefectsAsOftenAsItsBoundSays(t *testing.T) {
	seeds := 1
	if os.Getenv("LOCKSTEP_STRESS") == "1" {
		seeds = 10
	}
	for _, c := range []struct {
		depth, sessions, points int
		tight                   bool
	}{
		{depth: 1, sessions: 2, points: 6, tight: true},
		{depth: 1, sessions: 3, points: 9},
		{depth: 1, sessions: 4, points: 20},
		{depth: 2, sessions: 2, points: 6},
		{depth: 2, sessions: 3, points: 12},
		{depth: 2, sessions: 4, points: 20},
		{depth: 3, sessions: 2, points: 8},
		{depth: 3, sessions: 3, points: 10},
		{depth: 4, sessions: 2, points: 7},
	} {
		t.Run(fmt.Sprintf("depth %d, n = %d, k = %d", c.depth, c.sessions, c.points), func(t *testing.T) {
			bound := 1 / (float64(c.sessions) * math.Pow(float64(c.points), float64(c.depth-1)))
			runs := int(max(8000, 120/bound))
			hits := make([]int, seeds)
			for seed := range hits {
				budget := schedule.Budget{Schedules: runs, Failures: -1}
				m := planted(t, c.depth, c.sessions, c.points, uint64(seed), false)
				hits[seed] = len(explore(t, schedule.PCT(c.depth, uint64(seed)), budget, m.Execute).Failures)
				low, high := wilson(hits[seed], runs)
				if low < bound && !c.tight || high < bound {
					t.Errorf("seed %d: %d of %d, in [%.5f, %.5f]; the bound is %.5f", seed, hits[seed], runs, low, high, bound)
				}
				twin := planted(t, c.depth, c.sessions, c.points, uint64(seed), true)
				if r := explore(t, schedule.PCT(c.depth, uint64(seed)), schedule.Budget{Schedules: 200}, twin.Execute); len(r.Failures) > 0 {
					t.Errorf("the sound twin failed %d times", len(r.Failures))
				}
			}
			low, _ := wilson(slices.Min(hits), runs)
			t.Logf("%d of %d executions: at least %.5f, where the bound is %.5f", hits, runs, low, bound)
		})
	}
}

// A defect of depth 2 cannot show at depth 1: the test above would not notice changes that are not made.
func TestPCTOfDepthOneMissesDepthTwo(t *testing.T) {
	r := explore(t, schedule.PCT(1, 7), schedule.Budget{Schedules: 500, Failures: -1}, planted(t, 2, 2, 6, 1, false).Execute)
	if len(r.Failures) > 0 {
		t.Errorf("%d failures", len(r.Failures))
	}
}

func TestPCTSaysWhatItWouldHaveMissed(t *testing.T) {
	twin := planted(t, 2, 2, 6, 1, true)
	r := explore(t, schedule.PCT(2, 1), schedule.Budget{Schedules: 51}, twin.Execute)
	// The first execution measures k, so 50 count.
	missed := math.Pow(1-1.0/12, 50)
	want := fmt.Sprintf("stopped after 51 schedules: a defect of depth 2 would have been missed with probability at most %.2g (PCT, n = 2, k = 6)", missed)
	if r.Shown != want || !strings.HasPrefix(want, "stopped after 51 schedules: a defect of depth 2 would have been missed with probability at most 0.013") {
		t.Errorf("%q, want %q", r.Shown, want)
	}
}

// chiSquared is the statistic of counts that should all be the same.
func chiSquared(counts []int) float64 {
	total, sum := 0, 0.0
	for _, n := range counts {
		total += n
	}
	want := float64(total) / float64(len(counts))
	for _, n := range counts {
		sum += (float64(n) - want) * (float64(n) - want) / want
	}
	return sum
}

func TestRandomChoosesUniformly(t *testing.T) {
	counts := make([]int, 5)
	var sessions []model.Session
	for i := range counts {
		sessions = append(sessions, session(string(rune('a'+i)), steps(wx)))
	}
	m := modelOf(t, sessions)
	explore(t, schedule.Random(11), schedule.Budget{Schedules: 20_000}, func(ctx ctx, c schedule.Chooser) (schedule.Outcome, error) {
		r := schedule.Record(c)
		o, err := m.Execute(ctx, r)
		counts[r.Trace()[0].Session[0]-'a']++
		return o, err
	})
	// 18.47 is exceeded once in a thousand times with 4 degrees of freedom; the seed is fixed.
	if x := chiSquared(counts); x > 18.47 {
		t.Errorf("%v: chi squared is %.1f", counts, x)
	}
}

// POS is to find all orders that differ, and more evenly than a random walk: with one session of many points, a random walk
// hardly ever puts the only point of the other one at an end.
func TestPOSSpreadsOverTheOrdersThatDiffer(t *testing.T) {
	m := modelOf(t, []model.Session{session("a", steps(ry, ry, ry, ry, ry, ry, wx)), session("b", steps(wx))})
	share := func(s schedule.Strategy) float64 {
		first := 0
		const runs = 4000
		explore(t, s, schedule.Budget{Schedules: runs}, func(ctx ctx, c schedule.Chooser) (schedule.Outcome, error) {
			r := schedule.Record(c)
			o, err := m.Execute(ctx, r)
			for _, choice := range r.Trace() {
				if choice.What == "write x" {
					if choice.Session == "a" {
						first++
					}
					break
				}
			}
			return o, err
		})
		return float64(first) / runs
	}
	pos, walk := share(schedule.POS(3, m.Independent)), share(schedule.Random(3))
	if pos < 2*walk {
		t.Errorf("a is first in %.3f of the executions with POS, in %.3f at random", pos, walk)
	}
	t.Logf("the rare order: POS %.3f, random %.3f", pos, walk)
}

func TestSameSeedSameSchedules(t *testing.T) {
	m := planted(t, 2, 3, 12, 1, true)
	for _, make := range []func(seed uint64) schedule.Strategy{
		schedule.Random,
		func(seed uint64) schedule.Strategy { return schedule.PCT(3, seed) },
		func(seed uint64) schedule.Strategy { return schedule.POS(seed, nil) },
	} {
		all := func(seed uint64) string {
			var text strings.Builder
			explore(t, make(seed), schedule.Budget{Schedules: 20}, func(ctx ctx, c schedule.Chooser) (schedule.Outcome, error) {
				r := schedule.Record(c)
				o, err := m.Execute(ctx, r)
				fmt.Fprintln(&text, r.Trace().Schedule())
				return o, err
			})
			return text.String()
		}
		if once, again := all(5), all(5); once != again {
			t.Errorf("%v is not repeatable", make(5))
		}
		if all(5) == all(6) {
			t.Errorf("%v: the seed changes nothing", make(5))
		}
	}
}

func TestFollowNamesTheFirstPointThatDiffers(t *testing.T) {
	m := modelOf(t, []model.Session{session("a", steps(rx, wx)), session("b", steps(rx, wx))})
	for _, c := range []struct{ name, text string }{
		{"diverged", "a read x#1\na write x#1\na read x#2\nb read x#1"},
		{"goes_on", "a read x#1\na write x#1"},
		{"ended", "a read x#1\na write x#1\nb read x#1\nb write x#1\nb read x#2"},
	} {
		s, err := schedule.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = schedule.Explore(t.Context(), schedule.Replay(s, 3), schedule.Budget{}, m.Execute)
		diverged, ok := errors.AsType[*schedule.DivergedError](err)
		if !ok {
			t.Fatalf("%s: %v", c.name, err)
		}
		golden(t, c.name, diverged.Error())
	}
}

func TestObey(t *testing.T) {
	m := modelOf(t, []model.Session{session("a", steps(rx, wx)), session("b", steps(rx, wx))})
	obeyed := func(text string) (schedule.Schedule, error) {
		constraints, err := schedule.ParseConstraints(text)
		if err != nil {
			t.Fatal(err)
		}
		r := schedule.Record(schedule.Obey(constraints, nil))
		_, err = m.Execute(t.Context(), r)
		return r.Trace().Schedule(), err
	}
	for _, c := range []struct{ constraints, want string }{
		{"", "a read x#1\na write x#1\nb read x#1\nb write x#1"},
		{"b read x#1 before a write x#1", "a read x#1\nb read x#1\nb write x#1\na write x#1"},
		{"b write x#1 before a read x#1", "b read x#1\nb write x#1\na read x#1\na write x#1"},
		{"b read x#1 before a write x#1\na write x#1 before b write x#1", "a read x#1\nb read x#1\na write x#1\nb write x#1"},
	} {
		got, err := obeyed(c.constraints)
		if err != nil || got.String() != c.want {
			t.Errorf("%s\ngot\n%s, %v\nwant\n%s", c.constraints, got, err, c.want)
		}
	}
	_, err := obeyed("b read x#1 before a write x#1\na write x#1 before b read x#1")
	if unmet, ok := errors.AsType[*schedule.UnmetError](err); !ok || len(unmet.Unmet) != 2 {
		t.Errorf("%v", err)
	}
}

type ctx = context.Context

// Session a stops first and must go on last. With two changes that is found only if how far a session falls behind does not
// follow from when it does.
func TestPCTFallsBehindIndependentlyOfTime(t *testing.T) {
	at := func(stages ...int) []model.Step {
		var all []model.Step
		for _, s := range stages {
			all = append(all, model.Advance("stage", s))
		}
		return all
	}
	m, err := model.New(model.Program{
		Sessions: []model.Session{session("a", at(0, 4)), session("b", at(1, 3)), session("c", at(2))},
		Check: func(value func(string) int) error {
			if value("stage") == 5 {
				return model.ErrDefect
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := explore(t, schedule.PCT(3, 1), schedule.Budget{Schedules: 5000, Failures: -1}, m.Execute)
	// One order of the priorities of 6, and one place of 5 for each change: 33 of 5000.
	if n := len(r.Failures); n < 15 || n > 60 {
		t.Errorf("%d failures", n)
	}
}

// All depends on all: b's point gets a new priority after each of a's, so that it is the last of four with probability 1/8,
// where one priority for good would make it 1/4.
func TestPOSDrawsAgainAfterARace(t *testing.T) {
	m := modelOf(t, []model.Session{session("a", steps(wx, wx, wx)), session("b", steps(wx))})
	last := 0
	explore(t, schedule.POS(5, m.Independent), schedule.Budget{Schedules: 8000}, func(ctx ctx, c schedule.Chooser) (schedule.Outcome, error) {
		r := schedule.Record(c)
		o, err := m.Execute(ctx, r)
		if r.Trace()[3].Session == "b" {
			last++
		}
		return o, err
	})
	if low, high := wilson(last, 8000); low > 0.125 || high < 0.125 {
		t.Errorf("%d of 8000", last)
	}
}
