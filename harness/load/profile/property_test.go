package profile_test

import (
	"fmt"
	"iter"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

// Generators of what is valid and small enough to be listed.
var (
	durations = rapid.OneOf(
		rapid.Map(rapid.Int64Range(1, 20_000), func(n int64) time.Duration { return time.Duration(n) * ms }),
		rapid.Map(rapid.Int64Range(1, 20_000_000_000), func(n int64) time.Duration { return time.Duration(n) }),
		rapid.Map(rapid.Int64Range(1, 60), func(n int64) time.Duration { return time.Duration(n) * time.Second }),
	)
	counts = rapid.IntRange(0, 200)
	rates  = rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 20), func(n int) float64 { return float64(n) }),
		rapid.Map(rapid.IntRange(0, 20_000_000), func(n int) float64 { return float64(n) / 1e6 }),
		rapid.Map(rapid.Int64Range(0, 10_000_000_000), func(n int64) float64 { return float64(n) / 1e9 }),
	)
	openStep = rapid.Custom(func(t *rapid.T) profile.Step {
		d := durations.Draw(t, "duration")
		switch rapid.IntRange(0, 8).Draw(t, "step") {
		case 0:
			return profile.NothingFor(d)
		case 1:
			return profile.AtOnceUsers(counts.Draw(t, "users"))
		case 2:
			return profile.RampUsers(counts.Draw(t, "users")).During(d)
		case 3:
			return profile.ConstantUsersPerSec(rates.Draw(t, "rate")).During(d)
		case 4:
			return profile.ConstantUsersPerSec(rates.Draw(t, "rate")).During(d).Randomized()
		case 5:
			return profile.RampUsersPerSec(rates.Draw(t, "from")).To(rates.Draw(t, "to")).During(d)
		case 6:
			return profile.RampUsersPerSec(rates.Draw(t, "from")).To(rates.Draw(t, "to")).During(d).Randomized()
		case 7:
			return profile.StressPeakUsers(counts.Draw(t, "users")).During(d)
		}
		return profile.IncrementUsersPerSec(rates.Draw(t, "increment")).Times(rapid.IntRange(0, 4).Draw(t, "times")).EachLevelLasting(d).
			SeparatedByRampsLasting(durations.Draw(t, "ramp")).StartingFrom(rates.Draw(t, "start"))
	})
	closedStep = rapid.Custom(func(t *rapid.T) profile.Step {
		d := durations.Draw(t, "duration")
		switch rapid.IntRange(0, 2).Draw(t, "step") {
		case 0:
			return profile.ConstantConcurrentUsers(counts.Draw(t, "users")).During(d)
		case 1:
			return profile.RampConcurrentUsers(counts.Draw(t, "from")).To(counts.Draw(t, "to")).During(d)
		}
		return profile.IncrementConcurrentUsers(counts.Draw(t, "increment")).Times(rapid.IntRange(0, 4).Draw(t, "times")).EachLevelLasting(d).
			SeparatedByRampsLasting(durations.Draw(t, "ramp")).StartingFrom(counts.Draw(t, "start"))
	})
	openProfile   = profiles(openStep)
	closedProfile = profiles(closedStep)
	seeds         = rapid.Uint64()
)

func profiles(step *rapid.Generator[profile.Step]) *rapid.Generator[profile.Profile] {
	return rapid.Custom(func(t *rapid.T) profile.Profile {
		p := profile.Must(profile.New(rapid.SliceOfN(step, 1, 4).Draw(t, "steps")...))
		if rapid.IntRange(0, 7).Draw(t, "noShard") == 0 {
			return p.NoShard()
		}
		return p
	})
}

func TestParseAndStringAreInverses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.OneOf(openProfile, closedProfile).Draw(t, "profile")
		again, err := profile.Parse(p.String())
		if err != nil {
			t.Fatalf("Parse: %v", err)
		}
		if !slices.Equal(again.Steps(), p.Steps()) || again.IsNoShard() != p.IsNoShard() || again.String() != p.String() {
			t.Fatalf("%s was read as %s", p, again)
		}
	})
}

