package stats

import (
	"sync"
	"time"
)

// Departure is how a user ended.
type Departure uint8

// How users end.
const (
	Passed      Departure = iota // its function returned no error
	Failed                       // its function returned an error
	Interrupted                  // the run ended it
)

// Users counts users.
type Users struct {
	Started, Passed, Failed, Interrupted int64
	// Present is how many are there now, MaxPresent how many there were at most.
	Present, MaxPresent int64
}

// gauge counts users and keeps how many were present over time.
type gauge struct {
	options *Options

	mu     sync.Mutex
	users  Users
	width  time.Duration
	levels []level
}

// level is how many users were present in a bucket: at most, and at its end.
type level struct{ most, last, arrived int64 }

func (g *gauge) started(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users.Started++
	g.users.Present++
	g.users.MaxPresent = max(g.users.MaxPresent, g.users.Present)
	g.at(now).arrived++
	g.note(now)
}

func (g *gauge) ended(now time.Time, how Departure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.users.Present--
	switch how {
	case Passed:
		g.users.Passed++
	case Failed:
		g.users.Failed++
	case Interrupted:
		g.users.Interrupted++
	}
	g.note(now)
}

func (g *gauge) note(now time.Time) {
	l := g.at(now)
	l.last = g.users.Present
	l.most = max(l.most, l.last)
}

// at is the level of the bucket of a moment; those passed over since the last have what was present then.
func (g *gauge) at(now time.Time) *level {
	since := max(now.Sub(g.options.Start), 0)
	for int(since/g.width) >= g.options.MaxBuckets {
		g.coarsen()
	}
	i := int(since / g.width)
	for len(g.levels) <= i {
		var before int64
		if n := len(g.levels); n > 0 {
			before = g.levels[n-1].last
		}
		g.levels = append(g.levels, level{most: before, last: before})
	}
	return &g.levels[i]
}

func (g *gauge) coarsen() {
	g.width *= 2
	half := g.levels[:0]
	for i := 0; i < len(g.levels); i += 2 {
		l := g.levels[i]
		if i+1 < len(g.levels) {
			next := g.levels[i+1]
			l = level{max(l.most, next.most), next.last, l.arrived + next.arrived}
		}
		half = append(half, l)
	}
	g.levels = half
}

// copy is the gauge as of a moment.
func (g *gauge) copy(now time.Time) *gauge {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at(now)
	c := &gauge{options: g.options, users: g.users, width: g.width}
	c.levels = append(c.levels, g.levels...)
	return c
}
