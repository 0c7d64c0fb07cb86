package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// Program says what the sessions do and what is to hold in the end.
type Program struct {
	Sessions []Session
	// Check returns what is wrong with the values in the end; nil means that nothing ever is. All variables begin with 0.
	Check func(value func(variable string) int) error
	// Tell says that executions are to have events and a state. They cost more than all the rest.
	Tell bool
}

// Session is a session of a program.
type Session struct {
	Name string
	// Strands are what it does at the same time, each of them step by step. Most sessions have one.
	Strands [][]Step
}

// ErrDeadlock is the failure of an execution in which steps are left and none can come.
var ErrDeadlock = errors.New("model: all sessions wait for each other")

// Model is a program that can be run.
type Model struct {
	program   Program
	variables []string
	strands   []strand // in the order of the sessions
	kinds     int      // of points: how many different ones there are, by session and What
	access    map[string]access

	values  []int
	seen    []int // row by strand, column by variable: what it read last
	next    []int // by strand: its next step
	nth     []int // by strand: which occurrence that is; 0: it has not come
	arrived []int // by kind of point: how often
	pending []schedule.Pending
	from    []int // of pending: the strand
	events  []schedule.Event
}

type strand struct {
	session string
	steps   []compiled
}

// compiled is a step whose names were looked up.
type compiled struct {
	Step
	what  string
	slot  int // the variable
	point int // the kind of its point
}

type access struct {
	variable int
	safe     bool
}

// New checks the program and makes it ready to run.
func New(p Program) (*Model, error) {
	m := &Model{program: p, access: make(map[string]access)}
	kinds := make(map[[2]string]int)
	for i, session := range p.Sessions {
		if slices.ContainsFunc(p.Sessions[:i], func(other Session) bool { return other.Name == session.Name }) {
			return nil, fmt.Errorf("model: %w: two sessions are named %q", schedule.ErrInvalidOption, session.Name)
		}
		for _, steps := range session.Strands {
			s := strand{session: session.Name}
			for _, step := range steps {
				what := step.String()
				key := [2]string{session.Name, what}
				if _, known := kinds[key]; !known {
					kinds[key] = len(kinds)
				}
				slot := m.slot(step.variable)
				m.access[what] = access{slot, step.safe()}
				s.steps = append(s.steps, compiled{step, what, slot, kinds[key]})
			}
			m.strands = append(m.strands, s)
		}
	}
	m.kinds = len(kinds)
	m.values = make([]int, len(m.variables))
	m.seen = make([]int, len(m.variables)*len(m.strands))
	m.next = make([]int, len(m.strands))
	m.nth = make([]int, len(m.strands))
	m.arrived = make([]int, m.kinds)
	return m, nil
}

func (m *Model) slot(variable string) int {
	if i := slices.Index(m.variables, variable); i >= 0 {
		return i
	}
	m.variables = append(m.variables, variable)
	return len(m.variables) - 1
}

// Independent is the [schedule.Independence] of the steps: they commute if they are about different variables, or if both
// only read.
func (m *Model) Independent(a, b schedule.Pending) bool {
	x, y := m.access[a.What], m.access[b.What]
	return x.variable != y.variable || x.safe && y.safe
}

// Execute is a [schedule.Execute].
func (m *Model) Execute(_ context.Context, c schedule.Chooser) (schedule.Outcome, error) {
	m.reset()
	for m.arrive() {
		i, err := c.Choose(m.pending)
		if err != nil {
			return schedule.Outcome{}, err
		}
		m.do(i)
	}
	return m.outcome(), nil
}

func (m *Model) reset() {
	clear(m.values)
	clear(m.seen)
	clear(m.next)
	clear(m.nth)
	clear(m.arrived)
	m.events = nil
}

// arrive finds out what is pending, and whether anything is.
func (m *Model) arrive() bool {
	m.pending, m.from = m.pending[:0], m.from[:0]
	for i := range m.strands {
		s := &m.strands[i]
		if m.next[i] == len(s.steps) {
			continue
		}
		step := &s.steps[m.next[i]]
		if step.kind == await && m.values[step.slot] < step.number {
			continue
		}
		if m.nth[i] == 0 {
			m.arrived[step.point]++
			m.nth[i] = m.arrived[step.point]
		}
		m.insert(i, schedule.Pending{Point: schedule.Point{Session: s.session, What: step.what, Nth: m.nth[i]}, Safe: step.safe()})
	}
	return len(m.pending) > 0
}

// insert keeps the points of a session in order of their names, as a scheduler does.
func (m *Model) insert(strand int, p schedule.Pending) {
	m.pending, m.from = append(m.pending, p), append(m.from, strand)
	for i := len(m.pending) - 1; i > 0; i-- {
		a, b := &m.pending[i-1], &m.pending[i]
		if a.Session != b.Session || a.What < b.What || a.What == b.What && a.Nth < b.Nth {
			return
		}
		*a, *b = *b, *a
		m.from[i-1], m.from[i] = m.from[i], m.from[i-1]
	}
}

func (m *Model) do(i int) {
	who := m.from[i]
	step := &m.strands[who].steps[m.next[who]]
	value, seen := &m.values[step.slot], &m.seen[who*len(m.variables)+step.slot]
	switch step.kind {
	case read:
		*seen = *value
	case write:
		*value = *seen + step.number
	case add:
		*value += step.number
	case advance:
		if *value == step.number {
			*value++
		}
	case await:
	}
	m.next[who]++
	m.nth[who] = 0
	if m.program.Tell {
		note := fmt.Sprintf("%s = %d", step.variable, *value)
		m.events = append(m.events, schedule.Event{Session: m.pending[i].Session, Point: m.pending[i].Point, Note: note})
	}
}

func (m *Model) outcome() schedule.Outcome {
	o := schedule.Outcome{Events: m.events}
	if m.program.Tell {
		var state []string
		for i, name := range m.variables {
			state = append(state, fmt.Sprintf("%s = %d", name, m.values[i]))
		}
		o.State = strings.Join(state, ", ")
	}
	for i := range m.strands {
		if m.next[i] < len(m.strands[i].steps) {
			o.Failure = ErrDeadlock
			return o
		}
	}
	if m.program.Check != nil {
		o.Failure = m.program.Check(m.value)
	}
	return o
}

func (m *Model) value(variable string) int {
	if i := slices.Index(m.variables, variable); i >= 0 {
		return m.values[i]
	}
	return 0
}
