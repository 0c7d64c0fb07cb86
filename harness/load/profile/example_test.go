package profile_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

func Example() {
	p, err := profile.New(
		profile.NothingFor(500*time.Millisecond),
		profile.AtOnceUsers(2),
		profile.RampUsers(4).During(time.Second),
	)
	if err != nil {
		panic(err)
	}
	plan := p.Plan(1)
	fmt.Println(p)
	fmt.Println(plan.Users(), "users in", plan.Duration())
	for at := range plan.Arrivals() {
		fmt.Print(at, " ")
	}
	// Output:
	// nothingFor(500ms), atOnceUsers(2), rampUsers(4).during(1)
	// 6 users in 1.5s
	// 500ms 500ms 500ms 750ms 1s 1.25s
}

func ExampleParse() {
	_, err := profile.Parse("nothingFor(10.minutes), rampUser(10).during(5)")
	fmt.Println(err)
	// Output:
	// line 1, column 25: unknown step "rampUser"; did you mean "rampUsers"?
	//   nothingFor(10.minutes), rampUser(10).during(5)
	//                           ^^^^^^^^
}

func ExamplePlan_Targets() {
	p := profile.Must(profile.Parse("rampConcurrentUsers(1).to(3).during(10), constantConcurrentUsers(3).during(60)"))
	for target := range p.Plan(1).Targets() {
		fmt.Println(target.At, target.Users)
	}
	// Output:
	// 0s 1
	// 5s 2
	// 10s 3
}

func ExamplePlan_Shard() {
	plan := profile.Must(profile.Parse("rampUsers(5).during(5)")).Plan(1)
	for i := range 2 {
		shard, err := plan.Shard(i, 2)
		if err != nil {
			panic(err)
		}
		fmt.Println(slices.Collect(shard.Arrivals()))
	}
	// Output:
	// [0s 2s 4s]
	// [1s 3s]
}

func ExampleParseThrottle() {
	throttle, err := profile.ParseThrottle("reachRps(100).in(10), holdFor(1.minute)")
	if err != nil {
		panic(err)
	}
	at, _ := throttle.At(501)
	fmt.Println(throttle.Allowed(10*time.Second), at)
	// Output:
	// 500 10.01s
}

func ExampleStart() {
	s := profile.Start{Total: 4, CPS: 2}
	fmt.Println(slices.Collect(s.Times()))
	fmt.Println(profile.Start{Total: 4}.Check())
	// Output:
	// [0s 500ms 1s 1.5s]
	// total 4: needs a limit beside it; give backlog (how many may be in progress), cps (how many may start per second), or both
}

func ExampleTree_Begin() {
	token := profile.NewScenario("token", profile.Must(profile.New(profile.AtOnceUsers(1))).NoShard())
	buy := profile.NewScenario("buy", profile.Must(profile.New(profile.RampUsers(100).During(time.Minute))))
	tree, err := profile.SetUp(token.AndThen(buy))
	if err != nil {
		panic(err)
	}
	walk, start := tree.Begin()
	fmt.Println("starts:", start[0].Name)
	fmt.Println("then:", walk.End("token")[0].Name)
	// Output:
	// starts: token
	// then: buy
}
