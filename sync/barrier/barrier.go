package barrier

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Barrier is a rendezvous. Make one with [New]; it needs no closing, and must not be copied.
//
// Its phases, and what takes it from one to another. "Enough" means that those who arrived and those who can still
// come are at least Options.Count. A caller who is refused changes nothing.
//
//	phase    event                                            next phase
//	-------  -----------------------------------------------  ------------------------------------------
//	Idle     Wait, alone enough (a Count of 1)                Open; if cyclic, Idle of the next generation
//	Idle     Wait, and enough can come                        Waiting, the timeout starts
//	Idle     Wait, and not enough can come                    Broken
//	Idle     Wait, with a context that has ended              Broken
//	Idle     Leave                                            Idle
//	Waiting  Wait, the Count is reached                       Open; if cyclic, Idle of the next generation
//	Waiting  Wait, the Count is not reached                   Waiting
//	Waiting  Wait, with a context that has ended              Broken
//	Waiting  Leave of one who has not arrived, and enough     Waiting
//	Waiting  Leave of one who has not arrived, and not enough Broken
//	Waiting  Leave of one who has arrived                     Broken
//	Waiting  the context of one who has arrived ends          Broken
//	Waiting  the timeout passes                               Broken
//	Open     Leave                                            Open
//
// Invariants, whenever mu is free:
//
//  1. A generation ends once, opened or broken, and its channel is closed then and only then.
//  2. Those who have arrived are different, may come, and have not left, unless that is what broke it.
//  3. Fewer have arrived than Count, except when Open; while Waiting, enough can come.
//  4. The deadline of a generation is set by its first arrival and never moves.
//  5. Open and Broken are final, and a cyclic barrier is never Open.
type Barrier struct {
	name    string
	options Options // complete: nothing is left to a default

	mu   sync.Mutex
	gen  *generation // never nil
	left []*LeftError
}

// generation is one meeting. What done guards is written once, before done is closed, and read after.
type generation struct {
	number   int
	arrived  []arrived
	deadline time.Time // set by the first arrival

	done   chan struct{}
	opened time.Time    // guarded by done; the zero time: it broke
	broken *BrokenError // guarded by done; nil: it opened
}

type arrived struct {
	party string
	at    time.Time
}

// Arrival is what [Barrier.Wait] returns to a party when the barrier opened.
type Arrival struct {
	// Index says how many arrived before this party: 0 for the first, Count-1 for the one that opened the barrier.
	Index int
	// Generation counts how often the barrier had opened before: always 0 unless it is cyclic.
	Generation int
	// Waited is the time from the arrival of this party until the barrier opened.
	Waited time.Duration
}

// New returns a barrier for those and in the way that o says. Its errors wrap [ErrInvalidOption], one for each thing
// that is wrong.
func New(name string, o Options) (*Barrier, error) {
	o, err := o.withDefaults(name)
	if err != nil {
		return nil, err
	}
	return &Barrier{name: name, options: o, gen: newGeneration(0)}, nil
}

func newGeneration(number int) *generation {
	return &generation{number: number, done: make(chan struct{})}
}

// Wait blocks until the barrier opens, which is when enough parties wait, and then returns with nil to all of them.
//
// It returns a [*BrokenError] as soon as the barrier is broken, or at once if it is broken already: a party that is
// needed left, the timeout passed, or a context ended before the barrier opened. If it is ctx that ended, or
// had ended at the call, then the error wraps both the BrokenError (errors.As finds it) and the cause of ctx, and for the
// others the party has left. A barrier that opened in the instant in which ctx ended has opened.
//
// It returns a [*RefusedError] at once if the party may not wait here or not now. That concerns this caller only.
func (b *Barrier) Wait(ctx context.Context, party string) (Arrival, error) {
	gen, index, err := b.arrive(ctx, party)
	if err != nil {
		return Arrival{}, err
	}
	// Each waiter has a timer for the one deadline, so that none is left running and no goroutine is needed.
	timer := time.NewTimer(time.Until(gen.deadline))
	defer timer.Stop()
	select {
	case <-gen.done:
	case <-ctx.Done():
		return b.giveUp(ctx, gen, index)
	case <-timer.C:
		return b.giveUp(ctx, gen, index)
	}
	return gen.outcome(index)
}

// arrive adds the party to the current generation, and ends that generation if the party completes it or shows that it
// cannot be completed.
func (b *Barrier) arrive(ctx context.Context, party string) (*generation, int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	gen := b.gen
	if gen.broken != nil {
		return nil, 0, gen.broken
	}
	if err := b.refusal(party); err != nil {
		return nil, 0, err
	}
	if ctx.Err() != nil {
		return nil, 0, b.breakFor(ctx, party)
	}
	now := time.Now()
	if len(gen.arrived) == 0 {
		gen.deadline = now.Add(b.options.Timeout)
	}
	gen.arrived = append(gen.arrived, arrived{party, now})
	if len(gen.arrived) == b.options.Count {
		gen.opened = now
		close(gen.done)
		if b.options.Cyclic {
			b.gen = newGeneration(gen.number + 1)
		}
	} else if reason := b.shortage(); reason != nil {
		b.breakNow(reason)
	}
	return gen, len(gen.arrived) - 1, nil
}

