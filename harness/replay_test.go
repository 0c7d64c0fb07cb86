package harness_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// foundIn explores the defective till, and returns what was kept.
func foundIn(t *testing.T) harness.ExploreFailure {
	app := newTill(t, false)
	c := newClients(t, app.URL)
	sc, options := c.voucher(app)
	result := sc.Explore(t.Context(), harness.Exhaustive(), options...)
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	return result.Failures[0]
}

// What was kept fails 100 of 100 times on the defect and never on the sound twin, in each of its forms.
func TestWhatIsKeptReplays(t *testing.T) {
	f := foundIn(t)
	forms := map[string]string{"short": f.Short, "long": f.Points, "constraints": strings.Join(f.Constraints, "\n"), "file": f.Files[0]}
	for form, kept := range forms {
		times := 10
		if form == "short" {
			times = 100
		}
		for _, sound := range []bool{false, true} {
			app := newTill(t, sound)
			c := newClients(t, app.URL)
			sc, options := c.voucher(app)
			result := sc.Replay(t.Context(), kept, append(options, harness.Times(times))...)
			want := times
			if sound {
				want = 0
			}
			if result.Schedules != times || len(result.Failures) != want || result.Stopped != "" {
				t.Errorf("%s, sound %v: %d of %d failed; %.400s", form, sound, len(result.Failures), result.Schedules, result)
			}
		}
	}
}

// A variable makes an exploration a replay: of the scenario that its file names, and of no other.
func TestTheVariableReplays(t *testing.T) {
	f := foundIn(t)
	app := newTill(t, false)
	c := newClients(t, app.URL)
	sc, options := c.voucher(app)
	other := c.Scenario("another")
	other.Step(c.owner, "sends", sends("/note/a"))
	other.Step(c.colleague, "sends", sends("/note/x"))
	for _, kept := range []string{f.Short, f.Points, f.Files[0]} {
		t.Setenv(harness.EnvSchedule, kept)
		result := sc.Explore(t.Context(), harness.POS(), options...)
		if result.Schedules != 1 || len(result.Failures) != 1 || !strings.HasPrefix(result.Strategy, "replay") {
			t.Error(result)
		}
	}
	if result := other.Explore(t.Context(), harness.Exhaustive(), patient()); result.Err() != nil || result.Schedules != 2 {
		t.Error(result)
	}
	t.Setenv(harness.EnvSchedule, "s1:what")
	if err := sc.Explore(t.Context(), harness.POS(), options...).Err(); !errors.Is(err, harness.ErrInvalidScenario) || !strings.Contains(err.Error(), harness.EnvSchedule) {
		t.Error(err)
	}
}

// A replay that cannot follow names the first point that differs.
func TestAReplayThatCannotFollow(t *testing.T) {
	f := foundIn(t)
	app := newTill(t, false)
	c := newClients(t, app.URL)
	sc := c.Scenario("one voucher")
	sc.Step(c.owner, "redeems it", redeems)
	sc.Step(c.colleague, "redeems it, too", sends("/note/x"))
	result := sc.Replay(t.Context(), f.Points, patient())
	diverged, ok := errors.AsType[*schedule.DivergedError](result.Err())
	if !ok || diverged.Number != 4 || diverged.Want.String() != "colleague GET /vouchers/{id}#1" || len(diverged.Pending) == 0 {
		t.Fatal(result.Err())
	}
	if err := sc.Replay(t.Context(), f.Short, patient()).Err(); err == nil || !strings.Contains(err.Error(), "the short form has 6 points, and the execution ended after 4") {
		t.Error(err)
	}
}

func TestFailureFiles(t *testing.T) {
	f := foundIn(t)
	kept, err := harness.ReadFailure(f.Files[0])
	if err != nil || kept.Scenario != "one voucher" || kept.Failure.Short != f.Short || strings.Join(kept.Command, " ") != "go test -count=1 -run ^TestFailureFiles$" {
		t.Errorf("%+v, %v", kept, err)
	}
	wantText(t, kept.String(), "one voucher", f.Words, f.Diagram[:20])
	bad := filepath.Join(t.TempDir(), "bad.json")
	for content, want := range map[string]string{"{": "not a failure file", `{"schema": "x"}`: `its schema is "x", want "lockstep/failure/1"`} {
		if err := os.WriteFile(bad, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := harness.ReadFailure(bad); !errors.Is(err, harness.ErrFailureFile) || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
	}
}
