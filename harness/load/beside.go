package load

import (
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Beside is a user who is no virtual one and does something while the run goes on, such as a browser session that sees
// what people see. What is measured of it is in the same result as the load, under a scenario of its own. It may be
// used by many goroutines.
type Beside struct {
	user     string
	stats    *stats.Scenario
	recorder *stats.Recorder
	ended    sync.Once
}

// Beside counts a user of a scenario that is no Scenario of the run.
func (l *Live) Beside(scenario, user string) *Beside {
	s := l.engine.stats.Scenario(scenario)
	s.Started()
	return &Beside{user: user, stats: s, recorder: s.Recorder()}
}

// Measure notes how long a body takes, as a request of that name is noted. Its error, which it returns, is a failure.
func (b *Beside) Measure(name string, body func() error) error {
	sample := virtual.Sample{User: b.user, Name: name, Start: time.Now()}
	err := body()
	sample.End = time.Now()
	if err != nil {
		sample.Class, sample.Message = virtual.Unexpected, err.Error()
	}
	b.recorder.Record(&sample)
	return err
}

// End notes that the user has ended, well if the error is nil. Further calls change nothing.
func (b *Beside) End(err error) {
	b.ended.Do(func() {
		how := stats.Passed
		if err != nil {
			how = stats.Failed
		}
		b.stats.Ended(how)
	})
}
