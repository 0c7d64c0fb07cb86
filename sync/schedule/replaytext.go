package schedule

import (
	"fmt"
	"strings"
)

// ReplayConstraints returns the strategy that runs, as often as is said, what [Obey] chooses where it has a choice left. An
// execution that cannot obey ends the exploration with an [*UnmetError].
func ReplayConstraints(constraints []Constraint, times int) Strategy {
	return &replayConstraints{constraints: constraints, times: times}
}

type replayConstraints struct {
	constraints []Constraint
	times, runs int
}

func (r *replayConstraints) String() string { return "replay of constraints" }

func (r *replayConstraints) Begin() (Chooser, bool) {
	return Obey(r.constraints, nil), r.runs < r.times
}

func (r *replayConstraints) End(Trace) error {
	r.runs++
	return nil
}

func (r *replayConstraints) Shown() string {
	return fmt.Sprintf("1 order that obeys %s, replayed %s", plural(len(r.constraints), "constraint"), plural(r.runs, "time"))
}

// ReplayText returns the strategy for a text that somebody kept: a short form, a schedule with a line for each point, or
// constraints, one in a line. Its errors are of type [*ParseError].
func ReplayText(text string, times int) (Strategy, error) {
	if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, version) && !strings.Contains(trimmed, "\n") {
		short, err := ParseShort(trimmed)
		if err != nil {
			return nil, err
		}
		return ReplayShort(short, times), nil
	}
	s, err := Parse(text)
	if err == nil {
		return Replay(s, times), nil
	}
	// A schedule that is wrong in one line is told so, unless its lines are constraints.
	constraints, wrong := ParseConstraints(text)
	switch {
	case wrong == nil:
		return ReplayConstraints(constraints, times), nil
	case strings.Contains(text, between):
		return nil, wrong
	}
	return nil, err
}
