package data_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
)

func TestOptionsThatDoNotFit(t *testing.T) {
	lead := feeder(t, rows(3), data.Options{Policy: data.Queue})
	var messages strings.Builder
	for _, o := range []data.Options{
		{},
		{Policy: 99, Update: 99, OutOfValues: 99},
		{Policy: data.Queue, OutOfValues: data.StartAgain},
		{Policy: data.OncePerUser, OutOfValues: data.StartAgain},
		{Policy: data.Lease, OutOfValues: data.StartAgain},
		{Policy: data.Lease, OutOfValues: data.KeepLast},
		{Policy: data.UniqueBlock},
		{Policy: data.Queue, Block: 3},
		{Policy: data.Queue, Wait: -1},
		{Policy: data.Queue, Memory: -1},
		{Policy: data.Queue, Follow: lead},
		{Policy: data.Queue, Columns: []string{"value", "pasword"}},
	} {
		_, err := data.New("users", rows(3), o)
		if !errors.Is(err, data.ErrInvalidOption) {
			t.Errorf("%+v: %v", o, err)
			continue
		}
		messages.WriteString(err.Error() + "\n")
	}
	if _, err := data.New("", rows(3), data.Options{Policy: data.Queue}); !errors.Is(err, data.ErrInvalidOption) {
		t.Error(err)
	}
	golden(t, "options", messages.String())
}

func TestNames(t *testing.T) {
	for policy := data.Sequential; policy <= data.UniqueBlock; policy++ {
		if got, err := data.ParsePolicy(strings.ToUpper(policy.String())); got != policy || err != nil {
			t.Errorf("%v: %v, %v", policy, got, err)
		}
	}
	for update := data.EachIteration; update <= data.Once; update++ {
		if got, err := data.ParseUpdate(update.String()); got != update || err != nil {
			t.Errorf("%v: %v, %v", update, got, err)
		}
	}
	for rule := data.FailRun; rule <= data.KeepLast; rule++ {
		if got, err := data.ParseRule(rule.String()); got != rule || err != nil {
			t.Errorf("%v: %v, %v", rule, got, err)
		}
	}
	_, err := data.ParsePolicy("")
	_, err2 := data.ParsePolicy("random ")
	if !errors.Is(err, data.ErrInvalidOption) || !errors.Is(err2, data.ErrInvalidOption) {
		t.Error(err, err2)
	}
	if got := fmt.Sprint(data.Policy(0), data.Policy(77), data.Rule(77)); got != "none(0) none(77) none(77)" {
		t.Error(got)
	}
}

