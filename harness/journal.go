package harness

import (
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// Stamp is when something happened: the time since the run began, by the monotonic clock, and a number that
// tells the order of things which the clock cannot tell apart. What the gateways of the harness record has numbers of the
// same sequence.
type Stamp struct {
	Seq int           `json:"seq"`
	At  time.Duration `json:"at_ns"`
}

// journal gives the stamps of a run: time and number are taken under one lock, which the gateways share, so that their orders
// agree.
type journal struct {
	start time.Time
	now   func() gateway.Stamp
}

func newJournal(now func() gateway.Stamp) *journal { return &journal{start: time.Now(), now: now} }

func (j *journal) stamp() Stamp {
	now := j.now()
	return Stamp{Seq: int(now.Seq), At: now.At.Sub(j.start)} //nolint:gosec // nobody counts that far
}
