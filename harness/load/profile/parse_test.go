package profile_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

var update = flag.Bool("update", false, "write the golden files")

// The profiles of the well-known notation, in each of its dialects, with its comments.
const (
	openProfileText = `
    nothingFor(4), // 1
    atOnceUsers(10), // 2
    rampUsers(10).during(5), // 3
    constantUsersPerSec(20).during(15), // 4
    constantUsersPerSec(20).during(15).randomized(), // 5
    rampUsersPerSec(10).to(20).during(10), // 6
    rampUsersPerSec(10).to(20).during(10).randomized(), // 7
    stressPeakUsers(1000).during(20) // 8
`
	openProfileMinutes = `
    nothingFor(4), // 1
    atOnceUsers(10), // 2
    rampUsers(10).during(5), // 3
    constantUsersPerSec(20).during(15), // 4
    constantUsersPerSec(20).during(15).randomized, // 5
    rampUsersPerSec(10).to(20).during(10.minutes), // 6
    rampUsersPerSec(10).to(20).during(10.minutes).randomized, // 7
    stressPeakUsers(1000).during(20) // 8
`
	closedProfileText = `
    constantConcurrentUsers(10).during(10), // 1
    rampConcurrentUsers(10).to(20).during(10) // 2
`
	levelsText = `
    incrementUsersPerSec(5.0)
      .times(5)
      .eachLevelLasting(10)
      .separatedByRampsLasting(10)
      .startingFrom(10) // Double
`
	concurrentLevelsText = `
    incrementConcurrentUsers(5)
      .times(5)
      .eachLevelLasting(10)
      .separatedByRampsLasting(10)
      .startingFrom(10) // Int
`
)

func openSteps(ramp time.Duration) []profile.Step {
	return []profile.Step{
		profile.NothingFor(4 * time.Second),
		profile.AtOnceUsers(10),
		profile.RampUsers(10).During(5 * time.Second),
		profile.ConstantUsersPerSec(20).During(15 * time.Second),
		profile.ConstantUsersPerSec(20).During(15 * time.Second).Randomized(),
		profile.RampUsersPerSec(10).To(20).During(ramp),
		profile.RampUsersPerSec(10).To(20).During(ramp).Randomized(),
		profile.StressPeakUsers(1000).During(20 * time.Second),
	}
}

func TestTheWellKnownNotation(t *testing.T) {
	decimals := strings.ReplaceAll(strings.ReplaceAll(openProfileText, "PerSec(20)", "PerSec(20.0)"), "PerSec(10).to(20)", "PerSec(10.0).to(20.0)")
	closed := []profile.Step{
		profile.ConstantConcurrentUsers(10).During(10 * time.Second),
		profile.RampConcurrentUsers(10).To(20).During(10 * time.Second),
	}
	levels := []profile.Step{profile.IncrementUsersPerSec(5).Times(5).EachLevelLasting(10 * time.Second).
		SeparatedByRampsLasting(10 * time.Second).StartingFrom(10)}
	concurrentLevels := []profile.Step{profile.IncrementConcurrentUsers(5).Times(5).EachLevelLasting(10 * time.Second).
		SeparatedByRampsLasting(10 * time.Second).StartingFrom(10)}
	for _, test := range []struct {
		name, text string
		want       []profile.Step
		users      int
		duration   time.Duration
	}{
		{"open", openProfileText, openSteps(10 * time.Second), 1920, 79 * time.Second},
		{"open, decimals", decimals, openSteps(10 * time.Second), 1920, 79 * time.Second},
		{"open, minutes", openProfileMinutes, openSteps(10 * time.Minute), 19_620, 20*time.Minute + 59*time.Second},
		{"closed", closedProfileText, closed, 0, 20 * time.Second},
		{"levels", levelsText, levels, 1800, 90 * time.Second},
		{"levels of users present", concurrentLevelsText, concurrentLevels, 0, 90 * time.Second},
		{"open, wrapped", "injectOpen(" + openProfileText + ")", openSteps(10 * time.Second), 1920, 79 * time.Second},
		{"closed, wrapped", "injectClosed(" + closedProfileText + ")", closed, 0, 20 * time.Second},
		{"either, wrapped", "inject(" + closedProfileText + ")", closed, 0, 20 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := parse(t, test.text)
			wantEqual(t, p.Steps(), test.want)
			plan := p.Plan(1)
			if plan.Users() != test.users || len(arrivals(plan)) != test.users || plan.Duration() != test.duration {
				t.Errorf("Users() = %d, %d arrivals, %s; want %d and %s", plan.Users(), len(arrivals(plan)), plan.Duration(), test.users, test.duration)
			}
		})
	}
}

