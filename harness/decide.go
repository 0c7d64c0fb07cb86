package harness

import (
	"context"
	"fmt"
)

// decision is what becomes of an item whose turn it is. The zero value lets its body run.
type decision struct {
	outcome Outcome
	blame   *Step  // the item that did not pass
	reason  string // where there is no item to blame
}

// decide is the table of outcomes, for an item that everything it comes after has ended before:
//
//	event                                        step      own precondition  postcondition
//	-------------------------------------------  --------  ----------------  --------------------
//	a step that the step requires did not pass   skipped   skipped           skipped
//	a precondition of the step did not pass      blocked   -                 runs: it was reached
//	the run was stopped                          aborted   aborted           runs if it was reached
//	the session died, or is held by a body       errored   errored           errored
//	which ignored the end of its context
//	otherwise                                    runs      runs              runs
//
// AlwaysRun takes the first line out. What an item itself requires gates it in the same way.
func (r *run) decide(ctx context.Context, item *Step) decision {
	if item.kind == KindPostcondition {
		return r.decidePostcondition(item)
	}
	if d := r.gate(item); d.outcome != "" {
		return d
	}
	if ctx.Err() != nil {
		return decision{outcome: Aborted, reason: "the run was stopped: " + context.Cause(ctx).Error()}
	}
	return r.vitality(item)
}

// gate tells whether what the item requires lets it run.
func (r *run) gate(item *Step) decision {
	if item.of != nil && !item.of.alwaysRun { // a step that will be skipped needs no preconditions
		if d := r.require(item.of.requires); d.outcome != "" {
			if d.outcome == Blocked { // its step is blocked by another: this one is not needed
				d.outcome = Skipped
			}
			return d
		}
	}
	if !item.alwaysRun {
		if d := r.require(item.requires); d.outcome != "" {
			return d
		}
	}
	return r.require(r.preconditions(item))
}

// require finds what did not pass: a step skips, a precondition blocks, and the skip counts more.
func (r *run) require(required []*Step) decision {
	var blocked decision
	for _, other := range required {
		outcome := r.states[other.index].record.Outcome
		switch {
		case outcome == Passed:
		case outcome == Aborted:
			return decision{outcome: Aborted, blame: other}
		case other.kind == KindStep, other.kind == KindPostcondition:
			return decision{outcome: Skipped, blame: other}
		case blocked.outcome == "":
			blocked = decision{outcome: Blocked, blame: other}
		}
	}
	return blocked
}

// preconditions are those of one step alone.
func (r *run) preconditions(step *Step) []*Step {
	var own []*Step
	for _, item := range r.scenario.items {
		if item.kind == KindPrecondition && item.of == step {
			own = append(own, item)
		}
	}
	return own
}

func (r *run) decidePostcondition(item *Step) decision {
	if !r.reached(item.of) {
		return decision{outcome: Skipped, blame: item.of}
	}
	if d := r.require(item.requires); d.outcome != "" {
		return d
	}
	return r.vitality(item)
}

// reached tells whether a step, which has ended, was reached: its body or one of its own preconditions was
// started, or a precondition blocked it, or its session could not be used.
func (r *run) reached(step *Step) bool {
	s := r.states[step.index]
	if s.started || s.record.Outcome == Blocked || s.record.Outcome == Errored {
		return true
	}
	for _, own := range r.preconditions(step) {
		if r.states[own.index].started {
			return true
		}
	}
	return false
}

// vitality tells whether the item's session can be used.
func (r *run) vitality(item *Step) decision {
	if err := r.live[item.session].Err(); err != nil {
		return decision{outcome: Errored, reason: withoutSession(err, item.session.Name()).Error()}
	}
	if holder := r.held[item.session]; holder != nil {
		return decision{outcome: Errored, reason: fmt.Sprintf("the session is still held by %s, whose body did not return when its context had ended", holder.label())}
	}
	return decision{}
}

// chain tells why an item did not run: what is to blame, and why that did not pass, and so on.
func (r *run) chain(d decision) []string {
	if d.blame == nil {
		return []string{d.reason}
	}
	var chain []string
	for blame := d.blame; blame != nil; {
		s := r.states[blame.index]
		chain = append(chain, fmt.Sprintf("%s of %s %s", blame.label(), blame.session.Name(), s.record.Outcome))
		if s.blame == nil {
			return append(chain, s.record.Cause...)
		}
		blame = s.blame
	}
	return chain
}
