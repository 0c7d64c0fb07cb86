package coexist

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/data"
)

// out is a value out with a user, in the order of all that was done; back 0: it is out still.
type out struct {
	user        string
	row         int
	drawn, back int
	giveBack    func(data.Holding)
}

// simple is what a ledger is held against: all that ever was, compared one with another.
type simple struct {
	ledger *ledger
	rows   []data.Row
	outs   []*out
	now    int
	pairs  map[[2]string]int64
	kinds  map[Kind]int64
	usage  usage

	byValue map[string]*usage
}

func (s *simple) holds(user string) (list []*out) {
	for _, o := range s.outs {
		if o.user == user && o.back == 0 {
			list = append(list, o)
		}
	}
	return list
}

// values are the first holdings of each value that the user has.
func (s *simple) values(user string) (list []*out) {
	for _, o := range s.holds(user) {
		if !slices.ContainsFunc(list, func(other *out) bool { return other.row == o.row }) {
			list = append(list, o)
		}
	}
	return list
}

// others are those who held the value of a holding meanwhile; true: and hold it now.
func (s *simple) others(of *out) map[string]bool {
	others := map[string]bool{}
	for _, o := range s.outs {
		if o.user != of.user && o.row == of.row && (o.back == 0 || o.back > of.drawn) {
			others[o.user] = others[o.user] || o.back == 0
		}
	}
	return others
}

func (s *simple) draw(user string, row int) {
	s.now++
	o := &out{user: user, row: row, drawn: s.now}
	o.giveBack = s.ledger.draw(data.Holding{Feeder: "rows", Row: s.rows[row], User: user, Iteration: 1})
	s.outs = append(s.outs, o)
}

func (s *simple) returns(o *out) {
	s.now++
	o.back = s.now
	o.giveBack(data.Holding{})
}

// ends ends an iteration well or not, and says what is wrong with what the ledger says.
func (s *simple) ends(user string, fails bool) error {
	want := map[string]map[string]bool{}
	for _, o := range s.values(user) {
		want[s.rows[o.row].String()] = s.others(o)
	}
	anyOther := map[string]bool{}
	for _, others := range want {
		maps.Copy(anyOther, others)
	}
	s.usage.count(len(anyOther) > 0, fails)
	for value, others := range want {
		if s.byValue[value] == nil {
			s.byValue[value] = &usage{}
		}
		s.byValue[value].count(len(others) > 0, fails)
	}
	if !fails {
		s.ledger.passed(user)
		return nil
	}
	kind := NoValue
	switch {
	case len(anyOther) > 0:
		kind = Collision
	case len(want) > 0:
		kind = Apart
	}
	s.kinds[kind]++
	for other := range anyOther {
		s.pairs[[2]string{min(user, other), max(user, other)}]++
	}
	f, _ := s.ledger.failed(user, errors.New("it failed"))
	got := map[string]map[string]bool{}
	for _, in := range f.Values {
		got[in.Value] = map[string]bool{}
		for _, h := range in.Holders {
			got[in.Value][h.User] = h.To == nil
		}
	}
	if f.Kind != kind || !maps.EqualFunc(got, want, maps.Equal) {
		return fmt.Errorf("the failure of %s is a %s with %v, want a %s with %v", user, f.Kind, got, kind, want)
	}
	return nil
}