// TestArrivalsAreCountedOrderedAndInBounds holds for every open profile: as many as Users says, in order, and the
// users of a step within the span of the step.
func TestArrivalsAreCountedOrderedAndInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := openProfile.Draw(t, "profile")
		plan := p.Plan(seeds.Draw(t, "seed"))
		times := arrivals(plan)
		if len(times) != plan.Users() || !slices.IsSorted(times) {
			t.Fatalf("%d arrivals, Users() = %d, sorted: %t\n%v", len(times), plan.Users(), slices.IsSorted(times), times)
		}
		spans := p.Spans()
		for _, span := range spans {
			for _, at := range times[:span.Users] {
				if at < span.From || at > span.To || at == span.To && span.To > span.From {
					t.Fatalf("a user of %s at %s, want it from %s to before %s", span.Step, at, span.From, span.To)
				}
			}
			times = times[span.Users:]
		}
		if end := spans[len(spans)-1].To; end != plan.Duration() {
			t.Fatalf("the last span ends at %s, the plan lasts %s", end, plan.Duration())
		}
	})
}

func TestTheSeedDecidesAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, seed := openProfile.Draw(t, "profile"), seeds.Draw(t, "seed")
		plan := p.Plan(seed)
		if first := arrivals(plan); !slices.Equal(first, arrivals(plan)) || !slices.Equal(first, arrivals(p.Plan(seed))) {
			t.Fatalf("%s with seed %d gives two plans", p, seed)
		}
		if !plan.Randomized() && !slices.Equal(arrivals(plan), arrivals(p.Plan(seed+1))) {
			t.Fatalf("%s is not randomized, and differs under another seed", p)
		}
	})
	random := parse(t, "constantUsersPerSec(20).during(15).randomized, constantUsersPerSec(20).during(15).randomized")
	one, two := arrivals(random.Plan(1)), arrivals(random.Plan(2))
	if slices.Equal(one, two) {
		t.Error("two seeds give the same plan")
	}
	if one[300]-15*time.Second == one[0] {
		t.Error("two steps of one plan give the same times")
	}
}

// TestShardsAreTheWhole holds for every open profile and every number of machines.
func TestShardsAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := openProfile.Draw(t, "profile")
		plan := p.Plan(seeds.Draw(t, "seed"))
		n := rapid.IntRange(1, 7).Draw(t, "machines")
		var together []time.Duration
		for i := range n {
			shard := shardOf(t, plan, i, n)
			part := arrivals(shard)
			if len(part) != shard.Users() || shard.Duration() != plan.Duration() {
				t.Fatalf("shard %d: %d arrivals, Users() = %d, %s", i, len(part), shard.Users(), shard.Duration())
			}
			if p.IsNoShard() && i > 0 && len(part) > 0 {
				t.Fatalf("shard %d of a profile that is not sharded has users", i)
			}
			if least := plan.Users() / n; !p.IsNoShard() && len(part) != least && len(part) != least+1 {
				t.Fatalf("shard %d has %d of %d users", i, len(part), plan.Users())
			}
			together = append(together, part...)
		}
		slices.Sort(together)
		if whole := arrivals(plan); !slices.Equal(together, whole) {
			t.Fatalf("together\n%v\nwhole\n%v", together, whole)
		}
	})
}

// TestShardsOfAClosedPlanAddUp holds at every change of the whole and of each shard.
func TestShardsOfAClosedPlanAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := closedProfile.Draw(t, "profile")
		plan := p.Plan(1)
		n := rapid.IntRange(1, 7).Draw(t, "machines")
		shards := make([]profile.Plan, n)
		moments := changes(plan)
		for i := range shards {
			shards[i] = shardOf(t, plan, i, n)
			moments = append(moments, changes(shards[i])...)
		}
		for _, at := range moments {
			sum := 0
			for _, shard := range shards {
				sum += shard.TargetAt(at)
			}
			if whole := plan.TargetAt(at); sum != whole {
				t.Fatalf("at %s the shards want %d users, the whole %d", at, sum, whole)
			}
		}
	})
}

// TestTargetsAreTheChangesOfTargetAt compares the two ways to ask, at each change and a nanosecond before it.
func TestTargetsAreTheChangesOfTargetAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := shardOf(t, closedProfile.Draw(t, "profile").Plan(1), 0, rapid.IntRange(1, 3).Draw(t, "machines"))
		before, known := profile.Target{}, false
		for target := range plan.Targets() {
			if known && (target.At <= before.At || target.Users == before.Users) {
				t.Fatalf("%v after %v", target, before)
			}
			if !known && target.At != 0 {
				t.Fatalf("the first target is %v, want it at 0", target)
			}
			if target.At < plan.Duration() && plan.TargetAt(target.At) != target.Users {
				t.Fatalf("%v, but TargetAt gives %d", target, plan.TargetAt(target.At))
			}
			if known && plan.TargetAt(target.At-1) != before.Users {
				t.Fatalf("a nanosecond before %v TargetAt gives %d, want %d", target, plan.TargetAt(target.At-1), before.Users)
			}
			before, known = target, true
		}
	})
}

