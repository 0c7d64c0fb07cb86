package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sync/vars"
)

func TestARunIsStartedQueriedAndCancelled(t *testing.T) {
	s := service(t, control.Options{Database: file(t)}, func(ctx context.Context, u *load.User) error {
		if _, err := u.Vars().Delta(ctx, "COUNTER", 1); err != nil {
			return err
		}
		return look(ctx, u)
	})
	before, _ := vars.Of(9007199254740993)
	run, err := s.Start(t.Context(), control.Start{ID: "one", Scenario: "own", Profile: forever, Vars: control.Variables{"COUNTER": before}})
	if err != nil || run.State != control.Running || run.ID != "one" {
		t.Fatal(run, err)
	}
	run = await(t, s, "one", func(r *control.Run) bool { return adds(r) && r.Statistics.Requests.Total >= 10 })
	if n, _ := run.Vars["COUNTER"].Int(); n < 9007199254740993+10 || run.Counts.Started != 2 || len(run.Buckets) == 0 {
		t.Errorf("live: COUNTER %d, %+v, %d buckets", n, run.Counts, len(run.Buckets))
	}
	cancelled, err := s.Cancel(t.Context(), "one")
	if err != nil || cancelled.State != control.Cancelled || cancelled.Counts.Cancelled == 0 || !adds(cancelled) || cancelled.Ended == nil {
		t.Fatalf("%+v %v", cancelled, err)
	}
	want, _ := json.Marshal(cancelled)
	for name, again := range map[string]func(context.Context, string) (*control.Run, error){"cancelled again": s.Cancel, "queried": s.Run} {
		run, err := again(t.Context(), "one")
		if got, _ := json.Marshal(run); err != nil || string(got) != string(want) {
			t.Errorf("%s it is another: %v\n%s\n%s", name, err, got, want)
		}
	}
	if list, err := s.Runs(t.Context(), 10, ""); err != nil || len(list) != 1 || !reflect.DeepEqual(list[0].Counts, cancelled.Counts) {
		t.Errorf("list: %+v %v", list, err)
	}
	for _, name := range cancelled.Files {
		if content, _, err := s.File(t.Context(), "one", name); err != nil || len(content) < 20 {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
	}
}

func TestWhatBecomesOfARun(t *testing.T) {
	s := service(t, control.Options{}, nil)
	address := shop(t)
	many := func(change func(*control.Start)) control.Start {
		start := control.Start{Scenario: "url", Params: params(t, address), Total: 6, Backlog: 2, MaxLateness: lenient}
		change(&start)
		return start
	}
	short := control.Duration(50 * time.Millisecond)
	for name, c := range map[string]struct {
		start control.Start
		state control.State
		cause string
		count control.Counts
	}{
		"all well":         {many(func(*control.Start) {}), control.Passed, "", control.Counts{Started: 6, Finished: 6, Passed: 6}},
		"failed users":     {many(func(s *control.Start) { s.Params = params(t, address+"/bad") }), control.Passed, "", control.Counts{Started: 6, Finished: 6, Failed: 6}},
		"broken assertion": {many(func(s *control.Start) { s.Assertions = []string{"count = 7"} }), control.Failed, "count = 7", control.Counts{Started: 6, Finished: 6, Passed: 6}},
		"an assertion that aborts": {many(func(s *control.Start) {
			s.Params, s.Assertions, s.Total, s.CPS = params(t, address+"/bad"), []string{"errors < 1% abort"}, 1_000_000, 100
		}), control.Aborted, "aborted", control.Counts{}},
		"its time is over": {many(func(s *control.Start) {
			s.Params, s.MaxDuration, s.GracefulStop = params(t, address+"/slow"), short, new(control.Duration)
		}), control.Passed, "", control.Counts{Started: 2, Finished: 2, Aborted: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			run, err := s.Start(t.Context(), c.start)
			if err != nil {
				t.Fatal(err)
			}
			run = await(t, s, run.ID, ended)
			if run.State != c.state || !strings.Contains(run.Cause, c.cause) || !adds(run) || c.count != (control.Counts{}) && run.Counts != c.count {
				t.Errorf("%s because of %q, %+v; want %s because of %q, %+v", run.State, run.Cause, run.Counts, c.state, c.cause, c.count)
			}
			if c.count.Failed > 0 && (len(run.FirstFailures) != 6 || !strings.Contains(run.FirstFailures[0].Message, "500")) {
				t.Errorf("first failures: %+v", run.FirstFailures)
			}
		})
	}
}

// TestWhatDoesNotFitIsToldAtOnce starts nothing, and leaves no trace.
func TestWhatDoesNotFitIsToldAtOnce(t *testing.T) {
	s := service(t, control.Options{Targets: []string{"shop.example:443"}, Limits: control.Limits{Users: 100}}, look)
	at := func(address string) json.RawMessage { return params(t, address) }
	home := at("http://127.0.0.1:1/")
	for name, c := range map[string]struct {
		start control.Start
		kind  error
		texts []string
	}{
		"scenario":      {control.Start{Scenario: "none"}, control.ErrUnknownScenario, []string{`"none"`, "har, own, url"}},
		"nothing":       {control.Start{Scenario: "url", Params: home}, control.ErrInvalid, []string{"profile", "total"}},
		"both":          {control.Start{Scenario: "url", Params: home, Profile: "atOnceUsers(1)", Total: 1}, control.ErrInvalid, []string{"want one"}},
		"total alone":   {control.Start{Scenario: "url", Params: home, Total: 5}, control.ErrInvalid, []string{"backlog", "cps"}},
		"profile":       {control.Start{Scenario: "url", Params: home, Profile: "ramUsers(1)"}, control.ErrInvalid, []string{"rampUsers"}},
		"all at once":   {control.Start{Scenario: "url", Params: at("http://far.example/"), Profile: "x", Assertions: []string{"y"}}, control.ErrInvalid, []string{"far.example", "profile", "assertions"}},
		"parameters":    {control.Start{Scenario: "url", Total: 1, CPS: 1, Params: json.RawMessage(`{"checks":[1],"file":"/etc/passwd"}`)}, control.ErrInvalid, []string{"url", "checks", "file"}},
		"own parameter": {control.Start{Scenario: "own", Total: 1, CPS: 1, Params: json.RawMessage(`{"speed":10}`)}, control.ErrInvalid, []string{"speed"}},
		"a panic":       {control.Start{Scenario: "own", Total: 1, CPS: 1, Params: json.RawMessage(`{"panics":true}`)}, control.ErrInvalid, []string{"as it was asked to"}},
		"users":         {control.Start{Scenario: "own", Profile: "constantConcurrentUsers(101).during(1)"}, control.ErrInvalid, []string{"101", "100"}},
		"backlog":       {control.Start{Scenario: "own", Total: 1000, Backlog: 101}, control.ErrInvalid, []string{"101"}},
		"variable":      {control.Start{Scenario: "own", Total: 1, CPS: 1, Vars: control.Variables{"": vars.Undef}}, control.ErrInvalid, []string{"name"}},
		"port":          {control.Start{Scenario: "url", Total: 1, CPS: 1, Params: at("http://shop.example/")}, control.ErrInvalid, []string{"shop.example"}},
		"nip":           {control.Start{Scenario: "url", Total: 1, CPS: 1, Params: at("http://127.0.0.1.nip.example/")}, control.ErrInvalid, []string{"nip"}},
		"metadata":      {control.Start{Scenario: "url", Total: 1, CPS: 1, Params: at("http://169.254.169.254/")}, control.ErrInvalid, []string{"169.254"}},
		"password":      {control.Start{Scenario: "url", Total: 1, CPS: 1, Params: at("http://a:b@127.0.0.1/")}, control.ErrInvalid, []string{"without a name and a password"}},
		"file":          {control.Start{Scenario: "url", Total: 1, CPS: 1, Params: at("file:///etc/passwd")}, control.ErrInvalid, []string{"address"}},
		"har":           {control.Start{Scenario: "har", Total: 1, CPS: 1, Params: json.RawMessage(`{"url":"http://127.0.0.1:1","har":"/etc/passwd"}`)}, control.ErrInvalid, []string{"HAR"}},
	} {
		_, err := s.Start(t.Context(), c.start)
		if !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
			continue
		}
		for _, text := range c.texts {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: the error does not tell of %q: %v", name, text, err)
			}
		}
	}
	if list, err := s.Runs(t.Context(), 10, ""); err != nil || len(list) != 0 {
		t.Errorf("something was left: %+v %v", list, err)
	}
}

