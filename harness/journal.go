package harness

import (
	"sync"
	"time"
)

// Stamp is when something happened: the time since the run began, by the monotonic clock, and a number that
// tells the order of things which the clock cannot tell apart.
type Stamp struct {
	Seq int           `json:"seq"`
	At  time.Duration `json:"at_ns"`
}

// journal gives stamps: time and number under one lock, so that their orders agree.
type journal struct {
	mu    sync.Mutex
	start time.Time
	seq   int
}

func newJournal() *journal { return &journal{start: time.Now()} }

func (j *journal) stamp() Stamp {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	return Stamp{Seq: j.seq, At: time.Since(j.start)}
}
