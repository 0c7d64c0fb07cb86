package profile

import (
	"fmt"
	"time"
)

// Model tells what a profile decides: when users arrive, or how many are present.
type Model int

// The models.
const (
	Open   Model = iota // users arrive, whatever the system does
	Closed              // a number of users is present
)

func (m Model) String() string {
	if m == Closed {
		return "closed"
	}
	return "open"
}

// Step is one step of a profile. The functions of this package that have the names of steps make them, [New] and
// [Parse] check them. Steps are values: == compares them.
type Step interface {
	// String is the step in the notation that Parse reads.
	fmt.Stringer
	model() Model
	check() *fault
	// lay is called on what has passed check.
	lay(*layout)
}

// Lasting is a step that still needs its duration.
type Lasting[S Step] func(time.Duration) S

// During gives the duration. A step of zero users or of rate 0 only waits for it.
func (l Lasting[S]) During(d time.Duration) S { return l(d) }

// Towards is a step that still needs the number at its end.
type Towards[N int | float64, S Step] func(N) Lasting[S]

// To gives the number at the end of the step.
func (t Towards[N, S]) To(end N) Lasting[S] { return t(end) }