func TestEnough(t *testing.T) {
	many := data.Need{Users: 5, Iterations: 10, Present: 3, Draws: 2}
	for _, c := range []struct {
		rows int // that are just enough
		o    data.Options
		n    data.Need
	}{
		{50, data.Options{Policy: data.Sequential}, many},
		{100, data.Options{Policy: data.Sequential, Update: data.EachOccurrence}, many},
		{5, data.Options{Policy: data.Sequential, Update: data.Once}, many},
		{1, data.Options{Policy: data.Sequential, OutOfValues: data.StartAgain}, many},
		{5, data.Options{Policy: data.Sequential, OutOfValues: data.KeepLast}, many},
		{50, data.Options{Policy: data.Shuffle, OutOfValues: data.StopUser}, many},
		{1, data.Options{Policy: data.Circular}, many},
		{1, data.Options{Policy: data.Random}, many},
		{50, data.Options{Policy: data.Queue}, many},
		{5, data.Options{Policy: data.Queue}, data.Need{Users: 5}},
		{3, data.Options{Policy: data.Lease}, many},
		{5, data.Options{Policy: data.Lease}, data.Need{Users: 5}},
		{6, data.Options{Policy: data.Lease, Update: data.EachOccurrence}, many},
		{10, data.Options{Policy: data.OncePerUser}, many},
		{1, data.Options{Policy: data.OncePerUser, OutOfValues: data.KeepLast}, many},
		{60, data.Options{Policy: data.UniqueBlock, Block: 12}, many},
		{15, data.Options{Policy: data.UniqueBlock, Block: 3, OutOfValues: data.StartAgain}, many},
	} {
		for _, short := range []int{0, 1} {
			if c.rows == short {
				continue // no feeder has no rows
			}
			f := feeder(t, rows(c.rows-short), c.o)
			s, err := f.Enough(c.n)
			if s.Needs != c.rows || s.Has != c.rows-short || s.Enough() != (short == 0) || errors.Is(err, data.ErrNotEnough) != (short == 1) {
				t.Errorf("%+v for %+v: %v, error %v; want %d", c.o, c.n, s, err, c.rows)
			}
		}
	}
	f := feeder(t, rows(1), data.Options{Policy: data.Queue, Update: data.EachOccurrence})
	s, err := f.Enough(data.Need{Users: math.MaxInt, Iterations: math.MaxInt, Draws: math.MaxInt})
	if !errors.Is(err, data.ErrNotEnough) || s.Needs != math.MaxInt {
		t.Errorf("%+v, %v", s, err)
	}
	for _, n := range []data.Need{{}, {Users: -1}, {Users: 1, Iterations: -1}, {Users: 1, Present: 2}, {Users: 1, Draws: -1}} {
		if _, err := f.Enough(n); !errors.Is(err, data.ErrInvalidOption) {
			t.Errorf("%+v: %v", n, err)
		}
	}
	linked, err := data.New("linked", rows(2), data.Options{Follow: feeder(t, rows(3), data.Options{Policy: data.Circular})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := linked.Enough(data.Need{Users: 1}); !errors.Is(err, data.ErrNotEnough) {
		t.Error(err)
	}
}

func TestLinkedSourceThatIsTooShort(t *testing.T) {
	lead := feeder(t, rows(3), data.Options{Policy: data.Circular})
	linked, err := data.New("linked", rows(2), data.Options{Follow: lead})
	if err != nil {
		t.Fatal(err)
	}
	u := user(t, "ada")
	for want := 1; want <= 2; want++ {
		u.Begin(t.Context())
		if got := draw(t, linked, u); got != want {
			t.Errorf("row %d, want %d", got, want)
		}
	}
	u.Begin(t.Context())
	_, err = linked.Draw(t.Context(), u)
	if !errors.Is(err, data.ErrNotEnough) {
		t.Fatal(err)
	}
	golden(t, "linked_short", err.Error())
}

func TestOutOfValuesMessages(t *testing.T) {
	for name, o := range map[string]data.Options{
		"out_fail":  {Policy: data.Queue},
		"out_keep":  {Policy: data.Queue, OutOfValues: data.KeepLast},
		"out_block": {Policy: data.UniqueBlock, Block: 1, OutOfValues: data.StartAgain},
	} {
		f := feeder(t, rows(1), o)
		ada, bob := user(t, "ada"), user(t, "bob")
		ada.Begin(t.Context())
		bob.Begin(t.Context())
		draw(t, f, ada)
		_, err := f.Draw(t.Context(), bob)
		if !errors.Is(err, data.ErrFailRun) {
			t.Fatal(err)
		}
		golden(t, name, err.Error())
		if len(f.Warnings()) != 0 {
			t.Error(f.Warnings())
		}
	}
}

// TestWhoHeldWhatWhen tells a small story in fake time.
func TestWhoHeldWhatWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := feeder(t, rows(2), data.Options{Policy: data.Circular})
		start := time.Now()
		ada, bob, cyd := user(t, "ada"), user(t, "bob"), user(t, "cyd")
		for _, u := range []*data.User{ada, bob, cyd} { // ada and cyd have row 1
			u.Begin(t.Context())
			draw(t, f, u)
			<-time.After(time.Second)
		}
		ada.Begin(t.Context())() // her first iteration ends at 3 s
		<-time.After(time.Second)
		cyd.End()

		at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
		for _, c := range []struct {
			row  int
			at   float64
			want string
		}{
			{1, -1, ""}, {1, 0, "ada"}, {1, 1.5, "ada"}, {1, 2, "ada cyd"}, {1, 2.9, "ada cyd"}, {1, 3, "cyd"}, {1, 4, ""},
			{2, 0.5, ""}, {2, 1, "bob"}, {2, 100, "bob"}, {3, 1, ""},
		} {
			var names []string
			for _, h := range f.Holders(c.row, at(c.at)) {
				names = append(names, h.User)
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("row %d at %v s: %q, want %q", c.row, c.at, got, c.want)
			}
		}
		all, _ := f.Holdings()
		if !all[0].Overlaps(all[2]) || !all[2].Overlaps(all[0]) || !all[1].Overlaps(all[2]) {
			t.Error(all)
		}
		var lines []string
		for _, h := range all {
			lines = append(lines, h.String())
		}
		golden(t, "holdings", strings.Join(lines, "\n"))
	})
}

func TestOldHoldingsAreForgotten(t *testing.T) {
	for _, c := range []struct{ history, kept int }{{3, 3}, {-1, 0}, {0, 10}} {
		f := feeder(t, rows(20), data.Options{Policy: data.Sequential, History: c.history})
		u := user(t, "ada")
		for range 10 {
			u.Begin(t.Context())
			draw(t, f, u)
		}
		u.Begin(t.Context())
		all, forgotten := f.Holdings()
		var numbers, want []uint64
		for _, h := range all {
			numbers = append(numbers, h.Number)
		}
		for n := 10 - c.kept + 1; n <= 10; n++ {
			want = append(want, uint64(n))
		}
		if !slices.Equal(numbers, want) || forgotten != uint64(10-c.kept) {
			t.Errorf("history %d: %v, %d forgotten", c.history, numbers, forgotten)
		}
	}
}

func TestRows(t *testing.T) {
	f := feeder(t, data.CSV(file(t, "f.csv", "user,Password,api_token\nada,hunter2,abc\n")), data.Options{Policy: data.Circular, Update: data.Once})
	row, err := f.Draw(t.Context(), user(t, "ada"))
	if err != nil {
		t.Fatal(err)
	}
	if text := row.String(); strings.Contains(text, "hunter2") || strings.Contains(text, "abc") || !strings.Contains(text, "f.csv:2 (ada, ") {
		t.Error(text)
	}
	if row.Value("Password") != "hunter2" || fmt.Sprint(row.Columns(), row.Values(), f.Columns()) != "[user Password api_token] [ada hunter2 abc] [user Password api_token]" {
		t.Error(row.Columns(), row.Values())
	}
	if _, ok := row.Lookup("password"); ok {
		t.Error("another column was found")
	}
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, `has no column "city", but "user", "Password", "api_token"`) {
			t.Error(text)
		}
	}()
	row.Value("city")
}

func TestTheZeroRow(t *testing.T) {
	var row data.Row
	if _, ok := row.Lookup("a"); ok || row.Place() != "no row" || row.Columns() != nil || row.String() != "no row ()" {
		t.Error(row)
	}
}
