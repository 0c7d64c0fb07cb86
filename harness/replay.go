package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// Replay runs the scenario under one schedule, Times times: what an exploration has printed, in its short form, its long form,
// as constraints, or as the path of a failure file. Options are those of Explore; they must be such that the same points
// come. A replay that cannot follow the schedule ends with a *schedule.DivergedError, which names the first point that
// differs, unless the schedule is a short form, which knows whose turn it is and no names.
func (sc *Scenario) Replay(ctx context.Context, kept string, given ...ExploreOption) *ExploreResult {
	sc.harness.t.Helper()
	e := sc.newExploration(caller(), given)
	e.replays = -1 // it is as small as it was
	strategy, err := e.replaying(kept)
	if err != nil {
		e.mistake(fmt.Sprintf("the schedule that is to be replayed: %v", err), "take the whole of what an exploration has printed")
	}
	return e.finish(ctx, strategy)
}

// fromEnvironment is the replay that EnvSchedule asks for; nil if it asks for none of this scenario.
func (e *exploration) fromEnvironment(kept string) (schedule.Strategy, error) {
	if kept == "" {
		return nil, nil
	}
	if isPath(kept) {
		if f, err := ReadFailure(kept); err == nil && f.Scenario != e.scenario.name {
			return nil, nil
		}
	}
	e.replays = -1
	return e.replaying(kept)
}

// replaying is the strategy for what was kept.
func (e *exploration) replaying(kept string) (schedule.Strategy, error) {
	times := max(e.times, 1)
	e.failures = max(e.failures, -1)
	if e.times > 1 && e.failures == 0 {
		e.failures = -1 // all are counted
	}
	if strings.TrimSpace(kept) == "" {
		return nil, errors.New("it is empty")
	}
	if isPath(kept) {
		f, err := ReadFailure(kept)
		if err != nil {
			return nil, err
		}
		kept = f.Failure.Points
	}
	return schedule.ReplayText(kept, times)
}

// isPath tells a path from a schedule, whose short form begins with its notation, and whose points have spaces and numbers.
func isPath(kept string) bool {
	if strings.ContainsAny(kept, "\n#") || strings.HasPrefix(kept, "s1:") {
		return false
	}
	if strings.HasSuffix(kept, ".json") {
		return true
	}
	_, err := os.Stat(kept)
	return err == nil
}
