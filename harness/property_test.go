package harness_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

// plannedItem is an item of a random scenario, and what it refers to by index.
type plannedItem struct {
	kind            harness.Kind
	of              int // the step that it belongs to, or -1
	session         int
	requires, after []int
	always, fails   bool
}

// drawItems makes a scenario whose items refer to earlier steps and preconditions alone, so that it has no cycle.
func drawItems(t *rapid.T) []plannedItem {
	var items []plannedItem
	for range rapid.IntRange(1, 12).Draw(t, "items") {
		item := plannedItem{
			kind: rapid.SampledFrom([]harness.Kind{harness.KindStep, harness.KindStep, harness.KindPrecondition, harness.KindPostcondition}).Draw(t, "kind"),
			of:   -1, session: rapid.IntRange(0, 2).Draw(t, "session"), fails: rapid.IntRange(0, 3).Draw(t, "fails") == 0,
		}
		var common, steps []int
		for i, earlier := range items {
			if earlier.kind == harness.KindStep {
				steps = append(steps, i)
			}
			if earlier.of < 0 {
				common = append(common, i)
			}
		}
		if item.kind != harness.KindStep && len(steps) > 0 && (item.kind == harness.KindPostcondition || rapid.Bool().Draw(t, "own")) {
			item.of = rapid.SampledFrom(steps).Draw(t, "of")
		}
		if item.kind == harness.KindPostcondition && item.of < 0 {
			item.kind = harness.KindStep
		}
		if item.of < 0 {
			if len(common) > 0 {
				item.requires = rapid.SliceOfNDistinct(rapid.SampledFrom(common), 0, min(2, len(common)), rapid.ID[int]).Draw(t, "requires")
				item.after = rapid.SliceOfNDistinct(rapid.SampledFrom(common), 0, min(2, len(common)), rapid.ID[int]).Draw(t, "after")
			}
			item.always = item.kind == harness.KindStep && rapid.IntRange(0, 4).Draw(t, "always") == 0
		}
		items = append(items, item)
	}
	if !slices.ContainsFunc(items, func(i plannedItem) bool { return i.kind == harness.KindStep }) {
		items = append(items, plannedItem{kind: harness.KindStep, of: -1})
	}
	return items
}

// model is the table of outcomes, item by item, without any order: nothing in it depends on one.
type model struct {
	items []plannedItem
	known map[int]harness.Outcome
}

func (m *model) outcome(i int) harness.Outcome {
	if known, ok := m.known[i]; ok {
		return known
	}
	item := m.items[i]
	outcome := harness.Passed
	if item.fails {
		outcome = harness.Failed
	}
	switch gate := m.gate(i); {
	case item.kind == harness.KindPostcondition && !m.reached(item.of):
		outcome = harness.Skipped
	case gate != "":
		outcome = gate
	}
	m.known[i] = outcome
	return outcome
}

// gate is what keeps an item from running; empty lets it run.
func (m *model) gate(i int) harness.Outcome {
	item := m.items[i]
	if item.kind == harness.KindPrecondition && item.of >= 0 && !m.items[item.of].always && m.worst(m.items[item.of].requires) != "" {
		return harness.Skipped
	}
	if !item.always {
		if gate := m.worst(item.requires); gate != "" {
			return gate
		}
	}
	return m.worst(m.own(i))
}

// worst of what is required: a step that did not pass skips, a precondition blocks.
func (m *model) worst(required []int) harness.Outcome {
	var worst harness.Outcome
	for _, r := range required {
		switch {
		case m.outcome(r) == harness.Passed:
		case m.items[r].kind == harness.KindStep:
			return harness.Skipped
		default:
			worst = harness.Blocked
		}
	}
	return worst
}

func (m *model) own(step int) (own []int) {
	for i, item := range m.items {
		if item.kind == harness.KindPrecondition && item.of == step {
			own = append(own, i)
		}
	}
	return own
}

func (m *model) reached(step int) bool { return m.outcome(step) != harness.Skipped }

// before lists what must have ended before the item starts.
func (m *model) before(i int) []int {
	item := m.items[i]
	edges := slices.Concat(item.requires, item.after)
	if item.kind == harness.KindPrecondition && item.of >= 0 {
		edges = slices.Concat(edges, m.items[item.of].requires, m.items[item.of].after)
	}
	all := slices.Clone(edges)
	for j, other := range m.items { // and the postconditions of those
		if other.kind == harness.KindPostcondition && slices.Contains(edges, other.of) {
			all = append(all, j)
		}
	}
	if item.kind == harness.KindPostcondition {
		all = append(all, item.of)
	}
	return append(all, m.own(i)...)
}

func TestRandomScenarios(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{items: drawItems(rt), known: map[int]harness.Outcome{}}
		u := newUsers(t, harness.Progress(nil))
		defer u.t.end()
		ran := make([]int, len(m.items)) // each is written by its own body alone
		result := m.declare(u, ran).Run(t.Context())
		if errors.Is(result.Err(), harness.ErrInvalidScenario) {
			rt.Fatal(result.Err())
		}
		for i, record := range result.Records {
			want := m.outcome(i)
			if record.Outcome != want {
				rt.Fatalf("item %d %s, the model says %s\n%+v\n%s", i, record.Outcome, want, m.items, result)
			}
			if runs := want == harness.Passed || want == harness.Failed; (ran[i] == 1) != runs || ran[i] > 1 {
				rt.Fatalf("item %d ran %d times and %s", i, ran[i], want)
			}
			m.checkOrder(rt, result, i)
		}
	})
}

// checkOrder compares the stamps of an item with those of others.
func (m *model) checkOrder(rt *rapid.T, result *harness.Result, i int) {
	record := result.Records[i]
	if record.Started.Seq == 0 {
		return
	}
	for _, j := range m.before(i) {
		if result.Records[j].Ended.Seq > record.Started.Seq {
			rt.Fatalf("item %d started before item %d ended\n%s", i, j, result)
		}
	}
	for j, other := range result.Records {
		if j != i && other.Session == record.Session && other.Started.Seq > 0 &&
			other.Started.Seq < record.Ended.Seq && record.Started.Seq < other.Ended.Seq {
			rt.Fatalf("items %d and %d of %s overlap\n%s", i, j, record.Session, result)
		}
	}
}

// declare makes the scenario; ran counts how often each body runs.
func (m *model) declare(u *users, ran []int) *harness.Scenario {
	sc := u.Scenario("random")
	all := []*harness.Session{u.owner, u.colleague, u.clerk}
	var steps []*harness.Step
	for i, item := range m.items {
		does := func(context.Context, Gomega, sessions.Session) error {
			ran[i]++
			if item.fails {
				return errBroken
			}
			return nil
		}
		var options []harness.StepOption
		for _, r := range item.requires {
			options = append(options, harness.Requires(steps[r]))
		}
		for _, a := range item.after {
			options = append(options, harness.After(steps[a]))
		}
		if item.always {
			options = append(options, harness.AlwaysRun())
		}
		name, session := fmt.Sprintf("item %d", i), all[item.session]
		var step *harness.Step
		switch {
		case item.kind == harness.KindStep:
			step = sc.Step(session, name, does, options...)
		case item.kind == harness.KindPostcondition:
			step = steps[item.of].Postcondition(session, name, does, options...)
		case item.of >= 0:
			step = steps[item.of].Precondition(session, name, does, options...)
		default:
			step = sc.Precondition(session, name, does, options...)
		}
		steps = append(steps, step)
	}
	return sc
}
