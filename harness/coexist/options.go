package coexist

import (
	"cmp"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed49090845/lockstep/sync/vars"
)

// Phase is one of the three parts of a check.
type Phase string

// The phases, in their order.
const (
	ByIterations Phase = "by iterations"
	ByDuration   Phase = "by duration"
	AllTogether  Phase = "all together"
)

// Phases are all of them.
func Phases() []Phase { return []Phase{ByIterations, ByDuration, AllTogether} }

// What Options mean where they are zero.
const (
	DefaultUsers        = 5
	DefaultIterations   = 10
	DefaultTogether     = 3
	DefaultDuration     = 10 * time.Minute
	DefaultLimit        = 30 * time.Minute
	DefaultGracefulStop = 30 * time.Second
)

// Options are those of a check. The zero value is the method as it is described above.
type Options struct {
	// Users is how many users a scenario has alone, at least 2; zero means DefaultUsers.
	Users int
	// Iterations is how often each does it in ByIterations; zero means DefaultIterations.
	Iterations int
	// Together is how many users each scenario has in AllTogether; zero means DefaultTogether.
	Together int
	// Duration is how long ByDuration lasts for each scenario, and AllTogether; zero means DefaultDuration. At its end users finish
	// their iteration.
	Duration time.Duration
	// Phases are those to be run, in their usual order; nil means all.
	Phases []Phase
	// Limit ends ByIterations if the iterations take that long; zero means DefaultLimit.
	Limit time.Duration
	// GracefulStop is how long users may take to finish when a phase is over; zero means DefaultGracefulStop, a negative time that they
	// are interrupted at once. A user that is interrupted is a problem of the check.
	GracefulStop time.Duration
	// StopAtFailure leaves out the phases after the first in which somebody failed.
	StopAtFailure bool
	// Vars are the run variables of all phases; nil means fresh ones in memory for each.
	Vars vars.Store
	// Seed decides all that is random in virtual users; zero draws one.
	Seed uint64
	// Evidence is the folder for evidence of browser sessions that fail; empty means "coexist" in that of LOCKSTEP_ARTIFACTS, or
	// in "artifacts".
	Evidence string
	// Stop ends the check in good order when it is closed: users finish their iteration, and phases that were not begun are left out. The
	// end of the context interrupts users at once.
	Stop <-chan struct{}
	// Progress is where it is shown what goes on: a live line on a terminal, elsewhere a line every ten seconds. Nil means os.Stderr.
	Progress io.Writer
}

// envArtifacts is the folder for evidence and reports, as for package harness.
const envArtifacts = "LOCKSTEP_ARTIFACTS"

func (o *Options) complete() {
	o.Users = cmp.Or(o.Users, DefaultUsers)
	o.Iterations = cmp.Or(o.Iterations, DefaultIterations)
	o.Together = cmp.Or(o.Together, DefaultTogether)
	o.Duration = cmp.Or(o.Duration, DefaultDuration)
	o.Limit = cmp.Or(o.Limit, DefaultLimit)
	o.GracefulStop = cmp.Or(o.GracefulStop, DefaultGracefulStop)
	o.Seed = cmp.Or(o.Seed, uint64(rand.Uint32()))
	if len(o.Phases) == 0 {
		o.Phases = Phases()
	}
	if o.Evidence == "" {
		o.Evidence = filepath.Join(cmp.Or(os.Getenv(envArtifacts), "artifacts"), "coexist")
	}
	if o.Progress == nil {
		o.Progress = os.Stderr
	}
}

// stage is one phase of one scenario, or of all.
type stage struct {
	phase      Phase
	scenarios  []Scenario
	users      int // of each scenario
	iterations int // of each user; 0: as many as fit into the duration
	duration   time.Duration
}

// stages are what is to be run, in order.
func (o *Options) stages(scenarios []Scenario) (list []stage) {
	for _, phase := range Phases() {
		if !slices.Contains(o.Phases, phase) {
			continue
		}
		switch {
		case phase == ByIterations:
			for _, s := range scenarios {
				list = append(list, stage{phase: phase, scenarios: []Scenario{s}, users: o.Users, iterations: o.Iterations, duration: o.Limit})
			}
		case phase == ByDuration:
			for _, s := range scenarios {
				list = append(list, stage{phase: phase, scenarios: []Scenario{s}, users: o.Users, duration: o.Duration})
			}
		case len(scenarios) > 1:
			list = append(list, stage{phase: phase, scenarios: scenarios, users: o.Together, duration: o.Duration})
		}
	}
	return list
}