// TestRampIsExact checks arrivals of a rate that moves against rational arithmetic: the area is at most k at the
// time of user k, and above k a nanosecond later.
func TestRampIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to, d := rates.Draw(t, "from"), rates.Draw(t, "to"), durations.Draw(t, "duration")
		times := arrivals(profile.Must(profile.New(profile.RampUsersPerSec(from).To(to).During(d))).Plan(1))
		if len(times) > 0 && times[0] != 0 {
			t.Fatalf("the first user at %s", times[0])
		}
		for k, at := range times {
			users := big.NewRat(int64(k), 1)
			if areaBelow(from, to, d, at).Cmp(users) > 0 || areaBelow(from, to, d, at+1).Cmp(users) <= 0 {
				t.Fatalf("user %d at %d is not exact", k, at)
			}
		}
		if next := big.NewRat(int64(len(times)+1), 1); areaBelow(from, to, d, d).Cmp(next) >= 0 {
			t.Fatalf("%d users are too few", len(times))
		}
		if count := big.NewRat(int64(len(times)), 1); areaBelow(from, to, d, d).Cmp(count) < 0 {
			t.Fatalf("%d users are too many", len(times))
		}
	})
}

// areaBelow is from·t + (to-from)·t²/(2d) in users.
func areaBelow(from, to float64, d, at time.Duration) *big.Rat {
	second := big.NewRat(int64(time.Second), 1)
	perNanosecond := func(rate float64) *big.Rat {
		r, _ := new(big.Rat).SetString(fmt.Sprintf("%.9f", rate))
		return r.Quo(r, second)
	}
	r1, r2, t := perNanosecond(from), perNanosecond(to), big.NewRat(int64(at), 1)
	bend := new(big.Rat).Sub(r2, r1)
	bend.Mul(bend, t).Mul(bend, t).Quo(bend, big.NewRat(2*int64(d), 1))
	return bend.Add(bend, r1.Mul(r1, t))
}

func TestShardsThatDoNotExist(t *testing.T) {
	plan := parse(t, "atOnceUsers(10)").Plan(1)
	for _, bad := range [][2]int{{0, 0}, {-1, 2}, {2, 2}, {0, -1}} {
		if _, err := plan.Shard(bad[0], bad[1]); err == nil {
			t.Errorf("shard %d of %d was given", bad[0], bad[1])
		}
	}
	half, err := plan.Shard(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := half.Shard(0, 2); err == nil {
		t.Error("a shard of a shard was given")
	}
}

// TestIterationCanEnd stops after each number of elements.
func TestIterationCanEnd(t *testing.T) {
	open := parse(t, "atOnceUsers(2), rampUsers(2).during(1), constantUsersPerSec(2).during(1), constantUsersPerSec(2).during(1).randomized, stressPeakUsers(2).during(1)")
	closed := parse(t, "rampConcurrentUsers(0).to(3).during(1), constantConcurrentUsers(9).during(1)")
	all := arrivals(open.Plan(1))
	for n := range all {
		wantEqual(t, firstOf(open.Plan(1).Arrivals(), n+1), all[:n+1])
	}
	changes := targets(closed.Plan(1))
	for n := range changes {
		wantEqual(t, firstOf(closed.Plan(1).Targets(), n+1), changes[:n+1])
	}
}

func firstOf[T any](seq iter.Seq[T], n int) (first []T) {
	for element := range seq {
		first = append(first, element)
		if len(first) == n {
			break
		}
	}
	return first
}

func shardOf(t *rapid.T, plan profile.Plan, i, n int) profile.Plan {
	shard, err := plan.Shard(i, n)
	if err != nil {
		t.Fatal(err)
	}
	return shard
}

func changes(plan profile.Plan) (at []time.Duration) {
	for target := range plan.Targets() {
		at = append(at, target.At)
	}
	return at
}
