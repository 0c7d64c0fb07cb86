package model

import "fmt"

// Step is one step of a session: what it does happens when its point is released. Make one with [Read], [Write], [Add],
// [Advance] or [Await].
type Step struct {
	kind     kind
	variable string
	number   int
}

type kind uint8

const (
	read kind = iota
	write
	add
	advance
	await
)

// Read remembers the value of the variable, for a Write of the same strand. It is safe.
func Read(variable string) Step { return Step{read, variable, 0} }

// Write sets the variable to what the strand's last Read of it saw, 0 without one, plus the number.
func Write(variable string, plus int) Step { return Step{write, variable, plus} }

// Add adds the number to the variable, atomically.
func Add(variable string, number int) Step { return Step{add, variable, number} }

// Advance sets the variable to the next number if it has this one, and else does nothing. A chain of them is a defect that
// is as deep as the chain is long.
func Advance(variable string, from int) Step { return Step{advance, variable, from} }

// Await does nothing, but its session does not come to it before the variable is at least the number: a barrier, or a lock.
func Await(variable string, atLeast int) Step { return Step{await, variable, atLeast} }

// String is the What of the step's point.
func (s Step) String() string {
	switch s.kind {
	case read:
		return "read " + s.variable
	case write:
		return "write " + s.variable
	case add:
		return "add " + s.variable
	case advance:
		return fmt.Sprintf("advance %s %d", s.variable, s.number)
	case await:
		return "await " + s.variable
	}
	return fmt.Sprintf("kind(%d) %s", s.kind, s.variable)
}

func (s Step) safe() bool { return s.kind == read || s.kind == await }
