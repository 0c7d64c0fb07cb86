package profile

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// Plan is a profile under a seed: every time of it is known, and none is kept. It never changes, and any number of
// goroutines may use it.
type Plan struct {
	layout
	model         Model
	seed          uint64
	noShard       bool
	shard, shards int
}

// Plan lays the profile out. The seed decides the times of randomized steps: the same seed gives the same plan.
func (p Profile) Plan(seed uint64) Plan {
	plan := Plan{model: p.Model(), seed: seed, noShard: p.noShard, shards: 1}
	for _, step := range p.steps {
		step.lay(&plan.layout)
	}
	return plan
}

// Shard is the part of machine i of n, counted from 0. The parts of all machines together are exactly the whole:
// each user of an open plan arrives at one of them at the same time as in the whole; the targets of a closed plan
// add up to its target at every moment. A profile with NoShard is whole on machine 0, and has no users on the
// others.
func (p Plan) Shard(i, n int) (Plan, error) {
	if p.shards != 1 {
		return Plan{}, fmt.Errorf("shard %d of %d: the plan is shard %d of %d already", i, n, p.shard, p.shards)
	}
	if n < 1 || i < 0 || i >= n {
		return Plan{}, fmt.Errorf("shard %d of %d: want 0 to one less than the number of shards", i, n)
	}
	p.shard, p.shards = i, n
	return p, nil
}

// Model is the model of the profile.
func (p Plan) Model() Model { return p.model }

// Seed is the seed of the plan.
func (p Plan) Seed() uint64 { return p.seed }

// Randomized tells whether the seed makes a difference.
func (p Plan) Randomized() bool {
	for _, stage := range p.open {
		if _, random := stage.(draws); random {
			return true
		}
	}
	return false
}

// Duration is the time from the start of the first step to the end of the last one. It is the same for all shards.
func (p Plan) Duration() time.Duration {
	var d time.Duration
	for _, stage := range p.open {
		d += stage.length()
	}
	for _, h := range p.closed {
		d += h.over
	}
	return d
}

// Users is how many users arrive. It is 0 for a closed plan, where the users decide how often they are replaced.
func (p Plan) Users() int {
	users := 0
	for _, stage := range p.open {
		users += stage.users()
	}
	return p.share(users, p.shard)
}

// share is the part of this shard of a number that is dealt out in turn, the shard with the given number first.
func (p Plan) share(users, turn int) int {
	if p.noShard {
		if p.shard == 0 {
			return users
		}
		return 0
	}
	return (users + p.shards - 1 - turn) / p.shards
}

// Arrivals gives the time of each user's arrival from the start, in order. It needs no memory that grows with their
// number, and gives the same each time. A closed plan has none.
func (p Plan) Arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		var start time.Duration
		turn := p.shard // users until the next one of this shard
		mine := func(at time.Duration) bool {
			if turn > 0 {
				turn--
				return true
			}
			turn = p.shards - 1
			return yield(start + at)
		}
		if p.noShard && p.shard > 0 {
			return
		}
		if p.noShard || p.shards == 1 {
			mine = func(at time.Duration) bool { return yield(start + at) }
		}
		for number, stage := range p.open {
			source := rand.New(rand.NewPCG(p.seed, uint64(number)))
			if !stage.each(source, mine) {
				return
			}
			start += stage.length()
		}
	}
}

// Target is a number of users to be present from a time on.
type Target struct {
	At    time.Duration
	Users int
}

// Targets gives the changes of the number of users wanted, in order: the first at 0, whatever its number, then one whenever it changes.
// A ramp that reaches its end at the very end of the plan has a last change there. An open plan has none.
func (p Plan) Targets() iter.Seq[Target] {
	return func(yield func(Target) bool) {
		var start time.Duration
		var next Target  // of several changes at one moment the last one counts
		shown := -1      // users of the last target that was given
		waiting := false // whether next is one
		flush := func() bool {
			if !waiting || next.Users == shown {
				return true
			}
			shown = next.Users
			return yield(next)
		}
		change := func(t Target) bool {
			t.At += start
			t.Users = p.share(t.Users, p.shard)
			if waiting && t.At != next.At && !flush() {
				return false
			}
			next, waiting = t, true
			return true
		}
		for _, h := range p.closed {
			if !h.each(change) {
				return
			}
			start += h.over
		}
		flush()
	}
}

// TargetAt is the number of users wanted at a time. It is 0 before the start, and from Duration on.
func (p Plan) TargetAt(at time.Duration) int {
	if at < 0 {
		return 0
	}
	for _, h := range p.closed {
		if at < h.over {
			return p.share(h.target(at), p.shard)
		}
		at -= h.over
	}
	return 0
}
