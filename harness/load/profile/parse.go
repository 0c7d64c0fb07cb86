package profile

import "strings"

// stepClauses are the steps that a text may have.
var stepClauses = []clause[Step]{
	{[]part{{name: "nothingFor", kind: aDuration}},
		func(v values) Step { return NothingFor(v.duration("nothingFor")) }},
	{[]part{{name: "atOnceUsers", kind: aCount}},
		func(v values) Step { return AtOnceUsers(v.count("atOnceUsers")) }},
	{[]part{{name: "rampUsers", kind: aCount}, during},
		func(v values) Step { return RampUsers(v.count("rampUsers")).During(v.duration("during")) }},
	{[]part{{name: "constantUsersPerSec", kind: aRate}, during, randomized},
		func(v values) Step {
			step := ConstantUsersPerSec(v.rate("constantUsersPerSec")).During(v.duration("during"))
			step.randomized = v.has("randomized")
			return step
		}},
	{[]part{{name: "rampUsersPerSec", kind: aRate}, {name: "to", kind: aRate}, during, randomized},
		func(v values) Step {
			step := RampUsersPerSec(v.rate("rampUsersPerSec")).To(v.rate("to")).During(v.duration("during"))
			step.randomized = v.has("randomized")
			return step
		}},
	{[]part{{name: "stressPeakUsers", kind: aCount}, during},
		func(v values) Step { return StressPeakUsers(v.count("stressPeakUsers")).During(v.duration("during")) }},
	{[]part{{name: "incrementUsersPerSec", kind: aRate}, times, eachLevel, ramps,
		{name: "startingFrom", kind: aRate, optional: true}},
		func(v values) Step {
			return levels(v, IncrementUsersPerSec(v.rate("incrementUsersPerSec")).StartingFrom(v.rate("startingFrom")))
		}},
	{[]part{{name: "constantConcurrentUsers", kind: aCount}, during},
		func(v values) Step {
			return ConstantConcurrentUsers(v.count("constantConcurrentUsers")).During(v.duration("during"))
		}},
	{[]part{{name: "rampConcurrentUsers", kind: aCount}, {name: "to", kind: aCount}, during},
		func(v values) Step {
			return RampConcurrentUsers(v.count("rampConcurrentUsers")).To(v.count("to")).During(v.duration("during"))
		}},
	{[]part{{name: "incrementConcurrentUsers", kind: aCount}, times, eachLevel, ramps,
		{name: "startingFrom", kind: aCount, optional: true}},
		func(v values) Step {
			return levels(v, IncrementConcurrentUsers(v.count("incrementConcurrentUsers")).StartingFrom(v.count("startingFrom")))
		}},
}

var (
	during     = part{name: "during", kind: aDuration}
	randomized = part{name: "randomized", kind: nothing, optional: true}
	times      = part{name: "times", kind: aCount}
	eachLevel  = part{name: "eachLevelLasting", kind: aDuration}
	ramps      = part{name: "separatedByRampsLasting", kind: aDuration, optional: true}
)

func levels[N int | float64](v values, l Levels[N]) Step {
	return l.Times(v.count("times")).
		EachLevelLasting(v.duration("eachLevelLasting")).
		SeparatedByRampsLasting(v.duration("separatedByRampsLasting"))
}

// Parse reads a profile: steps separated by commas, as in
//
//	rampUsers(10).during(5), constantUsersPerSec(20).during(10.minutes).randomized
//
// A duration is a number of seconds, or numbers with units: 5, 1.5s, 500ms, 10m, 10.minutes, 5 seconds, 1m30s.
// Lines, blanks and // comments are free. The steps may stand in inject(…), injectOpen(…) or injectClosed(…), and
// .noShard may follow that. The error is a [*ParseError].
//
// Parse(p.String()) is p, for every profile.
func Parse(text string) (Profile, error) {
	p, bad := parseProfile(&grammar{tokens: scan(text)})
	if bad != nil {
		return Profile{}, parseError(text, bad.at, bad.text, bad.hint)
	}
	return p, nil
}

func parseProfile(g *grammar) (Profile, *problem) {
	outer, bad := g.wrapper()
	if bad != nil {
		return Profile{}, bad
	}
	steps, bad := readList(g, stepClauses, "a step", check, outer != nil)
	if bad != nil {
		return Profile{}, bad
	}
	p := Profile{steps: steps}
	if outer != nil {
		p.noShard, bad = g.unwrap(*outer, p.Model())
	}
	return p, bad
}

// parseList reads a text that is a list of items and nothing else.
func parseList[T any](text string, clauses []clause[T], what string, check func([]T) (int, *fault)) ([]T, *problem) {
	return readList(&grammar{tokens: scan(text)}, clauses, what, check, false)
}

// readList reads a list of items, and places the fault that check finds in them.
func readList[T any](g *grammar, clauses []clause[T], what string, check func([]T) (int, *fault), closing bool) ([]T, *problem) {
	chains, bad := g.list(closing, what)
	if bad != nil {
		return nil, bad
	}
	items := make([]T, len(chains))
	for i, calls := range chains {
		if items[i], bad = interpret(calls, clauses, strings.TrimPrefix(what, "a ")); bad != nil {
			return nil, bad
		}
	}
	at, f := check(items)
	switch {
	case f == nil:
		return items, nil
	case len(chains) == 0:
		return nil, &problem{g.peek().at, f.problem, f.hint}
	}
	return nil, &problem{chains[at].place(f.call), f.problem, f.hint}
}

// place is where the argument of a call stands, or the whole chain if it has no such call.
func (c chain) place(name string) span {
	for _, call := range c {
		if call.name.text == name {
			return call.argument.at
		}
	}
	return span{c[0].name.at.from, c[len(c)-1].argument.at.to}
}

// models of the words that steps may stand in; the empty one takes either.
var wrappers = map[string]string{"inject": "", "injectOpen": Open.String(), "injectClosed": Closed.String()}

// wrapper reads inject( and its kin, and gives that word.
func (g *grammar) wrapper() (*token, *problem) {
	word := g.peek()
	if _, known := wrappers[word.text]; !known || word.kind != nameToken {
		return nil, nil
	}
	g.take()
	if t := g.peek(); !g.takeMark("(") {
		return nil, refuse(t.at, "", "want a parenthesis after %s, got %s", word, t)
	}
	return &word, nil
}

// unwrap reads what follows the steps in parentheses.
func (g *grammar) unwrap(word token, model Model) (noShard bool, p *problem) {
	if want := wrappers[word.text]; want != "" && want != model.String() {
		return false, refuse(word.at, "", "%s with steps of the %s model", word.text, model)
	}
	if !g.takeMark(")") {
		return false, refuse(word.at, "", "the parenthesis of %s is not closed", word.text)
	}
	if g.takeMark(".") {
		c, p := g.call("noShard")
		if p != nil {
			return false, p
		}
		if c.name.text != "noShard" || len(c.argument.tokens) > 0 {
			return false, refuse(c.at(), "", "want noShard, got %s", c.name)
		}
		noShard = true
	}
	if t := g.peek(); t.kind != endToken {
		return false, refuse(t.at, "", "unexpected %s after the profile", t)
	}
	return noShard, nil
}
