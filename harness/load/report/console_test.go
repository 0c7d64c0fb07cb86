package report_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/report"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// TestARunShowsItself has a run of 25 s whose output is no terminal: a line for each scenario every ten seconds.
func TestARunShowsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target, err := virtual.NewTarget(virtual.Options{BaseURL: "http://target.invalid"})
		if err != nil {
			t.Fatal(err)
		}
		wait := func(ctx context.Context, u *load.User) error { return u.Pause(ctx) }
		browse := load.Scenario{Name: "browse", Target: target, User: wait, Pause: profile.ConstantPause(5500 * time.Millisecond),
			Profile: profile.Must(profile.Parse("constantUsersPerSec(1).during(15)"))}
		after := load.Scenario{Name: "count", Target: target, User: wait, Pause: profile.ConstantPause(5 * time.Second), Profile: profile.Must(profile.Parse("atOnceUsers(2)"))}
		var out bytes.Buffer
		if _, err := load.Run(t.Context(), load.Options{Watch: []func(context.Context, *load.Live){report.Console(&out)}}, browse.AndThen(after)); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"lockstep: 10s · browse (starting users) · ",
			"lockstep: 10s · count (waiting) · 0 users of 0 ",
			"lockstep: 20s · browse (ended) · 0 users of 15 ",
			"lockstep: 20s · count (draining) · 2 users of 2 ",
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), out.String())
		}
		for i, line := range lines {
			if !strings.HasPrefix(line, want[i]) {
				t.Errorf("%q, want it to begin with %q", line, want[i])
			}
		}
	})
}
