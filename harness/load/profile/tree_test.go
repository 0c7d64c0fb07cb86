package profile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

func scenario(name string) profile.Scenario {
	return profile.NewScenario(name, profile.Must(profile.New(profile.AtOnceUsers(1))))
}

func tree(t testing.TB, scenarios ...profile.Scenario) profile.Tree {
	t.Helper()
	set, err := profile.SetUp(scenarios...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// waits is who waits for whom, as text.
func waits(nodes []profile.Node) string {
	lines := make([]string, len(nodes))
	for i, n := range nodes {
		lines[i] = fmt.Sprintf("%s<%s", n.Name, strings.Join(n.After, ","))
	}
	return strings.Join(lines, " ")
}

func names(nodes []profile.Node) string {
	list := make([]string, len(nodes))
	for i, n := range nodes {
		list[i] = n.Name
	}
	return strings.Join(list, " ")
}

func TestWhoWaitsForWhom(t *testing.T) {
	a, b, c, d, e := scenario("a"), scenario("b"), scenario("c"), scenario("d"), scenario("e")
	for want, roots := range map[string][]profile.Scenario{
		"a<":               {a},
		"a< b<":            {a, b},
		"a< b<a c<a d<b,c": {a.AndThen(b, c).AndThen(d)},
		// All descendants of b have ended when d has.
		"a< b<a d<b c<a e<d,c":   {a.AndThen(b.AndThen(d), c).AndThen(e)},
		"a< b<a c<b d<c e<d":     {a.AndThen(b.AndThen(c).AndThen(d)).AndThen(e)},
		"a< b<a c<a d<b,c e<b,c": {a.AndThen(b, c).AndThen(d, e)},
		"a< b<a c< d<c":          {a.AndThen(b), c.AndThen(d)},
		"a< b<a":                 {a.AndThen().AndThen(b).AndThen()},
		"a< b<a c<b d<b e<c,d":   {a.AndThen(b.AndThen(c, d)).AndThen(e)},
	} {
		if got := waits(tree(t, roots...).Nodes()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestTheTreeOfTheNotation is parent, two children, a grandchild, and a child that waits for all of them.
func TestTheTreeOfTheNotation(t *testing.T) {
	set := tree(t, scenario("parent").
		AndThen(scenario("child1").AndThen(scenario("grandChild")), scenario("child2")).
		AndThen(scenario("child3")))
	walk, first := set.Begin()
	var log []string
	say := func(ended string, started []profile.Node) {
		log = append(log, fmt.Sprintf("%s: %s", ended, names(started)))
	}
	say("start", first)
	for _, name := range []string{"parent", "child2", "child1", "grandChild"} {
		say(name, walk.End(name))
		if walk.Done() {
			t.Errorf("done after %s", name)
		}
	}
	say("child3", walk.End("child3"))
	wantEqual(t, log, []string{"start: parent", "parent: child1 child2", "child2: ", "child1: grandChild", "grandChild: child3", "child3: "})
	if !walk.Done() {
		t.Error("all have ended, and it is not done")
	}
}

func TestWaiting(t *testing.T) {
	walk, _ := tree(t, scenario("a").AndThen(scenario("b"), scenario("c")).AndThen(scenario("d"))).Begin()
	for _, end := range []struct{ name, want string }{{"a", "d<b,c"}, {"b", "d<c"}, {"c", ""}} {
		walk.End(end.name)
		if got := waits(walk.Waiting()); got != end.want {
			t.Errorf("after %s: %q, want %q", end.name, got, end.want)
		}
	}
}

func TestEndOfWhatDoesNotRun(t *testing.T) {
	walk, _ := tree(t, scenario("a").AndThen(scenario("b"))).Begin()
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, `"b", which is not running`) {
			t.Errorf("panic %s", said)
		}
	}()
	walk.End("b")
}

func TestTreesThatAreRefused(t *testing.T) {
	a, b := scenario("a"), scenario("b")
	for want, roots := range map[string][]profile.Scenario{
		`scenario "": there is none; want at least one`:                                                   {},
		`scenario "a": a second one of that name; reports tell scenarios by their names, give it another`: {a.AndThen(b).AndThen(a)},
		`scenario " ": a name is needed`:                                                                  {a, scenario(" ")},
		`scenario "x": it has no profile, so nobody would ever run it`:                                    {a.AndThen(profile.NewScenario("x", profile.Profile{}))},
	} {
		_, err := profile.SetUp(roots...)
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if _, ok := errors.AsType[*profile.TreeError](err); !ok {
			t.Errorf("%v is a %T", err, err)
		}
	}
}

// TestScenariosAreValues: to add to one never changes another.
func TestScenariosAreValues(t *testing.T) {
	base := scenario("a").AndThen(scenario("b"))
	one, two := base.AndThen(scenario("c")), base.AndThen(scenario("d"))
	for want, s := range map[string]profile.Scenario{"a b": base, "a b c": one, "a b d": two} {
		if got := names(tree(t, s).Nodes()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestEveryWalkKeepsTheOrder ends what runs in any order: each scenario starts once, the moment its group and all
// descendants of it have ended, which is looked up in the declaration itself.
func TestEveryWalkKeepsTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := 0
		needs := map[string][]string{} // all that must have ended
		var grow func(before []string, depth int) (s profile.Scenario, below []string)
		grow = func(before []string, depth int) (profile.Scenario, []string) {
			name := fmt.Sprintf("s%d", number)
			number++
			s, all := scenario(name), []string{name}
			needs[name] = before
			for range rapid.IntRange(0, 2-min(depth, 2)).Draw(t, "groups") {
				var group []profile.Scenario
				wait := slices.Concat(before, all)
				for range rapid.IntRange(1, 3).Draw(t, "children") {
					child, below := grow(wait, depth+1)
					group, all = append(group, child), append(all, below...)
				}
				s = s.AndThen(group...)
			}
			return s, all
		}
		root, _ := grow(nil, 0)
		set, err := profile.SetUp(root)
		if err != nil {
			t.Fatal(err)
		}
		walk, running := set.Begin()
		ended := map[string]bool{}
		started := len(running)
		for len(running) > 0 {
			i := rapid.IntRange(0, len(running)-1).Draw(t, "ends")
			name := running[i].Name
			running = slices.Delete(running, i, i+1)
			ended[name] = true
			now := walk.End(name)
			for _, n := range now {
				for _, other := range needs[n.Name] {
					if !ended[other] {
						t.Fatalf("%s starts before %s has ended", n.Name, other)
					}
				}
			}
			for _, n := range walk.Waiting() {
				if !slices.ContainsFunc(needs[n.Name], func(other string) bool { return !ended[other] }) {
					t.Fatalf("%s waits for nobody", n.Name)
				}
			}
			started += len(now)
			running = append(running, now...)
		}
		if started != number || !walk.Done() {
			t.Fatalf("%d of %d started, done: %t", started, number, walk.Done())
		}
	})
}
