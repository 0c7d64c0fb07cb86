package harness

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInvalidScenario is wrapped by the error of a scenario that was refused before anything started.
var ErrInvalidScenario = errors.New("the scenario is not valid")

// Mistake is one thing that is wrong with a declaration.
type Mistake struct {
	// Place is file:line of the declaration.
	Place string
	// What is wrong.
	What string
	// Hint says what to do about it.
	Hint string
}

// InvalidScenarioError lists all that is wrong with a scenario.
type InvalidScenarioError struct {
	Scenario string
	Mistakes []Mistake
}

func (e *InvalidScenarioError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scenario %q is not valid; nothing was started:", e.Scenario)
	for _, m := range e.Mistakes {
		fmt.Fprintf(&b, "\n  %s: %s\n    hint: %s", m.Place, m.What, m.Hint)
	}
	return b.String()
}

func (e *InvalidScenarioError) Unwrap() error { return ErrInvalidScenario }

func (h *Harness) mistake(at place, what, hint string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mistakes = append(h.mistakes, Mistake{at.String(), what, hint})
}

func (sc *Scenario) mistake(at place, what, hint string) {
	sc.mistakes = append(sc.mistakes, Mistake{at.String(), what, hint})
}
