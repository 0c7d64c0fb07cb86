package harness

import (
	"fmt"
	"strings"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// gatewayOf is the gateway of a session; nil where it has none.
func gatewayOf(s sessions.Session) *gateway.Gateway {
	if behind, ok := s.(interface{ Gateway() *gateway.Gateway }); ok {
		return behind.Gateway()
	}
	return nil
}

// letGo ends all rules of the run's gateways and lets go what they hold, so that nothing that a body left there disturbs
// what comes next. It tells of rules that never matched, because their spec does not do what it seems to, and of what
// was held while the run did not pass; neither changes the outcome.
func (r *run) letGo(outcome Outcome) (problems []string) {
	for _, s := range r.scenario.used() {
		g := gatewayOf(r.live[s])
		if g == nil {
			continue
		}
		for _, rule := range g.Unmatched() {
			problems = append(problems, fmt.Sprintf("the rule %s at the gateway of %s never matched; it saw %s", rule, s.Name(), rule.Instead()))
		}
		if holding := g.Holding(); outcome != Passed && len(holding) > 0 {
			problems = append(problems, fmt.Sprintf("when the run ended, the gateway of %s still had %s", s.Name(), strings.Join(holding, ", ")))
		}
		g.ReleaseAll()
	}
	return problems
}
