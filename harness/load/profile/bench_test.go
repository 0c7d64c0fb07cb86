package profile_test

import (
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

// BenchmarkArrivals measures how fast a plan is made, in users per second, and that no user costs memory.
func BenchmarkArrivals(b *testing.B) {
	const n = 1_000_000
	for _, bench := range []struct{ name, text string }{
		{"ramp", "rampUsers(1000000).during(3600)"},
		{"constant", "constantUsersPerSec(1000).during(1000)"},
		{"constant randomized", "constantUsersPerSec(1000).during(1000).randomized"},
		{"rate ramp", "rampUsersPerSec(500).to(1500).during(1000)"},
		{"rate ramp randomized", "rampUsersPerSec(500).to(1500).during(1000).randomized"},
		{"stress peak", "stressPeakUsers(1000000).during(1000)"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			plan := parse(b, bench.text).Plan(1)
			if plan.Users() != n {
				b.Fatalf("%d users", plan.Users())
			}
			b.ReportAllocs()
			for b.Loop() {
				for at := range plan.Arrivals() {
					last = at
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "users/s")
		})
	}
}

func BenchmarkThrottleAt(b *testing.B) {
	th := throttle(b, "reachRps(1000).in(1000), holdFor(1000), reachRps(0).in(1000)")
	n := th.Allowed(th.Duration())
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i = (i + 7919) % n
		last, _ = th.At(i + 1)
	}
}

var last time.Duration

// TestIterationAllocatesNothingPerUser: ten times as many users cost as many allocations.
func TestIterationAllocatesNothingPerUser(t *testing.T) {
	cost := func(users int) float64 {
		plan := profile.Must(profile.New(
			profile.RampUsers(users).During(time.Second),
			profile.ConstantUsersPerSec(float64(users)).During(time.Second).Randomized(),
			profile.RampUsersPerSec(0).To(float64(users)).During(2*time.Second),
			profile.StressPeakUsers(users).During(time.Second),
		)).Plan(1)
		closed := profile.Must(profile.New(profile.RampConcurrentUsers(0).To(users).During(time.Second))).Plan(1)
		return testing.AllocsPerRun(10, func() {
			for at := range plan.Arrivals() {
				last = at
			}
			for target := range closed.Targets() {
				last = target.At
			}
		})
	}
	if few, many := cost(100), cost(1000); many > few {
		t.Errorf("%g allocations for 100 users a step, %g for 1000", few, many)
	}
}
