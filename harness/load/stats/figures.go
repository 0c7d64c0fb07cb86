package stats

import (
	"time"

	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Figures are what is known of a set of requests.
type Figures struct {
	// OK are requests whose answer was as expected, KO the others; Interrupted ones are neither, and are not in any
	// distribution: the run ended them.
	OK, KO      Outcome
	Interrupted int64
	// Sent and Received are bytes on the wire.
	Sent, Received int64
	// Redirects were followed; they are exchanges beyond one for each request.
	Redirects int64
}

// Outcome is how long requests took that ended alike.
type Outcome struct {
	// Intended is from the intended start, Actual from the actual one. They differ where the generator, or the system
	// by keeping users waiting, was late.
	Intended, Actual Distribution
}

// Count is how many requests ended, well or not.
func (f *Figures) Count() int64 { return f.OK.Actual.Count() + f.KO.Actual.Count() }

// ErrorShare is the part of all ended requests that are KO, from 0 to 1; there is none without requests.
func (f *Figures) ErrorShare() (float64, bool) {
	if f.Count() == 0 {
		return 0, false
	}
	return float64(f.KO.Actual.Count()) / float64(f.Count()), true
}

// All is how long all requests took that ended.
func (f *Figures) All() Outcome {
	var all Outcome
	all.merge(&f.OK)
	all.merge(&f.KO)
	return all
}

func (o *Outcome) merge(from *Outcome) {
	o.Intended.Merge(&from.Intended)
	o.Actual.Merge(&from.Actual)
}

// Merge adds other figures, which stay as they are.
func (f *Figures) Merge(from *Figures) {
	f.OK.merge(&from.OK)
	f.KO.merge(&from.KO)
	f.Interrupted += from.Interrupted
	f.Sent += from.Sent
	f.Received += from.Received
	f.Redirects += from.Redirects
}

func (f *Figures) record(s *virtual.Sample, intended time.Duration) {
	f.Sent += s.Sent
	f.Received += s.Received
	f.Redirects += int64(s.Redirects)
	o := &f.OK
	switch s.Class {
	case virtual.OK:
	case virtual.Interrupted:
		f.Interrupted++
		return
	default:
		o = &f.KO
	}
	o.Intended.h.record(intended)
	o.Actual.h.record(s.End.Sub(s.Start))
}
