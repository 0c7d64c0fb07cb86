package harness

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/seed49090845/lockstep/sync/order"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// Strategy says which orders of points an exploration tries. Make one with Exhaustive, PCT, POS or RandomOrder.
type Strategy struct {
	name  string
	wrong string // why it is none; empty if it is one
	// endless says that it never ends by itself: it needs a budget.
	endless bool
	begin   func(seed uint64, independent schedule.Independence) schedule.Strategy
}

// Exhaustive tries every order, but of those that differ only in the order of points that commute it tries one: two safe
// requests commute, and so does whatever reaches no server. The system must be deterministic: the same order of points leads to
// the same points.
func Exhaustive() Strategy {
	return Strategy{name: "exhaustive", begin: func(_ uint64, independent schedule.Independence) schedule.Strategy {
		return schedule.Exhaustive(independent)
	}}
}

// PCT tries random orders in which a defect that needs depth constraints between points shows with a known probability at
// least; see schedule.PCT. Depth is at least 1.
func PCT(depth int) Strategy {
	s := Strategy{name: "PCT", endless: true, begin: func(seed uint64, _ schedule.Independence) schedule.Strategy {
		return schedule.PCT(depth, seed)
	}}
	if depth < 1 {
		s.wrong = fmt.Sprintf("PCT of depth %d: a defect needs at least one constraint", depth)
	}
	return s
}

// POS tries random orders that spread evenly over those that differ; see schedule.POS.
func POS() Strategy {
	return Strategy{name: "POS", endless: true, begin: schedule.POS}
}

// RandomOrder takes each point uniformly among those that are pending: the baseline of the others.
func RandomOrder() Strategy {
	return Strategy{name: "random", endless: true, begin: func(seed uint64, _ schedule.Independence) schedule.Strategy {
		return schedule.Random(seed)
	}}
}

// EnvSchedule is a schedule that explorations replay instead of searching: its short form, its long form, constraints, or the
// path of a failure file. One that a failure file has replays the scenario that the file names, and no other.
const EnvSchedule = "LOCKSTEP_SCHEDULE"

// defaultSchedules is how many schedules a strategy that never ends by itself runs.
const defaultSchedules = 200

// Explore runs the scenario again and again, each time with fresh sessions and under another schedule: only one session moves
// at a time, from one point to the next. It ends when the strategy has nothing left, when the budget is used up, or with the
// first failure, which it minimises, replays and keeps. A failure is a step that did not pass, or an invariant that does not
// hold.
//
// What comes before all steps without an order between them runs as always; points count from there on (see From).
func (sc *Scenario) Explore(ctx context.Context, strategy Strategy, given ...ExploreOption) *ExploreResult {
	sc.harness.t.Helper()
	at := caller()
	e := sc.newExploration(at, given)
	kept := os.Getenv(EnvSchedule)
	if replay, err := e.fromEnvironment(kept); err != nil {
		e.mistake(fmt.Sprintf("the variable %s: %v", EnvSchedule, err), "take the whole of what was printed, in single quotes")
	} else if replay != nil {
		return e.finish(ctx, replay)
	}
	return e.finish(ctx, e.searching(strategy))
}

// searching is the strategy for a search, with what is wrong with it noted.
func (e *exploration) searching(s Strategy) schedule.Strategy {
	switch {
	case s.begin == nil:
		e.mistake("the exploration has no strategy", "take harness.Exhaustive(), PCT(depth), POS() or RandomOrder()")
		return nil
	case s.wrong != "":
		e.mistake("the strategy is "+s.wrong, "the depth is at least 1; most defects have depth 1 or 2")
		return nil
	}
	if s.endless && e.schedules == 0 && e.time == 0 {
		e.schedules = defaultSchedules
	}
	return s.begin(uint64(e.seed), e.independent) //nolint:gosec // any number is a seed
}

// exploration is one call of Explore or Replay.
type exploration struct {
	exploreOptions
	scenario *Scenario
	harness  *Harness
	place    place
	seed     int64
	mistakes []Mistake
	plan     *order.Plan // of the whole scenario
	counts   []part      // by item; see divide
	names    *requestNames

	backgroundSQL []*regexp.Regexp
	came          bool // a statement of a request

	result *ExploreResult

	executions int // begun
	show       progress
	last       *scheduling // of the latest execution
}

func (sc *Scenario) newExploration(at place, given []ExploreOption) *exploration {
	e := &exploration{scenario: sc, harness: sc.harness, place: at, seed: sc.harness.seed}
	for _, option := range given {
		if option == nil {
			e.mistake("the exploration has a nil option", "remove it")
			continue
		}
		option(&e.exploreOptions)
	}
	e.result = e.newResult()
	return e
}

func (e *exploration) mistake(what, hint string) {
	e.mistakes = append(e.mistakes, Mistake{e.place.String(), what, hint})
}

// finish checks everything, explores, and completes the result.
func (e *exploration) finish(ctx context.Context, strategy schedule.Strategy) *ExploreResult {
	began := time.Now()
	if err := e.check(); err != nil {
		e.result.stop(err)
	} else {
		e.result.stop(e.claiming(func() error { return e.explore(ctx, strategy) }))
	}
	e.result.Took = time.Since(began)
	e.harness.reportExploration(e.result)
	return e.result
}

func (e *exploration) explore(ctx context.Context, strategy schedule.Strategy) error {
	e.shows(schedule.Report{})
	defer e.harness.options.display.begin(&e.show)()
	budget := schedule.Budget{Schedules: e.schedules, Time: e.time, Failures: e.failures, Progress: e.shows}
	report, err := schedule.Explore(ctx, strategy, budget, e.execute)
	e.result.take(report)
	if err != nil {
		return err
	}
	for i, f := range report.Failures {
		known := slices.ContainsFunc(report.Failures[:i], func(other schedule.Failure) bool { return alike(f.Outcome.Failure, other.Outcome.Failure) })
		if known {
			continue // it is that one once more, in another order
		}
		if err := e.explain(ctx, i, f); err != nil {
			return err
		}
	}
	if e.twice && len(report.Failures) == 0 {
		if err := e.repeat(ctx); err != nil {
			return err
		}
	}
	return e.saw()
}

// shows lets those who wait know how far it is.
func (e *exploration) shows(r schedule.Report) {
	text := fmt.Sprintf("exploring %q: %s done", e.scenario.name, counted(r.Schedules, "schedule"))
	if e.schedules > 0 {
		text += fmt.Sprintf(", %d left", e.schedules-r.Schedules-r.Redundant)
	}
	if r.Elapsed > 0 {
		text += fmt.Sprintf(", %.1f a second", float64(r.Schedules)/r.Elapsed.Seconds())
	}
	e.show.set(text + ", " + counted(len(r.Failures), "failure"))
}
