package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

func TestRepeatIsSilentOnADeterministicSystem(t *testing.T) {
	for seed := range uint64(200) {
		m := planted(t, 2, 3, 20, seed, seed%2 == 0)
		d, err := schedule.Repeat(t.Context(), schedule.Uniform(seed, 0), 2, m.Execute)
		if d != nil || err != nil {
			t.Fatalf("seed %d: %v, %v", seed, d, err)
		}
	}
	if d, err := schedule.Repeat(t.Context(), nil, 3, lostUpdate(t).Execute); d != nil || err != nil {
		t.Errorf("%v, %v", d, err)
	}
}

func TestRepeatNamesTheFirstDifference(t *testing.T) {
	m := lostUpdate(t)
	more := modelOf(t, []model.Session{session("owner", steps(rx, wx)), session("colleague", steps(rx, wx, wx))})
	renamed := modelOf(t, []model.Session{session("owner", steps(rx, wy)), session("colleague", steps(rx, wx))})
	less := modelOf(t, []model.Session{session("owner", steps(rx, wx)), session("colleague", steps(rx))})
	change := func(change func(*schedule.Outcome)) schedule.Execute {
		return func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
			o, err := m.Execute(ctx, c)
			change(&o)
			return o, err
		}
	}
	var text strings.Builder
	for _, again := range []schedule.Execute{
		more.Execute,
		renamed.Execute,
		less.Execute,
		change(func(o *schedule.Outcome) { o.Events[2].Note = "12:04:55" }),
		change(func(o *schedule.Outcome) { o.Events = o.Events[:3] }),
		change(func(o *schedule.Outcome) { o.Events[0] = schedule.Event{Session: "owner", Note: "retries"} }),
		change(func(o *schedule.Outcome) { o.Failure = errors.New("500 Internal Server Error") }),
		change(func(o *schedule.Outcome) { o.State += ", id = 7d1f" }),
	} {
		runs := 0
		d, err := schedule.Repeat(t.Context(), nil, 2, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
			if runs++; runs < 3 {
				return m.Execute(ctx, c)
			}
			return again(ctx, c)
		})
		if err != nil || d == nil || d.Run != 2 {
			t.Fatalf("%v, %v", d, err)
		}
		fmt.Fprintln(&text, d)
	}
	golden(t, "differences", strings.TrimSpace(text.String()))
}

func TestRepeatOfAnExecutionThatCannotBeRun(t *testing.T) {
	broken := errors.New("no browser")
	for _, fails := range []int{1, 2} {
		runs := 0
		_, err := schedule.Repeat(t.Context(), nil, 1, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
			if runs++; runs == fails {
				return schedule.Outcome{}, broken
			}
			return lostUpdate(t).Execute(ctx, c)
		})
		if !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
	}
}

func TestInevitable(t *testing.T) {
	s, err := schedule.Parse(`
		owner read x#1
		colleague read x#1
		owner write x#1
		colleague write x#1
	`)
	if err != nil {
		t.Fatal(err)
	}
	f, err := schedule.Inevitable(t.Context(), s, 200, 1, lostUpdate(t).Execute)
	if err != nil || f.Inevitable != 2 || f.Failed[0] == 0 || f.Failed[0] == 200 {
		t.Errorf("%+v, %v", f, err)
	}
	golden(t, "inevitable", f.String())
}

func TestInevitableOfWhatDoesNotFail(t *testing.T) {
	m := lostUpdate(t)
	sound := schedule.Schedule{{Session: "owner", What: "read x", Nth: 1}, {Session: "owner", What: "write x", Nth: 1}}
	if f, err := schedule.Inevitable(t.Context(), sound, 20, 1, m.Execute); err != nil || f.Inevitable != -1 {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := schedule.Inevitable(t.Context(), sound, 0, 1, m.Execute); !errors.Is(err, schedule.ErrInvalidOption) {
		t.Error(err)
	}
	wrong := schedule.Schedule{{Session: "owner", What: "write x", Nth: 1}}
	if _, err := schedule.Inevitable(t.Context(), wrong, 1, 1, m.Execute); err == nil || !strings.Contains(err.Error(), "owner write x#1") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := schedule.Inevitable(ctx, sound, 1, 1, m.Execute); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
