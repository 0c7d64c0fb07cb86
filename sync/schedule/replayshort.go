package schedule

import "fmt"

// ReplayShort is [Replay] of a short form. Whose turn it is and that the session has a point is checked at each point, the
// names of the points by the checksum in the end.
func ReplayShort(s Short, times int) Strategy { return &replayShort{short: s, times: times} }

type replayShort struct {
	short       Short
	times, runs int
}

func (r *replayShort) String() string { return "replay of " + r.short.String() }

func (r *replayShort) Begin() (Chooser, bool) {
	return &shortChooser{turns: r.short.turns, sessions: r.short.sessions}, r.runs < r.times
}

func (r *replayShort) End(t Trace) error {
	r.runs++
	if len(t) < r.short.Len() {
		return fmt.Errorf("schedule: the short form has %s, and the execution ended after %d", plural(r.short.Len(), "point"), len(t))
	}
	if sum := t.Schedule().checksum(); sum != r.short.sum {
		return fmt.Errorf("schedule: the sessions had their turns as the short form says, but came to other points: checksum %08x, want %08x; only the long form can say where",
			sum, r.short.sum)
	}
	return nil
}

func (r *replayShort) Shown() string {
	return fmt.Sprintf("1 order, replayed %s", plural(r.runs, "time"))
}

// shortChooser follows a short form.
type shortChooser struct {
	sessions []string
	turns    []turn // those that are left
	taken    int    // of the first of them
	number   int    // points released
}

func (c *shortChooser) Choose(pending []Pending) (int, error) {
	if len(c.turns) == 0 {
		return 0, diverged(c.number, Point{}, pending)
	}
	t := c.turns[0]
	own := -1
	for i := range pending {
		if pending[i].Session != c.sessions[t.session] {
			continue
		}
		if own++; own == t.own {
			c.number++
			if c.taken++; c.taken == t.times {
				c.turns, c.taken = c.turns[1:], 0
			}
			return i, nil
		}
	}
	e := &DivergedError{Number: c.number + 1, Want: Point{Session: c.sessions[t.session]}}
	for i := range pending {
		e.Pending = append(e.Pending, pending[i].Point)
	}
	return 0, e
}
