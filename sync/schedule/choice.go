package schedule

import (
	"errors"
	"fmt"
)

// Pending is a point at which a session is held.
type Pending struct {
	Point
	// Safe says that what the session does next changes nothing that another could see, as a safe HTTP method does.
	Safe bool
}

// Independence reports whether two points commute: whichever is released first, the same becomes of both, and neither
// makes the other come or go. It must be symmetrical. It is not asked about two points of one session: they never are.
//
// A nil Independence means [BothSafe].
type Independence func(a, b Pending) bool

// BothSafe is the independence of requests of which nothing more is known: they commute if both are safe.
func BothSafe(a, b Pending) bool { return a.Safe && b.Safe }

// Nothing is the independence under which nothing commutes: every order is looked at.
func Nothing(_, _ Pending) bool { return false }

func (f Independence) orDefault() Independence {
	if f == nil {
		return BothSafe
	}
	return f
}

// dependent reports whether the order of the two matters.
func (f Independence) dependent(a, b *Pending) bool {
	return a.Session == b.Session || !f(*a, *b)
}

// Chooser says which point is released next. A chooser is for one execution and one goroutine.
type Chooser interface {
	// Choose returns an index of pending, of which there is at least one: in the order in which the sessions were declared,
	// those of a session by name. An error ends the execution; [ErrRedundant] ends it without harm. The slice is the caller's.
	Choose(pending []Pending) (int, error)
}

// ChooserFunc is a func as a [Chooser].
type ChooserFunc func(pending []Pending) (int, error)

// Choose calls f.
func (f ChooserFunc) Choose(pending []Pending) (int, error) { return f(pending) }

// ErrRedundant is what a chooser returns when whatever could still happen in this execution is, but for the order of
// points that commute, what happened in an earlier one.
var ErrRedundant = errors.New("schedule: nothing new can come of this execution")

// Choice is a point that was released.
type Choice struct {
	Pending
	// Since is how many points had been released when the session came to it: at the Choice numbered Since, counted from
	// zero, it was pending for the first time.
	Since int
	// Own is which of the pending points of its own session it was, counted from zero; they are in order of their names.
	Own int
	// Of is how many points of all sessions were pending.
	Of int
}

// Trace is what was released in one execution, in order.
type Trace []Choice

// Schedule returns the names of the points.
func (t Trace) Schedule() Schedule {
	s := make(Schedule, len(t))
	for i := range t {
		s[i] = t[i].Point
	}
	return s
}

// Recorder is a chooser that asks another one and keeps what it chose. Make one with [Record].
type Recorder struct {
	chooser Chooser
	trace   Trace
	before  []seen // what was pending at the last choice
	now     []seen
	err     error // the last of the chooser
}

type seen struct {
	point Point
	since int
}

// Record returns a recorder of what c chooses.
func Record(c Chooser) *Recorder { return &Recorder{chooser: c} }

// Trace returns what was chosen so far. It is the recorder's until the execution has ended.
func (r *Recorder) Trace() Trace { return r.trace }

// Choose asks the chooser.
func (r *Recorder) Choose(pending []Pending) (int, error) {
	i, err := r.chooser.Choose(pending)
	if err == nil && (i < 0 || i >= len(pending)) {
		err = outOfRange(i, len(pending))
	}
	if err != nil {
		r.err = err
		return 0, err
	}
	r.now = r.now[:0]
	for j := range pending {
		r.now = append(r.now, seen{pending[j].Point, r.since(&pending[j].Point)})
	}
	own := 0
	for j := range i {
		if pending[j].Session == pending[i].Session {
			own++
		}
	}
	r.trace = append(r.trace, Choice{Pending: pending[i], Since: r.now[i].since, Own: own, Of: len(pending)})
	r.before, r.now = r.now, r.before
	return i, nil
}

func (r *Recorder) since(p *Point) int {
	for i := range r.before {
		if r.before[i].point == *p {
			return r.before[i].since
		}
	}
	return len(r.trace)
}

func outOfRange(i, of int) error {
	return fmt.Errorf("schedule: the chooser chose number %d of %d pending points", i, of)
}

// Err returns the last error of the chooser; nil if it always chose. An execution may have made something else of it.
func (r *Recorder) Err() error { return r.err }
