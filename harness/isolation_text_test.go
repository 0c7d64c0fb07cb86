package harness_test

import (
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness"
)

func TestAFailureAtEachLevelAsText(t *testing.T) {
	result := &harness.ExploreResult{
		Scenario: "two transfers", Shown: "stopped after 3 orders of a search that has more", Strategy: "exhaustive", Schedules: 3, Took: time.Second,
		Noticed: []string{`"COMMIT" of application "shop" passed: it is in a transaction of owner POST /one, which had been answered already`},
		Again:   "LOCKSTEP_SEED=42 go test ./shop",
		Failures: []harness.ExploreFailure{{
			Schedule: 3, Errors: []string{"no money is lost: 10 are missing"}, Minimal: true, Forcing: true,
			Words:   "owner POST /one · SELECT balance FROM account before colleague POST /two · COMMIT",
			Replay:  "LOCKSTEP_SCHEDULE='s1:owner,colleague:2a3ba:f4178fb5' go test ./shop",
			Diagram: "owner  colleague\n",
			Isolation: []harness.IsolationVerdict{
				{Level: "read committed", Verdict: "still wrong"},
				{Level: "repeatable read", Verdict: "refused", Detail: "colleague POST /two · UPDATE account: 40001", Orders: 200},
				{Level: "serializable", Verdict: "silent", Orders: 1, All: true},
				{Level: "serializable", Verdict: "still wrong", Detail: "in another order", Orders: 7},
				{Level: "serializable", Verdict: "silent", Orders: 12, Stopped: "schedule: the schedule cannot be followed"},
				{Level: "serializable", Verdict: "not known", Detail: "the browser is gone"},
			},
		}},
	}
	golden(t, "explore-isolation", result.String())
}