// TestAttributionIsThatOfAllIntervals holds failures against a record that forgets nothing and compares all with all.
func TestAttributionIsThatOfAllIntervals(t *testing.T) {
	rows := rowsOf(t, 3)
	users := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		s := &simple{ledger: newLedger(), rows: rows, pairs: map[[2]string]int64{}, kinds: map[Kind]int64{}, byValue: map[string]*usage{}}
		for _, u := range users {
			s.ledger.join(u, "scenario")
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			user := rapid.SampledFrom(users).Draw(t, "user")
			row := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
			held := s.holds(user)
			at := slices.IndexFunc(held, func(o *out) bool { return o.row == row })
			switch what := rapid.SampledFrom([]string{"draw", "draw", "return", "pass", "fail"}).Draw(t, "what"); {
			case what == "draw": // maybe once more, by another feeder
				s.draw(user, row)
			case what == "return" && at >= 0:
				s.returns(held[at])
			case what == "pass" || what == "fail":
				if err := s.ends(user, what == "fail"); err != nil {
					t.Fatal(err)
				}
			}
		}
		var stage Stage
		s.ledger.fill(&stage)
		for _, v := range stage.Values {
			if want := s.byValue[v.Value].sharing(); v.Sharing != want {
				t.Fatalf("%s: %+v, want %+v", v.Value, v.Sharing, want)
			}
		}
		got := map[[2]string]int64{}
		for _, p := range stage.Pairs {
			got[p.Users] = p.Failures
		}
		if !maps.Equal(got, s.pairs) || !maps.Equal(stage.Kinds, s.kinds) && len(s.kinds) > 0 || stage.Sharing != s.usage.sharing() {
			t.Fatalf("pairs %v, kinds %v, sharing %+v; want %v, %v, %+v", got, stage.Kinds, stage.Sharing, s.pairs, s.kinds, s.usage.sharing())
		}
	})
}

func rowsOf(t testing.TB, n int) (rows []data.Row) {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprint("v", i+1)
	}
	f, err := data.New("rows", data.Slice(items), data.Options{Policy: data.Sequential, Update: data.EachOccurrence})
	if err != nil {
		t.Fatal(err)
	}
	u := data.NewUser(t.Context(), "reader")
	defer u.End()
	u.Begin(t.Context())
	for range n {
		row, err := f.Draw(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// What nobody holds is forgotten some day, so that a source without end takes no memory without end.
func TestTheLedgerForgets(t *testing.T) {
	l := newLedger()
	l.join("a", "scenario")
	f, err := data.New("rows", data.Func([]string{"n"}, func(n int) ([]string, error) { return []string{fmt.Sprint(n)}, nil }),
		data.Options{Policy: data.Queue, Memory: 1000, History: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx := data.WithObserver(t.Context(), l.draw)
	u := data.NewUser(ctx, "a")
	defer u.End()
	for range 2*maxIdle + 10 {
		u.Begin(ctx)
		if _, err := f.Draw(ctx, u); err != nil {
			t.Fatal(err)
		}
		l.passed("a")
	}
	if len(l.values) > maxIdle+1 || len(l.idle) > maxIdle {
		t.Errorf("it knows %d values, want at most %d", len(l.values), maxIdle+1)
	}
}

// Failures without end take no memory without end, and are counted all the same.
func TestManyFailuresAreCounted(t *testing.T) {
	l := newLedger()
	rows := rowsOf(t, 300)
	for n := range 80 {
		l.join(fmt.Sprint("u", n), "scenario")
	}
	var all sync.WaitGroup
	for n := range 80 {
		all.Go(func() {
			name := fmt.Sprint("u", n)
			for i := range 100 {
				back := l.draw(data.Holding{Feeder: "rows", Row: rows[(3*i+n)%len(rows)], User: name, Iteration: i})
				l.failed(name, fmt.Errorf("failure %d of %s", i, name))
				back(data.Holding{})
			}
		})
	}
	all.Wait()
	var s Stage
	l.fill(&s)
	if s.Failed != 8000 || s.Kinds[Collision]+s.Kinds[Apart] != 8000 || len(s.Failures) != maxFailures || len(s.Messages) > maxMessages+2 || len(s.Values) != maxBlamed || s.LeftOut == 0 {
		t.Errorf("failed %d %v, %d in detail, %d messages, %d values, %d left out", s.Failed, s.Kinds, len(s.Failures), len(s.Messages), len(s.Values), s.LeftOut)
	}
}

func BenchmarkLedger(b *testing.B) {
	rows := rowsOf(b, 100)
	l := newLedger()
	l.join("a", "scenario")
	l.join("b", "scenario")
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		back := l.draw(data.Holding{Feeder: "rows", Row: rows[n%100], User: "a", Iteration: 1})
		l.passed("a")
		back(data.Holding{})
	}
}
