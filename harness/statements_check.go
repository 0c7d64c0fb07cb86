package harness

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// isBackground tells whether a statement is none of any request's.
func (e *exploration) isBackground(s pg.Statement) bool {
	return slices.ContainsFunc(e.backgroundSQL, func(r *regexp.Regexp) bool {
		return r.MatchString(s.SQL) || r.MatchString(s.Name) || r.MatchString(s.Application)
	})
}

// statementsAre checks the options that are about statements.
func (v *validation) statementsAre(e *exploration) {
	if e.databases > 0 && e.database == nil {
		v.add(e.place, "Statements has no database gateway: it is nil", "is the variable set before it is used?")
	}
	if e.databases > 1 {
		v.add(e.place, fmt.Sprintf("Statements is given %d times", e.databases), "an exploration has one database gateway")
	}
	if e.database == nil && len(e.backgroundStatements) > 0 {
		v.add(e.place, "BackgroundStatements without Statements", "remove it, or add Statements(gateway)")
	}
	for _, text := range e.backgroundStatements {
		r, err := regexp.Compile(text)
		if err != nil {
			v.add(e.place, fmt.Sprintf("the background statement %q is no regular expression: %v", text, err), "see the syntax of package regexp")
			continue
		}
		e.backgroundSQL = append(e.backgroundSQL, r)
	}
}

// claimed are the database gateways at which an exploration stands, and which one. A gateway has one gate and one isolation
// level, and whose a statement is, is told by who moved last: a second exploration would see nothing, or the first one's.
var claimed = struct {
	sync.Mutex
	by map[*pg.Gateway]string
}{by: map[*pg.Gateway]string{}}

// claiming explores with the database gateway as that of this exploration.
func (e *exploration) claiming(explore func() error) error {
	if e.database == nil {
		return explore()
	}
	claimed.Lock()
	other, taken := claimed.by[e.database]
	if !taken {
		claimed.by[e.database] = fmt.Sprintf("of %q at %s", e.scenario.name, e.place)
	}
	claimed.Unlock()
	if taken {
		return &InvalidScenarioError{Scenario: e.scenario.name, Mistakes: []Mistake{{
			e.place.String(), "its database gateway is that of the exploration " + other + ", which has not ended",
			"explorations at the same time have a gateway each, and an application each behind it",
		}}}
	}
	defer func() {
		claimed.Lock()
		defer claimed.Unlock()
		delete(claimed.by, e.database)
	}()
	return explore()
}

// errNoStatements says that requests were explored as if they reached nobody else, and what they do was not seen.
var errNoStatements = errors.New("no statement of any request came to the database gateway, so that nothing is shown\n" +
	"  hint: does the application connect to the URL of the gateway, and not to the database itself? does BackgroundStatements name all that it sends?")

// saw tells whether there was anything to explore.
func (e *exploration) saw() error {
	if e.database == nil || e.came || e.result.Schedules == 0 || len(e.result.Failures) > 0 {
		return nil
	}
	return errNoStatements
}

// stateless tells whether a request does nothing that matters besides its statements.
func (e *exploration) stateless(x *passing) bool { return x.safe || e.granules&Requests == 0 }
