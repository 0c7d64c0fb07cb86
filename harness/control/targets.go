package control

import (
	"net"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
)

// fits refuses scenarios that go where runs may not go, or have more users than they may have.
func (o *Options) fits(scenarios []load.Scenario) []error {
	var errs []error
	for _, root := range scenarios {
		for _, s := range root.All() {
			if most := held(&s); most > o.Limits.Users {
				errs = append(errs, wrong("", "scenario %q: %d users at once; the service allows %d", s.Name, most, o.Limits.Users))
			}
			if s.Target == nil {
				continue // load.Run refuses it
			}
			for _, host := range s.Target.Hosts() {
				if !o.mayGo(host) {
					errs = append(errs, wrong("params", "%s is no target that runs may be pointed at: the service allows those of the loopback%s", host, o.named()))
				}
			}
		}
	}
	return errs
}

// held is how many users a scenario asks to have at once.
func held(s *load.Scenario) int {
	most := max(s.Start.Backlog, s.MaxPresent)
	if s.Profile.Model() == profile.Closed {
		for _, span := range s.Profile.Spans() {
			most = max(most, span.Users)
		}
	}
	return most
}

// bound lets no more users be present than may be: those who arrive beyond wait for their turn.
func (o *Options) bound(s *load.Scenario) {
	if s.Profile.Model() == profile.Closed || s.MaxPresent > 0 || s.Start.Backlog > 0 {
		return // fits has looked at it
	}
	s.MaxPresent = o.Limits.Users
	set(&s.MaxDuration, o.Limits.Duration) // endless users must not keep others out for ever
}

// mayGo tells whether runs may be pointed at a HOST or HOST:PORT. Names are not resolved: whoever owns one could change
// where it leads.
func (o *Options) mayGo(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = strings.Trim(address, "[]"), ""
	}
	if isLoopback(strings.ToLower(host)) {
		return true
	}
	return slices.ContainsFunc(o.Targets, func(allowed string) bool {
		return strings.EqualFold(allowed, host) || port != "" && strings.EqualFold(allowed, net.JoinHostPort(host, port))
	})
}

func (o *Options) named() string {
	if len(o.Targets) == 0 {
		return ""
	}
	return ", " + strings.Join(o.Targets, ", ")
}
