package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/sync/schedule"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// twoTimesThree runs two sessions of three points each under a scheduler, and returns who came by in which order, as a log
// that only one of them may write at a time.
func twoTimesThree(ctx context.Context, c schedule.Chooser) (log []string, err error) {
	s, err := schedule.New(schedule.Options{Sessions: []string{"owner", "colleague"}})
	if err != nil {
		return nil, err
	}
	var sessions sync.WaitGroup
	for _, name := range []string{"owner", "colleague"} {
		session := s.Session(name)
		sessions.Go(func() {
			defer session.Finish()
			body := session.Start(nil)
			defer body.End()
			for i := range 3 {
				if body.Arrive(ctx, fmt.Sprint("POST /", i), false) != nil {
					return
				}
				log = append(log, fmt.Sprintf("%s POST /%d#1", name, i)) // without a lock: the race detector is the judge
			}
		})
	}
	err = s.Run(ctx, c)
	sessions.Wait()
	return log, err
}

func TestTwoSessionsOfThreePointsHaveTwentyOrders(t *testing.T) {
	var found []schedule.Schedule
	report := explore(t, schedule.Exhaustive(nil), schedule.Budget{}, func(ctx context.Context, c schedule.Chooser) (schedule.Outcome, error) {
		log, err := twoTimesThree(ctx, c)
		s, _ := schedule.Parse(lines(log))
		found = append(found, s)
		return schedule.Outcome{}, err
	})
	if report.Schedules != 20 || report.Different != 20 || report.Shown != "all 20 orders" {
		t.Fatalf("%v; want 20 different orders", report)
	}
	asDemanded := 0
	for _, want := range found {
		for range 50 {
			log, err := twoTimesThree(t.Context(), schedule.Follow(want))
			if err != nil {
				t.Fatal(err)
			}
			if lines(log) == want.String() {
				asDemanded++
			}
		}
	}
	if asDemanded != 1000 {
		t.Errorf("%d of 1000 replays went as demanded", asDemanded)
	}
}

func lines(log []string) string { return strings.Join(log, "\n") }

func first([]schedule.Pending) (int, error) { return 0, nil }

// run runs sessions, each in a goroutine of its own that is handed the session, and waits for all.
func run(t *testing.T, o schedule.Options, c schedule.Chooser, sessions map[string]func(*schedule.Session)) error {
	t.Helper()
	s, err := schedule.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for name, body := range sessions {
		all.Go(func() { body(s.Session(name)) })
	}
	err = s.Run(t.Context(), c)
	all.Wait()
	return err
}

// walk is a session that comes to the points one after another.
func walk(t *testing.T, points ...string) func(*schedule.Session) {
	return func(s *schedule.Session) {
		defer s.Finish()
		body := s.Start(nil)
		defer body.End()
		for _, what := range points {
			if body.Arrive(t.Context(), what, false) != nil {
				return
			}
		}
	}
}

func TestSessionThatNeverArrivesIsNamedWithinTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		release := make(chan struct{})
		err := run(t, schedule.Options{Sessions: []string{"owner", "colleague", "auditor"}}, schedule.ChooserFunc(first), map[string]func(*schedule.Session){
			"owner": func(s *schedule.Session) {
				body := s.Start(func() string { return "clicks on \"Rename\"" })
				go func() { time.Sleep(5 * time.Second); close(release) }()
				<-release
				body.End()
				s.Finish()
			},
			"colleague": walk(t, "GET /", "POST /"),
			"auditor":   walk(t),
		})
		stuck, ok := errors.AsType[*schedule.StuckError](err)
		if !ok || stuck.Waited != 2*time.Second || !slices.Equal(stuck.Late, []string{"owner"}) {
			t.Fatalf("%v", err)
		}
		if waited := time.Since(began); waited > 5*time.Second {
			t.Errorf("after %v", waited)
		}
		golden(t, "late", err.Error())
	})
}

func TestSessionsThatWaitForEachOtherAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := func(on string) func(*schedule.Session) {
			return func(s *schedule.Session) {
				body := s.Start(nil)
				defer s.Finish()
				defer body.End()
				if err := body.Arrive(t.Context(), "POST /", false); err != nil {
					t.Error(err)
				}
				body.Wait(on, nil)
				time.Sleep(3 * time.Second)
			}
		}
		err := run(t, schedule.Options{Sessions: []string{"owner", "colleague"}}, schedule.ChooserFunc(first), map[string]func(*schedule.Session){
			"owner":     wait("the lock of colleague's request"),
			"colleague": wait("the lock of owner's request"),
		})
		stuck, ok := errors.AsType[*schedule.StuckError](err)
		if !ok || len(stuck.Late) != 0 {
			t.Fatalf("%v", err)
		}
		golden(t, "deadlock", err.Error())
	})
}