func TestLimits(t *testing.T) {
	s := service(t, control.Options{Limits: control.Limits{Runs: 2, Keep: 3, Users: 2}}, look)
	for range 2 {
		if _, err := s.Start(t.Context(), control.Start{Scenario: "own", Profile: forever}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Start(t.Context(), control.Start{Scenario: "own", Profile: forever}); !errors.Is(err, control.ErrTooMany) {
		t.Fatalf("a third run: %v", err)
	}
	list, err := s.Runs(t.Context(), 10, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range list {
		if _, err := s.Cancel(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		run, err := s.Start(t.Context(), control.Start{ID: fmt.Sprint("late", i), Scenario: "own", Profile: "atOnceUsers(5)", MaxLateness: lenient})
		if err != nil {
			t.Fatal(err)
		}
		if run = await(t, s, run.ID, ended); run.Counts.Passed != 5 || run.Statistics.Users.MaxPresent > 2 {
			t.Errorf("%+v, at most %d present; want 5 of which 2 at a time", run.Counts, run.Statistics.Users.MaxPresent)
		}
	}
	// Cancel waits for the end of the next run's writing, and with it for the pruning after the one before.
	if list, err = s.Runs(t.Context(), 10, ""); err != nil || len(list) > 4 || list[0].ID != "late3" {
		t.Errorf("%d kept, want 3 and at most the one that was being written: %v", len(list), err)
	}
}
