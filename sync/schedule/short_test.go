package schedule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// traceOf returns a random trace of a model.
func traceOf(t testing.TB, m *model.Model, seed uint64) schedule.Trace {
	t.Helper()
	r := schedule.Record(schedule.Uniform(seed, 0))
	if _, err := m.Execute(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r.Trace()
}

func TestPropertyShortFormReplays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := modelOf(t, drawSessions(r, 30))
		trace := traceOf(t, m, rapid.Uint64().Draw(r, "seed"))
		short, err := trace.Short()
		if err != nil {
			r.Fatal(err)
		}
		again, err := schedule.ParseShort(short.String())
		if err != nil || again.String() != short.String() || again.Len() != len(trace) || len(short.String()) > schedule.MaxShort {
			r.Fatalf("%v is read as %v, %v", short, again, err)
		}
		recorder := schedule.Recorder{}
		_, err = schedule.Explore(t.Context(), schedule.ReplayShort(again, 1), schedule.Budget{}, func(ctx ctx, c schedule.Chooser) (schedule.Outcome, error) {
			recorder = *schedule.Record(c)
			return m.Execute(ctx, &recorder)
		})
		if err != nil || recorder.Trace().Schedule().String() != trace.Schedule().String() {
			r.Fatalf("%v: %v\n%v\nwant\n%v", short, err, recorder.Trace().Schedule(), trace.Schedule())
		}
	})
}

func TestShortFormThatCannotBeFollowed(t *testing.T) {
	m := modelOf(t, []model.Session{session("a", steps(rx, wx)), session("b", steps(rx, wx))})
	changed := modelOf(t, []model.Session{session("a", steps(rx, wx)), session("b", steps(rx, wy))})
	shorter := modelOf(t, []model.Session{session("a", steps(rx, wx)), session("b", steps(rx))})
	short, err := traceOf(t, m, 1).Short()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	fmt.Fprintln(&text, short)
	for _, other := range []*model.Model{changed, shorter, modelOf(t, []model.Session{session("c", steps(rx, wx))})} {
		_, err := schedule.Explore(t.Context(), schedule.ReplayShort(short, 1), schedule.Budget{}, other.Execute)
		if err == nil {
			t.Fatal("no error")
		}
		fmt.Fprintf(&text, "\n%v\n", err)
	}
	golden(t, "short", strings.TrimSpace(text.String()))
}

func TestShortFormThatDoesNotFit(t *testing.T) {
	for name, m := range map[string]*model.Model{
		"points":   planted(t, 1, 2, 600, 1, true),
		"sessions": planted(t, 1, 60, 120, 1, true),
	} {
		if _, err := traceOf(t, m, 1).Short(); !errors.Is(err, schedule.ErrTooLong) {
			t.Errorf("%s: %v", name, err)
		} else {
			t.Log(err)
		}
	}
}

// A schedule as random as can be, of two sessions and a hundred points, still fits.
func TestShortFormOfAHundredPointsFits(t *testing.T) {
	for seed := range uint64(20) {
		short, err := traceOf(t, planted(t, 1, 2, 100, seed, true), seed).Short()
		if err != nil {
			t.Errorf("%v, %v", short, err)
		}
	}
}
