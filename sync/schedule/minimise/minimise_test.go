package minimise_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/minimise"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// failing returns a model with a defect of the depth, and a random schedule with which it fails; false if there is none
// among many.
func failing(t testing.TB, depth, sessions, points int, seed uint64) (*model.Model, schedule.Failure, bool) {
	t.Helper()
	m, err := model.New(model.Planted(depth, sessions, points, seed, false))
	if err != nil {
		t.Fatal(err)
	}
	r, err := schedule.Explore(t.Context(), schedule.Random(seed), schedule.Budget{Schedules: 5000}, m.Execute)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failures) == 0 {
		return nil, schedule.Failure{}, false
	}
	return m, r.Failures[0], true
}

// complete is an execution that leaves nothing out.
func complete(m *model.Model) minimise.Execute {
	return func(ctx context.Context, c schedule.Chooser, _ []minimise.Part) (schedule.Outcome, error) {
		return m.Execute(ctx, c)
	}
}

func TestRandomFailuresOfFortyPointsShrinkToTheirDepth(t *testing.T) {
	for depth := 1; depth <= 4; depth++ {
		for _, sessions := range []int{2, 3, 4} {
			t.Run(fmt.Sprintf("depth %d, %d sessions", depth, sessions), func(t *testing.T) {
				var replays, from, exact []int
				for seed := uint64(0); len(exact) < 50; seed++ {
					m, f, found := failing(t, depth, sessions, 40+int(seed)%21, seed)
					if !found {
						continue
					}
					r, err := minimise.Trace(t.Context(), f.Trace, complete(m), minimise.Options{Independent: schedule.Nothing})
					if err != nil {
						t.Fatal(err)
					}
					if len(f.Trace) < 40 || len(r.Constraints) != depth || r.Replays > 60 || !r.Minimal || r.Outcome.Failure == nil {
						t.Errorf("seed %d: %d points, %d constraints, %d replays, minimal %v\n%s", seed, len(f.Trace), len(r.Constraints), r.Replays, r.Minimal, schedule.Words(r.Constraints))
					}
					replays, from = append(replays, r.Replays), append(from, r.From)
					exact = append(exact, len(r.Constraints))
				}
				t.Logf("constraints %s from %s, replays %s", spread(exact), spread(from), spread(replays))
			})
		}
	}
}

// spread tells how numbers are distributed.
func spread(all []int) string {
	slices.Sort(all)
	return fmt.Sprintf("%d to %d (median %d, p90 %d)", all[0], all[len(all)-1], all[len(all)/2], all[len(all)*9/10])
}
