package model

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// ErrDefect is the failure of an execution that found the defect of [Planted].
var ErrDefect = errors.New("model: the defect shows")

// Planted returns a program with a defect of a known depth: it shows if, and only if, depth+1 steps of the sessions a and b
// come in turn, b's first, so that depth constraints between the two are needed and enough. Around them is noise: steps
// that read and write other variables, so that there are points points in all, spread over the sessions. If all of a come
// before all of b, it does not show.
//
// The sound twin is the same program without the defect.
func Planted(depth, sessions, points int, seed uint64, sound bool) Program {
	random := rand.New(rand.NewPCG(seed, uint64(depth)))
	steps := make([][]Step, max(sessions, 2))
	for i := range max(0, points-depth-1) {
		who := i % len(steps)
		noise := []Step{Read("noise"), Write("noise", 1), Add("other", 1), Read("other")}
		steps[who] = append(steps[who], noise[random.IntN(len(noise))])
	}
	for who := range 2 {
		var own []Step
		for i := 1 - who; i <= depth; i += 2 {
			own = append(own, Advance("stage", i))
		}
		steps[who] = scatter(random, steps[who], own)
	}
	p := Program{Check: func(value func(string) int) error {
		if value("stage") > depth && !sound {
			return ErrDefect
		}
		return nil
	}}
	for i, own := range steps {
		p.Sessions = append(p.Sessions, Session{Name: name(i), Strands: [][]Step{own}})
	}
	return p
}

// name is a, b, c, and so on.
func name(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return fmt.Sprint("s", i)
}

// scatter puts the steps of own, in their order, anywhere among the others.
func scatter(random *rand.Rand, others, own []Step) []Step {
	var all []Step
	for len(others)+len(own) > 0 {
		if random.IntN(len(others)+len(own)) < len(own) {
			all, own = append(all, own[0]), own[1:]
		} else {
			all, others = append(all, others[0]), others[1:]
		}
	}
	return all
}