func TestNoShardInText(t *testing.T) {
	for text, want := range map[string]bool{
		"injectOpen(atOnceUsers(1)).noShard()": true,
		"inject(atOnceUsers(1)).noShard":       true,
		"inject(atOnceUsers(1))":               false,
		"atOnceUsers(1)":                       false,
	} {
		if got := parse(t, text).IsNoShard(); got != want {
			t.Errorf("%s: IsNoShard() = %t", text, got)
		}
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5": 5 * time.Second, "0": 0, "1.5": 1500 * ms, "0.001": ms, "007": 7 * time.Second,
		"500ms": 500 * ms, "10m": 10 * time.Minute, "10.minutes": 10 * time.Minute, "10 minutes": 10 * time.Minute,
		"1.5s": 1500 * ms, "5 seconds": 5 * time.Second, "1.second": time.Second, "1.5.minutes": 90 * time.Second,
		"1m30s": 90 * time.Second, "1h 2m 3.5s": time.Hour + 2*time.Minute + 3500*ms, "2.hours": 2 * time.Hour,
		"1.day": 24 * time.Hour, "500.milliseconds": 500 * ms, "250.millis": 250 * ms,
		"3us": 3000, "3µs": 3000, "3μs": 3000, "3.micros": 3000, "7ns": 7, "7.nanos": 7, "1.9ns": 1, "0.1s": 100 * ms,
		"\n 5 // five\n": 5 * time.Second,
	} {
		t.Run(text, func(t *testing.T) {
			if got := parse(t, "nothingFor("+text+")").Plan(1).Duration(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestFreedomsOfTheNotation(t *testing.T) {
	want := parse(t, "rampUsersPerSec(1).to(2).during(3).randomized").String()
	for _, text := range []string{
		" rampUsersPerSec ( 1 ) . to ( 2 ) . during ( 3 ) . randomized ( ) , ",
		"rampUsersPerSec(1.0)\n\t.during(3s)\r\n\t.randomized()\n\t.to(2)",
		"// the whole\nrampUsersPerSec(1).to(2) // and more\n.during(3).randomized // end",
	} {
		if got := parse(t, text).String(); got != want {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

// TestErrorsOfText compares what is said of each mistake with a golden file.
func TestErrorsOfText(t *testing.T) {
	var said strings.Builder
	say := func(text string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%q was accepted", text)
			return
		}
		bad, ok := errors.AsType[*profile.ParseError](err)
		if !ok || bad.Line < 1 || bad.Column < 1 || bad.Length < 1 {
			t.Errorf("%q: want a *ParseError with a place, got %#v", text, err)
		}
		said.WriteString(err.Error() + "\n\n")
	}
	for _, text := range []string{
		"", "  \n", "rampUser(10).during(5)", "atOnceUsers(1), rampUsers(10).durin(5)", "somethingElse(3)", "RampUsers(3).during(1)",
		"rampUsers(10)", "rampUsers(10).during", "rampUsers(10).during()", "rampUsers().during(5)", "rampUsers(ten).during(5)",
		"rampUsers(10).during(5).during(6)", "rampUsers(10).during(5).randomized", "atOnceUsers(5).during(3)",
		"rampUsers(10.5).during(5)", "rampUsers(10 s).during(5)", "constantUsersPerSec(1.5.minutes).during(5)",
		"constantUsersPerSec(20).during(15).randomized(3)",
		"rampUsers(-10).during(5)", "rampUsers(10).during(-5)", "nothingFor(-0.5s)", "constantUsersPerSec(-1).during(5)",
		"rampUsersPerSec(1).to(-2).during(5)", "rampConcurrentUsers(-1).to(2).during(3)", "incrementUsersPerSec(5).times(-1).eachLevelLasting(10)",
		"constantUsersPerSec(3).during(0)", "rampUsersPerSec(0).to(1).during(0ms)", "constantConcurrentUsers(3).during(0)",
		"incrementUsersPerSec(5).times(2).eachLevelLasting(0)", "constantUsersPerSec(0.0000000001).during(5)",
		"atOnceUsers(1000000000001)", "atOnceUsers(99999999999999999999999)", "constantUsersPerSec(1000000001).during(1)",
		"constantUsersPerSec(" + strings.Repeat("9", 400) + ").during(1)", "nothingFor(366.days)", "nothingFor(" + strings.Repeat("9", 40) + ")",
		"nothingFor(300.days), nothingFor(300.days)", "constantUsersPerSec(1000000000).during(1.day)",
		"atOnceUsers(900000000000),\natOnceUsers(900000000000)",
		"incrementUsersPerSec(1).times(10001).eachLevelLasting(1)", "incrementConcurrentUsers(900000000000).times(2).eachLevelLasting(1)",
		"atOnceUsers(1), constantConcurrentUsers(10).during(5)", "constantConcurrentUsers(10).during(5), nothingFor(5)",
		"nothingFor(5 mintes)", "nothingFor(5 6)", "nothingFor(5 s 6)", "nothingFor(5, 6)", "nothingFor(1m -3s)",
		"atOnceUsers(1) atOnceUsers(2)", "atOnceUsers(1), , atOnceUsers(2)", "atOnceUsers(1", "atOnceUsers(1))", "atOnceUsers(1).", "5", "äöü!",
		"nothingFor(1),\n\tatOnceUsers(1), // ä\n\trampUsers(2).döring(5)\n", "atOnceUsers(1);", "(atOnceUsers(1))",
		"injectOpen(constantConcurrentUsers(1).during(1))", "injectClosed(atOnceUsers(1))", "inject(atOnceUsers(1)", "inject", "inject()",
		"inject(atOnceUsers(1)).shard", "inject(atOnceUsers(1)).noShard(1)", "inject(atOnceUsers(1)).noShard x", "inject(atOnceUsers(1)).5",
	} {
		_, err := profile.Parse(text)
		say(text, err)
	}
	for _, text := range []string{"", "reachRps(100)", "reachRps(100).in(0)", "reachRps(-1).in(2)", "holdfor(10)", "jumpToRps(1), holdFor(366.days)",
		"holdFor(300.days), holdFor(300.days)"} {
		_, err := profile.ParseThrottle(text)
		say(text, err)
	}
	for _, text := range []string{"", "constant", "constant(-1)", "normal(2)", "none, none", "gauss(3)", "uniform(1).plusOrMinus(366.days)"} {
		_, err := profile.ParsePause(text)
		say(text, err)
	}
	golden(t, "errors.txt", said.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update writes it); got\n%s", file, got)
	}
}

// TestErrorsOfValues checks that values are held to the same rules as text.
func TestErrorsOfValues(t *testing.T) {
	second := time.Second
	good := profile.AtOnceUsers(1)
	for want, steps := range map[string][]profile.Step{
		`step 1: a profile without a step; atOnceUsers(1) is the least that does something`: {},
		`step 2: a step that is nil`: {good, nil},
		`step 2, rampUsers(-10).during(5): rampUsers: -10 users: a number of users is not negative`:                                                {good, profile.RampUsers(-10).During(5 * second)},
		`step 1, rampUsers(1).during(-500ms): during: -500ms: a duration is not negative`:                                                          {profile.RampUsers(1).During(-500 * ms)},
		`step 1, constantUsersPerSec(-0.5).during(1): constantUsersPerSec: -0.5 per second: a rate is not negative`:                                {profile.ConstantUsersPerSec(-0.5).During(second)},
		`step 1, constantUsersPerSec(1).during(0).randomized: during: 1 users per second with a duration of 0; give it a duration above 0`:         {profile.ConstantUsersPerSec(1).During(0).Randomized()},
		`step 1, rampUsersPerSec(NaN).to(1).during(1): rampUsersPerSec: a rate that is no number`:                                                  {profile.RampUsersPerSec(nan).To(1).During(second)},
		`step 1, rampUsersPerSec(1).to(+Inf).during(1): to: +Inf per second are too many; at most 1000000000`:                                      {profile.RampUsersPerSec(1).To(inf).During(second)},
		`step 1, stressPeakUsers(-1).during(1): stressPeakUsers: -1 users: a number of users is not negative`:                                      {profile.StressPeakUsers(-1).During(second)},
		`step 1, incrementConcurrentUsers(-5).times(1).eachLevelLasting(1): incrementConcurrentUsers: -5 users: a number of users is not negative`: {profile.IncrementConcurrentUsers(-5).Times(1).EachLevelLasting(second)},
	} {
		_, err := profile.New(steps...)
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if _, ok := errors.AsType[*profile.StepError](err); !ok {
			t.Errorf("%v is a %T, want a *StepError", err, err)
		}
	}
}

func TestAProfileKeepsNothingOfTheCallers(t *testing.T) {
	given := []profile.Step{profile.AtOnceUsers(1), profile.AtOnceUsers(2)}
	p := profile.Must(profile.New(given...))
	given[0] = profile.AtOnceUsers(99)
	p.Steps()[1] = profile.AtOnceUsers(99)
	wantEqual(t, p.Steps(), []profile.Step{profile.AtOnceUsers(1), profile.AtOnceUsers(2)})
	if slices.Equal(p.Steps(), given) {
		t.Error("the profile shares the caller's slice")
	}
}

func TestMustPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("want a panic")
		}
	}()
	profile.Must(profile.Parse("no step"))
}
