package harness

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// wrong is a failure with the marks.
func wrong(marks ...string) error {
	w := &wrongs{}
	for _, mark := range marks {
		w.add(mark, mark+" is wrong")
	}
	return w
}

func TestVerdict(t *testing.T) {
	const promise, step = "nothing is lost", "owner: acts"
	failed := wrong(promise, step)
	for name, test := range map[string]struct {
		now            error
		err            error
		states         []string // of the owner's statements
		verdict, words string
	}{
		"nothing is wrong":                         {nil, nil, []string{"", "23505"}, silent, ""},
		"something else is wrong":                  {wrong("colleague: acts"), nil, nil, silent, ""},
		"the same step":                            {wrong(step), nil, nil, stillWrong, ""},
		"the promise":                              {wrong(promise), nil, nil, stillWrong, ""},
		"the step of who was refused":              {wrong(step), nil, []string{"40001"}, refused, "owner POST /one · UPDATE a: 40001"},
		"the promise, though somebody was refused": {wrong(promise), nil, []string{"40P01"}, stillWrong, "owner POST /one · UPDATE a: 40P01"},
		"two were refused":                         {nil, nil, []string{"40001", "40P01"}, refused, "owner POST /one · UPDATE a: 40001; owner POST /one · UPDATE a: 40P01"},
		"it could not be run":                      {nil, errors.New("no session"), nil, notKnown, "no session"},
	} {
		s := newStage(t, 0)
		s.invariants = []invariant{{promise, func(context.Context) error { return nil }}}
		s.sends(0, "/one")
		for _, state := range test.states {
			s.Begin(pg.Statement{Connection: 1, Name: "UPDATE a"}).End(pg.Outcome{State: state})
		}
		s.last = &scheduling{exploration: s.exploration, statements: s.statements}
		verdict, words := s.verdict(schedule.Outcome{Failure: failed}, schedule.Outcome{Failure: test.now}, test.err)
		if verdict != test.verdict || words != test.words {
			t.Errorf("%s: %s (%s), want %s (%s)", name, verdict, words, test.verdict, test.words)
		}
	}
}

// A session that does not open ends an execution before it stands at the database.
func TestVerdictOnWhatDidNotBegin(t *testing.T) {
	e := &exploration{}
	e.last = &scheduling{exploration: e}
	if verdict, words := e.verdict(schedule.Outcome{}, schedule.Outcome{}, errors.New("no browser")); verdict != notKnown || words != "no browser" {
		t.Errorf("%s (%s)", verdict, words)
	}
}

func TestInspiredBy(t *testing.T) {
	point := func(text string) schedule.Point {
		p, err := schedule.ParsePoint(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	kept := schedule.Schedule{point("owner a#1"), point("colleague a#1"), point("owner b#1"), point("colleague b#1")}
	for name, test := range map[string]struct {
		pending []string
		want    int
	}{
		"the first of the schedule":           {[]string{"colleague a#1", "owner a#1"}, 1},
		"one that should have come later":     {[]string{"colleague b#1"}, 0},
		"what is not in it comes last":        {[]string{"owner ROLLBACK#1", "colleague b#1"}, 1},
		"of what is not in it, the first":     {[]string{"colleague ROLLBACK#1", "owner ROLLBACK#1"}, 0},
		"another occurrence is another point": {[]string{"owner a#2", "owner b#1"}, 1},
	} {
		var pending []schedule.Pending
		for _, text := range test.pending {
			pending = append(pending, schedule.Pending{Point: point(text)})
		}
		if got, err := inspiredBy(kept).Choose(pending); err != nil || got != test.want {
			t.Errorf("%s: number %d, %v; want %d", name, got, err, test.want)
		}
	}
}

func TestADatabaseGatewayHasOneExploration(t *testing.T) {
	h := &Harness{}
	explores := func(name string, database *pg.Gateway) *exploration {
		e := &exploration{scenario: &Scenario{harness: h, name: name}, place: place{at: line{"shop_test.go", 7}}}
		e.database = database
		return e
	}
	database, other := &pg.Gateway{}, &pg.Gateway{}
	errInside := errors.New("inside")
	outer := func() error {
		return explores("buy", database).claiming(func() error {
			free := explores("look", other).claiming(func() error { return nil })
			none := explores("rest", nil).claiming(func() error { return nil })
			taken := explores("sell", database).claiming(func() error { return errInside })
			if free != nil || none != nil || errors.Is(taken, errInside) {
				t.Errorf("free: %v, none: %v, taken: %v", free, none, taken)
			}
			return taken
		})
	}
	err := outer()
	if _, refused := errors.AsType[*InvalidScenarioError](err); !refused || !strings.Contains(err.Error(), `is that of the exploration of "buy" at `) {
		t.Error(err)
	}
	if again := explores("sell", database).claiming(func() error { return errInside }); !errors.Is(again, errInside) {
		t.Errorf("when the first has ended: %v", again)
	}
	func() {
		defer func() { _ = recover() }()
		_ = explores("buy", database).claiming(func() error { panic("Before failed") })
	}()
	if again := explores("sell", database).claiming(func() error { return errInside }); !errors.Is(again, errInside) {
		t.Errorf("when the first has panicked: %v", again)
	}
}

func TestAnExplorationThatSawNoStatement(t *testing.T) {
	for name, test := range map[string]struct {
		schedules, failures int
		came                bool
		want                error
	}{
		"none came":                       {1, 0, false, errNoStatements},
		"some did":                        {1, 0, true, nil},
		"it did not come so far":          {0, 0, false, nil},
		"there is something wrong anyway": {1, 1, false, nil},
	} {
		e := &exploration{came: test.came, result: &ExploreResult{Schedules: test.schedules, Failures: slices.Repeat([]ExploreFailure{{}}, test.failures)}}
		e.database = &pg.Gateway{}
		if err := e.saw(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	s := newStage(t, 0)
	s.leave()
	if s.came {
		t.Error("none came")
	}
	s.sends(0, "/one")
	s.of(query(1, 0))
	if s.leave(); !s.came {
		t.Error("one came")
	}
}
