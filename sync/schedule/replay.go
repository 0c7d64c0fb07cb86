package schedule

import (
	"fmt"
	"strings"
)

// DivergedError says that an execution did not go as a schedule says.
type DivergedError struct {
	// Number is which point it was, counted from 1.
	Number int
	// Want is the point that the schedule has there; the zero Point if it has no more, and one with the session alone if the
	// schedule is a [Short].
	Want Point
	// Pending is what could have been released instead; empty if the execution ended there.
	Pending []Point
}

func (e *DivergedError) Error() string {
	var text strings.Builder
	switch {
	case e.Want == Point{}:
		fmt.Fprintf(&text, "schedule: the schedule ends after %s, but the sessions go on", plural(e.Number-1, "point"))
	case e.Want.Nth == 0:
		fmt.Fprintf(&text, "schedule: the schedule cannot be followed: point %d should be one of session %q, which did not come to it", e.Number, e.Want.Session)
	default:
		fmt.Fprintf(&text, "schedule: the schedule cannot be followed: point %d should be %s, which did not come", e.Number, e.Want)
	}
	if len(e.Pending) == 0 {
		text.WriteString("; all sessions have finished before it")
	}
	for _, p := range e.Pending {
		text.WriteString("\n  pending: " + p.String())
	}
	return text.String()
}

func diverged(at int, want Point, pending []Pending) error {
	e := &DivergedError{Number: at + 1, Want: want}
	for i := range pending {
		e.Pending = append(e.Pending, pending[i].Point)
	}
	return e
}

// Follow returns a chooser that releases the points of the schedule, in its order. It returns a [*DivergedError] at the first
// point that does not come, and if there are points left when the schedule has ended. What it cannot see is an execution that
// ends before the schedule does: [Replay] does.
func Follow(s Schedule) Chooser {
	return FollowThen(s, ChooserFunc(func(pending []Pending) (int, error) {
		return 0, diverged(len(s), Point{}, pending)
	}))
}

// FollowThen is [Follow] with a chooser for what comes after the schedule.
func FollowThen(s Schedule, then Chooser) Chooser {
	at := 0
	return ChooserFunc(func(pending []Pending) (int, error) {
		if at == len(s) {
			return then.Choose(pending)
		}
		i := indexOf(pending, &s[at])
		if i < 0 {
			return 0, diverged(at, s[at], pending)
		}
		at++
		return i, nil
	})
}

// Replay returns the strategy that runs one schedule as often as is said. An execution that does not follow it ends the
// exploration with a [*DivergedError].
func Replay(s Schedule, times int) Strategy { return &replay{schedule: s, times: times} }

type replay struct {
	schedule    Schedule
	times, runs int
}

func (r *replay) String() string { return "replay" }

func (r *replay) Begin() (Chooser, bool) { return Follow(r.schedule), r.runs < r.times }

func (r *replay) End(t Trace) error {
	r.runs++
	if len(t) < len(r.schedule) {
		return diverged(len(t), r.schedule[len(t)], nil)
	}
	return nil
}

func (r *replay) Shown() string { return fmt.Sprintf("1 order, replayed %s", plural(r.runs, "time")) }
