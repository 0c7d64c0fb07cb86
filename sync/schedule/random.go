package schedule

import (
	"fmt"
	"math/rand/v2"
)

// Random returns the strategy that chooses each point uniformly among those pending: the baseline of all others. It
// never ends by itself. Its schedules are the same for the same seed, on every machine, as are those of [PCT] and [POS].
func Random(seed uint64) Strategy { return &random{seed: seed} }

type random struct {
	seed uint64
	runs int
}

func (r *random) String() string { return fmt.Sprintf("random, seed %d", r.seed) }

func (r *random) Begin() (Chooser, bool) { return Uniform(r.seed, uint64(r.runs)), true }

func (r *random) End(Trace) error {
	r.runs++
	return nil
}

func (r *random) Shown() string {
	return fmt.Sprintf("stopped after %s, chosen at random", plural(r.runs, "schedule"))
}

// Uniform returns the chooser that chooses uniformly. Each pair of a seed and a number has a sequence of its own.
func Uniform(seed, number uint64) Chooser {
	random := rand.New(rand.NewPCG(seed, number))
	return ChooserFunc(func(pending []Pending) (int, error) { return random.IntN(len(pending)), nil })
}
