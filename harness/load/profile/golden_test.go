package profile_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

func parse(t testing.TB, text string) profile.Profile {
	t.Helper()
	p, err := profile.Parse(text)
	if err != nil {
		t.Fatalf("Parse:\n%v", err)
	}
	return p
}

func arrivals(plan profile.Plan) []time.Duration { return slices.Collect(plan.Arrivals()) }

func targets(plan profile.Plan) []profile.Target { return slices.Collect(plan.Targets()) }

// every gives n times at equal distances.
func every(d time.Duration, n int) []time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = time.Duration(i) * d
	}
	return times
}

func wantEqual[T comparable](t *testing.T, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

const ms = time.Millisecond

var nan, inf = math.NaN(), math.Inf(1)

func TestArrivalsOfEachStep(t *testing.T) {
	for text, want := range map[string][]time.Duration{
		"nothingFor(4)":                        nil,
		"atOnceUsers(3)":                       {0, 0, 0},
		"atOnceUsers(0)":                       nil,
		"rampUsers(10).during(5)":              every(500*ms, 10),
		"rampUsers(3).during(1)":               {0, 333_333_333, 666_666_666},
		"rampUsers(3).during(0)":               {0, 0, 0},
		"rampUsers(4).during(500ms)":           every(125*ms, 4),
		"rampUsers(0).during(5)":               nil,
		"constantUsersPerSec(20).during(15)":   every(50*ms, 300),
		"constantUsersPerSec(0.5).during(3)":   {0, 2 * time.Second}, // round(1.5)
		"constantUsersPerSec(0.4).during(1)":   nil,                  // round(0.4)
		"constantUsersPerSec(4).during(250ms)": {0},
		"constantUsersPerSec(0).during(15)":    nil,
		"constantUsersPerSec(2).during(1.5)":   {0, 500 * ms, time.Second},
		"rampUsersPerSec(2).to(2).during(2)":   every(500*ms, 4),
		"rampUsersPerSec(0).to(2).during(4)":   {0, 2 * time.Second, 2_828_427_124, 3_464_101_615},
		"rampUsersPerSec(2).to(0).during(4)":   {0, 535_898_384, 1_171_572_875, 2 * time.Second},
		"rampUsersPerSec(0).to(0).during(4)":   nil,
		"rampUsersPerSec(0).to(0.9).during(2)": nil, // floor(0.9)
		"nothingFor(1), atOnceUsers(1), nothingFor(1.5s), rampUsers(2).during(1)": {time.Second, 2500 * ms, 3 * time.Second},
		"stressPeakUsers(0).during(5)":                                            nil,
		"stressPeakUsers(1).during(5)":                                            {0},
		"stressPeakUsers(2).during(0)":                                            {0, 0},
	} {
		t.Run(text, func(t *testing.T) {
			plan := parse(t, text).Plan(1)
			wantEqual(t, arrivals(plan), want)
			if plan.Users() != len(want) {
				t.Errorf("Users() = %d, want %d", plan.Users(), len(want))
			}
		})
	}
}

func TestRampOfARate(t *testing.T) {
	plan := parse(t, "rampUsersPerSec(2).to(4).during(10)").Plan(1)
	got := arrivals(plan)
	if len(got) != 30 || plan.Users() != 30 {
		t.Fatalf("%d users, Users() = %d, want 30", len(got), plan.Users())
	}
	// 2t + t²/10 = k
	wantEqual(t, got[:4], []time.Duration{0, 488_088_481, 954_451_150, 1_401_754_250})
	if got[29] >= 10*time.Second {
		t.Errorf("the last user arrives at %s, want it before the end", got[29])
	}
}

func TestStressPeak(t *testing.T) {
	got := arrivals(parse(t, "stressPeakUsers(100).during(5)").Plan(1))
	if len(got) != 100 {
		t.Fatalf("%d users, want 100", len(got))
	}
	for i, want := range []time.Duration{0, 291 * ms, 475 * ms, 614 * ms, 727 * ms, 823 * ms} {
		if off := got[i] - want; off < -ms || off > ms {
			t.Errorf("user %d at %s, want %s within 1ms", i, got[i], want)
		}
	}
	inside := 0
	for _, at := range got {
		if at > 1500*ms && at < 3500*ms {
			inside++
		}
	}
	if inside != 67 {
		t.Errorf("%d users strictly between 1.5s and 3.5s, want 67", inside)
	}
}

func TestLevelsOfTheSeed(t *testing.T) {
	p := parse(t, "incrementUsersPerSec(5.0).times(5).eachLevelLasting(10).separatedByRampsLasting(10).startingFrom(10)")
	plan := p.Plan(1)
	if plan.Duration() != 90*time.Second || plan.Users() != 1800 || len(arrivals(plan)) != 1800 {
		t.Errorf("%s, Users() = %d, %d arrivals; want 1m30s and 1800", plan.Duration(), plan.Users(), len(arrivals(plan)))
	}
}

// TestLevelsAreStepsInAnotherForm compares meta steps with what they stand for.
func TestLevelsAreStepsInAnotherForm(t *testing.T) {
	for meta, steps := range map[string]string{
		"incrementUsersPerSec(5).times(3).eachLevelLasting(10).startingFrom(10)": "constantUsersPerSec(10).during(10), constantUsersPerSec(15).during(10), constantUsersPerSec(20).during(10)",
		"incrementUsersPerSec(5).times(2).eachLevelLasting(10)":                  "constantUsersPerSec(5).during(10), constantUsersPerSec(10).during(10)",
		"incrementUsersPerSec(5).times(2).eachLevelLasting(10).startingFrom(0)":  "constantUsersPerSec(5).during(10), constantUsersPerSec(10).during(10)",
		"incrementUsersPerSec(5).times(2).eachLevelLasting(10).separatedByRampsLasting(3)": "rampUsersPerSec(0).to(5).during(3), constantUsersPerSec(5).during(10), " +
			"rampUsersPerSec(5).to(10).during(3), constantUsersPerSec(10).during(10)",
		"incrementUsersPerSec(0.5).times(2).eachLevelLasting(10).startingFrom(1.1).separatedByRampsLasting(1.5s)": "constantUsersPerSec(1.1).during(10), " +
			"rampUsersPerSec(1.1).to(1.6).during(1.5), constantUsersPerSec(1.6).during(10)",
		"incrementUsersPerSec(0).times(2).eachLevelLasting(10).startingFrom(3).separatedByRampsLasting(5)":       "constantUsersPerSec(3).during(10), constantUsersPerSec(3).during(10)",
		"incrementConcurrentUsers(5).times(3).eachLevelLasting(10).startingFrom(10)":                             "constantConcurrentUsers(10).during(10), constantConcurrentUsers(15).during(10), constantConcurrentUsers(20).during(10)",
		"incrementConcurrentUsers(5).times(2).eachLevelLasting(10).separatedByRampsLasting(10).startingFrom(10)": "constantConcurrentUsers(10).during(10), rampConcurrentUsers(10).to(15).during(10), constantConcurrentUsers(15).during(10)",
		"incrementConcurrentUsers(5).times(2).eachLevelLasting(10).separatedByRampsLasting(1m)":                  "rampConcurrentUsers(0).to(5).during(60), constantConcurrentUsers(5).during(10), rampConcurrentUsers(5).to(10).during(60), constantConcurrentUsers(10).during(10)",
	} {
		t.Run(meta, func(t *testing.T) {
			got, want := parse(t, meta).Plan(1), parse(t, steps).Plan(1)
			if got.Duration() != want.Duration() || got.Users() != want.Users() || got.Model() != want.Model() {
				t.Errorf("%s, %d users, %s; want %s, %d users, %s", got.Duration(), got.Users(), got.Model(), want.Duration(), want.Users(), want.Model())
			}
			wantEqual(t, arrivals(got), arrivals(want))
			wantEqual(t, targets(got), targets(want))
		})
	}
}

func TestLevelsOfNothing(t *testing.T) {
	for _, text := range []string{
		"incrementUsersPerSec(0).times(5).eachLevelLasting(10)", // a level of 0 is not waited for
		"incrementUsersPerSec(5).times(0).eachLevelLasting(10)",
	} {
		plan := parse(t, text).Plan(1)
		if plan.Duration() != 0 || plan.Users() != 0 {
			t.Errorf("%s: %s, %d users, want nothing", text, plan.Duration(), plan.Users())
		}
	}
}

func TestTheHighestLevelThatIsAccepted(t *testing.T) {
	for text, accepted := range map[string]bool{
		"incrementUsersPerSec(100000000).times(10).eachLevelLasting(1us)":                           true,
		"incrementUsersPerSec(100000000).times(11).eachLevelLasting(1us)":                           false,
		"incrementUsersPerSec(100000000).times(10).eachLevelLasting(1us).startingFrom(100000000)":   true,
		"incrementUsersPerSec(100000000).times(10).eachLevelLasting(1us).startingFrom(100000001)":   false,
		"incrementConcurrentUsers(1).times(10000).eachLevelLasting(1us).startingFrom(999999990001)": true,
		"incrementConcurrentUsers(1).times(10000).eachLevelLasting(1us).startingFrom(999999990002)": false,
		"incrementConcurrentUsers(100000000000).times(10).eachLevelLasting(1)":                      true,
	} {
		if _, err := profile.Parse(text); (err == nil) != accepted {
			t.Errorf("%s: accepted is %t, want %t: %v", text, err == nil, accepted, err)
		}
	}
}

func TestWhatAPlanTellsOfItself(t *testing.T) {
	open := parse(t, "atOnceUsers(1), constantUsersPerSec(1).during(1).randomized").Plan(7)
	closed := parse(t, "constantConcurrentUsers(1).during(1)").Plan(7)
	if open.Model() != profile.Open || closed.Model() != profile.Closed || open.Seed() != 7 || !open.Randomized() || closed.Randomized() {
		t.Errorf("open: %s, seed %d, %t; closed: %s, %t", open.Model(), open.Seed(), open.Randomized(), closed.Model(), closed.Randomized())
	}
	if len(targets(open)) > 0 || len(arrivals(closed)) > 0 || closed.Users() != 0 {
		t.Error("a plan has what the other model has")
	}
	var nobody profile.Profile
	if plan := nobody.Plan(1); nobody.Model() != profile.Open || plan.Users() != 0 || plan.Duration() != 0 || nobody.String() != "" {
		t.Errorf("the zero value: %s, %d users, %s", nobody.Model(), plan.Users(), plan.Duration())
	}
}

func TestTargets(t *testing.T) {
	for text, want := range map[string][]profile.Target{
		"constantConcurrentUsers(10).during(10)":   {{0, 10}},
		"constantConcurrentUsers(0).during(10)":    {{0, 0}},
		"rampConcurrentUsers(10).to(13).during(3)": {{0, 10}, {1000 * ms, 11}, {2000 * ms, 12}, {3000 * ms, 13}},
		"rampConcurrentUsers(2).to(0).during(1)":   {{0, 2}, {500 * ms, 1}, {1000 * ms, 0}},
		"rampConcurrentUsers(0).to(3).during(1)":   {{0, 0}, {333_333_334, 1}, {666_666_667, 2}, {1000 * ms, 3}},
		// The end of a ramp and the start of a level are one change, or none.
		"rampConcurrentUsers(0).to(1).during(1), constantConcurrentUsers(1).during(1)":        {{0, 0}, {1000 * ms, 1}},
		"rampConcurrentUsers(0).to(1).during(1), constantConcurrentUsers(5).during(1)":        {{0, 0}, {1000 * ms, 5}},
		"rampConcurrentUsers(0).to(1).during(1), constantConcurrentUsers(0).during(1)":        {{0, 0}},
		"constantConcurrentUsers(4).during(1), constantConcurrentUsers(4).during(1)":          {{0, 4}},
		"constantConcurrentUsers(0).during(0), constantConcurrentUsers(4).during(1)":          {{0, 4}},
		"constantConcurrentUsers(4).during(500ms), constantConcurrentUsers(2).during(1500ms)": {{0, 4}, {500 * ms, 2}},
	} {
		t.Run(text, func(t *testing.T) { wantEqual(t, targets(parse(t, text).Plan(1)), want) })
	}
}

func TestTargetAt(t *testing.T) {
	plan := parse(t, "rampConcurrentUsers(10).to(20).during(10), constantConcurrentUsers(3).during(2)").Plan(1)
	for at, want := range map[time.Duration]int{
		-1: 0, 0: 10, 999 * ms: 10, 1000 * ms: 11, 9999 * ms: 19, 10_000 * ms: 3, 11_999 * ms: 3, 12_000 * ms: 0,
	} {
		if got := plan.TargetAt(at); got != want {
			t.Errorf("TargetAt(%s) = %d, want %d", at, got, want)
		}
	}
}

func TestSpans(t *testing.T) {
	spans := parse(t, "nothingFor(4), atOnceUsers(10), rampUsers(10).during(5)").Spans()
	want := []profile.Span{
		{Step: profile.NothingFor(4 * time.Second), To: 4 * time.Second},
		{Step: profile.AtOnceUsers(10), From: 4 * time.Second, To: 4 * time.Second, Users: 10},
		{Step: profile.RampUsers(10).During(5 * time.Second), From: 4 * time.Second, To: 9 * time.Second, Users: 10},
	}
	wantEqual(t, spans, want)
}

// TestNoDrift checks late users of a rate that no float has.
func TestNoDrift(t *testing.T) {
	k := 0
	for at := range parse(t, "nothingFor(1), constantUsersPerSec(3.3).during(4.days)").Plan(1).Arrivals() {
		if want := time.Second + time.Duration(k*10_000_000_000/33); at != want {
			t.Fatalf("user %d at %d, want %d", k, at, want)
		}
		k++
	}
	if want := 1_140_480; k != want { // 3.3 · 345600
		t.Errorf("%d users, want %d", k, want)
	}
}