// giveUp breaks the barrier for a waiter whose context ended or whose timer fired, unless the generation ended first.
func (b *Barrier) giveUp(ctx context.Context, gen *generation, index int) (Arrival, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-gen.done:
		return gen.outcome(index)
	default:
	}
	if ctx.Err() != nil {
		return Arrival{}, b.breakFor(ctx, gen.arrived[index].party)
	}
	return Arrival{}, b.breakNow(ErrTimeout)
}

// outcome may be called once done is closed.
func (gen *generation) outcome(index int) (Arrival, error) {
	if gen.broken != nil {
		return Arrival{}, gen.broken
	}
	return Arrival{
		Index:      index,
		Generation: gen.number,
		Waited:     gen.opened.Sub(gen.arrived[index].at),
	}, nil
}

// Leave says that the party cannot come, now or later, and why; a nil reason means that it ended and nothing is wrong.
//
// If the party is waiting, or others wait who cannot become enough without it, then the barrier breaks and they
// are released at once. If nobody waits, nothing breaks: not before somebody comes to wait in vain, so that all parties
// may leave in peace. Leaving again, leaving a barrier that is broken or has opened for good, and leaving one where the
// party was not expected, change nothing.
func (b *Barrier) Leave(party string, reason error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gen.over() || !b.mayCome(party) || b.leftBy(party) != nil {
		return
	}
	gone := &LeftError{Party: party, Reason: reason}
	b.left = append(b.left, gone)
	switch waiting := b.gen.arrived; {
	case len(waiting) == 0:
	case b.gen.index(party) >= 0:
		b.breakNow(gone) // whoever waits has given a promise that the party can no longer keep
	default:
		if reason := b.shortage(); reason != nil {
			b.breakNow(reason)
		}
	}
}

// refusal returns why the party may not wait here now, or nil.
func (b *Barrier) refusal(party string) error {
	refuse := func(why error, detail string) error {
		return &RefusedError{Barrier: b.name, Party: party, Reason: why, Detail: detail}
	}
	switch {
	case party == "":
		return refuse(ErrUnknownParty, "the name of the party is empty")
	case !b.mayCome(party):
		return refuse(ErrUnknownParty, "only "+quoted(b.options.Parties)+" may come")
	case b.gen.over():
		return refuse(ErrOpened, "it opens once; a cyclic barrier opens again and again")
	case b.leftBy(party) != nil:
		return refuse(ErrLeft, "whoever left does not come back")
	case b.gen.index(party) >= 0:
		since := time.Since(b.gen.arrived[b.gen.index(party)].at)
		return refuse(ErrAlreadyWaiting, fmt.Sprintf("since %v; a party arrives once in a generation", rounded(since)))
	}
	return nil
}

func (b *Barrier) mayCome(party string) bool {
	return len(b.options.Parties) == 0 || slices.Contains(b.options.Parties, party)
}

func (b *Barrier) leftBy(party string) *LeftError {
	for _, l := range b.left {
		if l.Party == party {
			return l
		}
	}
	return nil
}

// shortage returns the leaving that made it impossible for the current generation to be completed, or nil. Only who has
// not arrived can have left (invariant 2), so the Parties less those who left are all that will ever be there.
func (b *Barrier) shortage() error {
	spare := len(b.options.Parties) - b.options.Count
	if len(b.options.Parties) == 0 || len(b.left) <= spare {
		return nil
	}
	return b.left[spare]
}

// breakFor breaks the barrier because ctx, with which the party waits, has ended, and returns the error for that party.
func (b *Barrier) breakFor(ctx context.Context, party string) error {
	ended := fmt.Errorf("its context ended: %w", context.Cause(ctx))
	gone := &LeftError{Party: party, Reason: ended}
	b.left = append(b.left, gone)
	return fmt.Errorf("the context of %q ended: %w: %w", party, context.Cause(ctx), b.breakNow(gone))
}

// breakNow ends the current generation for all who wait, and the barrier for good.
func (b *Barrier) breakNow(reason error) *BrokenError {
	s := b.stateLocked(time.Now())
	err := &BrokenError{
		Barrier:    b.name,
		Generation: s.Generation,
		Count:      s.Count,
		Arrived:    s.Arrived,
		Missing:    s.Missing,
		Reason:     reason,
		Waited:     s.Waited,
	}
	b.gen.broken = err
	close(b.gen.done)
	return err
}

// over reports whether the generation has ended. That of a cyclic barrier is then not the current one, unless it broke.
func (gen *generation) over() bool { return !gen.opened.IsZero() || gen.broken != nil }

// index returns the place of the party among those who arrived, or -1.
func (gen *generation) index(party string) int {
	return slices.IndexFunc(gen.arrived, func(a arrived) bool { return a.party == party })
}
