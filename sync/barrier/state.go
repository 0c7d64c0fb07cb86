package barrier

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Phase is where a barrier is in its life; the table at [Barrier] says what leads from one to another.
type Phase uint8

const (
	// Idle means: nobody waits.
	Idle Phase = iota
	// Waiting means: somebody waits, and enough can still come.
	Waiting
	// Open means: all have arrived, and the barrier is done. A cyclic one is Idle again instead.
	Open
	// Broken means: whoever waits, waited or comes to wait gets a BrokenError.
	Broken
)

func (p Phase) String() string {
	switch p {
	case Idle:
		return "idle"
	case Waiting:
		return "waiting"
	case Open:
		return "open"
	case Broken:
		return "broken"
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// State is a view of a barrier at one moment, for displays of progress. It belongs to the caller.
type State struct {
	Name  string
	Phase Phase
	// Generation counts how often the barrier had opened before.
	Generation int
	// Count is how many parties open the barrier.
	Count int
	// Arrived are those who wait in this generation, or opened it, in the order of their arrivals. Those who left are not here.
	Arrived []Present
	// Missing are all other Parties, in the order of Options.Parties; if anybody may come, those who are known not to: who
	// left.
	Missing []Absent
	// Waited is the time from the first arrival until now, or until the barrier opened or broke; 0 if nobody arrived.
	Waited time.Duration
	// Remaining is the time until the timeout, while Waiting; 0 otherwise.
	Remaining time.Duration
	// Broken says why, if the Phase is Broken; nil otherwise.
	Broken *BrokenError
}

// Present is a party that has arrived.
type Present struct {
	Party string
	// Ago is the time since it arrived.
	Ago time.Duration
}

// Absent is a party that has not arrived, or has left.
type Absent struct {
	Party string
	// Left says that it cannot come any more. False: it may still come.
	Left bool
	// Reason is why it left; nil if it has not, or if nothing was wrong.
	Reason error
}

// String is such as `"owner" (has not come)`.
func (a Absent) String() string {
	switch {
	case !a.Left:
		return fmt.Sprintf("%q (has not come)", a.Party)
	case a.Reason == nil:
		return fmt.Sprintf("%q (left)", a.Party)
	}
	// A reason may be of several lines; they stay under the item that they belong to.
	return fmt.Sprintf("%q (left: %s)", a.Party, strings.ReplaceAll(a.Reason.Error(), "\n", "\n    "))
}

// State returns how the barrier is at this moment.
func (b *Barrier) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stateLocked(time.Now())
}

func (b *Barrier) stateLocked(now time.Time) State {
	gen := b.gen
	s := State{
		Name:       b.name,
		Generation: gen.number,
		Count:      b.options.Count,
		Missing:    b.missing(),
		Broken:     gen.broken,
	}
	for _, a := range gen.arrived {
		if b.leftBy(a.party) == nil {
			s.Arrived = append(s.Arrived, Present{a.party, now.Sub(a.at)})
		}
	}
	if len(gen.arrived) > 0 {
		s.Waited = now.Sub(gen.arrived[0].at)
	}
	switch {
	case gen.broken != nil:
		s.Phase, s.Waited = Broken, gen.broken.Waited
	case !gen.opened.IsZero():
		s.Phase, s.Waited = Open, gen.opened.Sub(gen.arrived[0].at)
	case len(gen.arrived) > 0:
		s.Phase, s.Remaining = Waiting, max(0, gen.deadline.Sub(now))
	}
	return s
}

// missing returns those who have left or have not arrived.
func (b *Barrier) missing() []Absent {
	parties := b.options.Parties
	if len(parties) == 0 {
		for _, l := range b.left {
			parties = append(parties, l.Party)
		}
	}
	var absent []Absent
	for _, party := range parties {
		if left := b.leftBy(party); left != nil {
			absent = append(absent, Absent{Party: party, Left: true, Reason: left.Reason})
		} else if b.gen.index(party) < 0 {
			absent = append(absent, Absent{Party: party})
		}
	}
	return slices.Clip(absent)
}

// String is one line for a display of progress, such as
//
//	"both ready": "owner" waits 3s for "colleague" (has not come); 7s left
func (s State) String() string {
	name := fmt.Sprintf("%q", s.Name)
	if s.Generation > 0 {
		name += fmt.Sprintf(", generation %d", s.Generation)
	}
	switch s.Phase {
	case Waiting:
		var waiting []string
		for _, p := range s.Arrived {
			waiting = append(waiting, fmt.Sprintf("%q", p.Party))
		}
		verb := "waits"
		if len(waiting) > 1 {
			verb = "wait"
		}
		return fmt.Sprintf("%s: %s %s %v for %s; %v left", name, strings.Join(waiting, ", "), verb, rounded(s.Waited),
			listMissing(s.Missing, s.Count-len(s.Arrived)), rounded(s.Remaining))
	case Broken:
		first, _, _ := strings.Cut(s.Broken.Error(), "\n")
		return strings.TrimPrefix(first, "barrier ")
	case Open:
		return fmt.Sprintf("%s: opened after %v", name, rounded(s.Waited))
	}
	return fmt.Sprintf("%s: nobody waits, %d must come", name, s.Count)
}
