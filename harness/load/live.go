package load

import (
	"context"
	"time"

	"github.com/seed49090845/lockstep/harness/load/stats"
)

// State is what a scenario is at.
type State string

// The states of a scenario.
const (
	Waiting  State = "waiting" // for the scenarios that it comes after
	Starting State = "starting users"
	Draining State = "draining" // nobody is started any more
	Ended    State = "ended"
)

// Live is a run that goes on.
type Live struct{ engine *engine }

// Snapshot is what is known now.
func (l *Live) Snapshot() *stats.Snapshot { return l.engine.stats.Snapshot() }

// Elapsed is the time since the run began.
func (l *Live) Elapsed() time.Duration { return time.Since(l.engine.began) }

// State is what a scenario is at; empty for one that is not of the run.
func (l *Live) State(scenario string) State {
	l.engine.mu.Lock()
	defer l.engine.mu.Unlock()
	s := l.engine.states[scenario]
	if s == Starting && l.engine.nodes[scenario].isOver() {
		return Draining
	}
	return s
}

// Ending is why nobody is started any more; nil as long as somebody may be.
func (l *Live) Ending() error { return context.Cause(l.engine.starting) }
