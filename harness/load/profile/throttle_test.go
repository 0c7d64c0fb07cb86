package profile_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

func throttle(t testing.TB, text string) profile.Throttle {
	t.Helper()
	th, err := profile.ParseThrottle(text)
	if err != nil {
		t.Fatalf("ParseThrottle:\n%v", err)
	}
	return th
}

func TestThrottle(t *testing.T) {
	// 0 to 100 in 10 s: 500; 100 for 60 s: 6000; 50 from then on.
	th := throttle(t, "reachRps(100).in(10), holdFor(1.minute), jumpToRps(50), holdFor(2.hours)")
	if want := 2*time.Hour + 70*time.Second; th.Duration() != want {
		t.Errorf("lasts %s, want %s", th.Duration(), want)
	}
	for by, want := range map[time.Duration]int{
		-time.Second: 0, 0: 0, time.Second: 5, 10 * time.Second: 500, 10*time.Second + 9*ms: 500, 10*time.Second + 10*ms: 501,
		70 * time.Second: 6500, 71 * time.Second: 6550, 3 * time.Hour: 6500 + 50*(3*3600-70),
	} {
		if got := th.Allowed(by); got != want {
			t.Errorf("Allowed(%s) = %d, want %d", by, got, want)
		}
	}
	for n, want := range map[int]time.Duration{
		-1: 0, 0: 0, 1: 447_213_596, 5: time.Second, 500: 10 * time.Second, 501: 10*time.Second + 10*ms,
		6500: 70 * time.Second, 6501: 70*time.Second + 20*ms,
	} {
		if got, ever := th.At(n); got != want || !ever {
			t.Errorf("At(%d) = %d, %t, want %d", n, got, ever, want)
		}
	}
}

// TestThrottleOfNothing has limits that end at 0, or never begin.
func TestThrottleOfNothing(t *testing.T) {
	th := throttle(t, "jumpToRps(10), holdFor(1), reachRps(0).in(1)")
	if at, ever := th.At(15); at != 2*time.Second || !ever {
		t.Errorf("At(15) = %s, %t, want 2s", at, ever)
	}
	if at, ever := th.At(16); ever {
		t.Errorf("At(16) = %s, want never", at)
	}
	if got := th.Allowed(math.MaxInt64); got != 15 {
		t.Errorf("Allowed at the end of time = %d, want 15", got)
	}
	var none profile.Throttle
	if _, ever := none.At(1); ever || none.Allowed(time.Hour) != 0 {
		t.Error("the zero value lets something through")
	}
}

func TestThrottleOfAllThereIs(t *testing.T) {
	th := throttle(t, "jumpToRps(1000000000)")
	if got := th.Allowed(math.MaxInt64); got != math.MaxInt64 {
		t.Errorf("Allowed at the end of time = %d", got)
	}
	if at, ever := th.At(math.MaxInt64); at != math.MaxInt64 || !ever {
		t.Errorf("At(MaxInt64) = %d, %t", at, ever)
	}
	if at, ever := throttle(t, "jumpToRps(0.000000001)").At(math.MaxInt64); ever {
		t.Errorf("At(MaxInt64) = %s, want never", at)
	}
}

var throttles = rapid.Custom(func(t *rapid.T) profile.Throttle {
	step := rapid.Custom(func(t *rapid.T) profile.ThrottleStep {
		switch rapid.IntRange(0, 2).Draw(t, "step") {
		case 0:
			return profile.ReachRps(rates.Draw(t, "rate")).In(durations.Draw(t, "duration"))
		case 1:
			return profile.HoldFor(durations.Draw(t, "duration"))
		}
		return profile.JumpToRps(rates.Draw(t, "rate"))
	})
	th, err := profile.NewThrottle(rapid.SliceOfN(step, 1, 6).Draw(t, "steps")...)
	if err != nil {
		t.Fatal(err)
	}
	return th
})

// TestAtIsTheInverseOfAllowed: at its time the n-th request is allowed, and a nanosecond before it is not.
func TestAtIsTheInverseOfAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		th := throttles.Draw(t, "throttle")
		n := rapid.OneOf(rapid.IntRange(1, 50), rapid.IntRange(1, th.Allowed(th.Duration())+100)).Draw(t, "n")
		at, ever := th.At(n)
		if !ever {
			if got := th.Allowed(math.MaxInt64); got >= n {
				t.Fatalf("At(%d) never comes, but %d are allowed in the end", n, got)
			}
			return
		}
		if now, before := th.Allowed(at), th.Allowed(at-1); now < n || before >= n {
			t.Fatalf("At(%d) = %d, Allowed = %d, a nanosecond before %d", n, at, now, before)
		}
	})
}

func TestAllowedOnlyGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		th := throttles.Draw(t, "throttle")
		moments := rapid.Int64Range(0, int64(th.Duration())+int64(time.Minute))
		a, b := time.Duration(moments.Draw(t, "a")), time.Duration(moments.Draw(t, "b"))
		if a, b := min(a, b), max(a, b); th.Allowed(a) > th.Allowed(b) {
			t.Fatalf("%d by %s, %d by %s", th.Allowed(a), a, th.Allowed(b), b)
		}
	})
}

func TestParseThrottleAndStringAreInverses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		th := throttles.Draw(t, "throttle")
		again, err := profile.ParseThrottle(th.String())
		if err != nil {
			t.Fatal(err)
		}
		if again.String() != th.String() || again.Duration() != th.Duration() {
			t.Fatalf("%s was read as %s", th, again)
		}
	})
}

func TestThrottlesThatAreRefused(t *testing.T) {
	for want, steps := range map[string][]profile.ThrottleStep{
		"step 1: a throttle without a step; jumpToRps(100) is the least that limits something":                    {},
		"step 1, reachRps(-1).in(1): reachRps: -1 per second: a rate is not negative":                             {profile.ReachRps(-1).In(time.Second)},
		"step 2, holdFor(-1): holdFor: -1s: a duration is not negative":                                           {profile.JumpToRps(1), profile.HoldFor(-time.Second)},
		"step 1, reachRps(7).in(0): in: a limit that is reached in a duration of 0; jumpToRps(7) sets it at once": {profile.ReachRps(7).In(0)},
	} {
		if _, err := profile.NewThrottle(steps...); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
