package schedule_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/sync/schedule"
)

func TestReplayText(t *testing.T) {
	m := lostUpdate(t)
	found := explore(t, schedule.Exhaustive(nil), schedule.Budget{}, m.Execute).Failures[0]
	short, err := found.Trace.Short()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		short.String() + "\n":           "1 order, replayed 100 times",
		found.Trace.Schedule().String(): "1 order, replayed 100 times",
		"colleague read x#1 before owner write x#1\nowner read x#1 before colleague write x#1": "1 order that obeys 2 constraints, replayed 100 times",
	} {
		s, err := schedule.ReplayText(text, 100)
		if err != nil {
			t.Fatal(err)
		}
		r := explore(t, s, schedule.Budget{Failures: -1}, m.Execute)
		if len(r.Failures) != 100 || r.Different != 1 || !r.Complete || r.Shown != want {
			t.Errorf("%s\n%d of %d failed: %s", text, len(r.Failures), r.Schedules, r.Shown)
		}
	}
}

func TestReplayTextThatIsWrong(t *testing.T) {
	for text, want := range map[string]schedule.ParseError{
		"s1:a:b:00000000":                   {Line: 1, Column: 6},
		"a read x#1\na write x":             {Line: 2, Column: 10},
		"a read x#1 before b read x#1\na x": {Line: 2, Column: 4},
	} {
		_, err := schedule.ReplayText(text, 1)
		wrong, ok := errors.AsType[*schedule.ParseError](err)
		if !ok || wrong.Line != want.Line || wrong.Column != want.Column {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestConstraintsThatCannotBeObeyed(t *testing.T) {
	s, err := schedule.ReplayText("owner read y#1 before owner read x#1\ncolleague write x#1 before colleague read x#1", 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = schedule.Explore(t.Context(), s, schedule.Budget{}, lostUpdate(t).Execute)
	if unmet, ok := errors.AsType[*schedule.UnmetError](err); !ok || len(unmet.Unmet) != 2 {
		t.Fatal(err)
	}
	golden(t, "unmet", err.Error())
}

// A strand that says it waits, and whose source says it does not, is one that the scheduler waits for.
func TestStrandThatOnlySaysThatItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		err := run(t, schedule.Options{Sessions: []string{"owner", "colleague"}, Limit: time.Second}, schedule.ChooserFunc(first), map[string]func(*schedule.Session){
			"owner": func(s *schedule.Session) {
				body := s.Start(nil)
				body.Wait("the lock of colleague's request", func(context.Context) bool { asked++; return false })
				time.Sleep(5 * time.Second)
				body.End()
				s.Finish()
			},
			"colleague": walk(t, "GET /"),
		})
		if err == nil {
			t.Fatal("no error")
		}
		golden(t, "doubtful", err.Error())
		// It is asked ever less often: from 20 µs to 5 ms, for a second.
		if asked < 100 || asked > 300 {
			t.Errorf("asked %d times", asked)
		}
	})
}
