package harness

// Wilson bounds a rate.
var Wilson = wilson

// Finish computes what a result says of its rounds, for results that a test makes up.
func (r *RaceResult) Finish(released, plain []Round) {
	for _, round := range released {
		r.Released.add(round)
	}
	if plain != nil {
		r.Plain = &Tally{}
	}
	for _, round := range plain {
		r.Plain.add(round)
	}
	r.finish()
}

// Finish is the same of a sweep.
func (r *SweepResult) Finish(rounds map[int][]Round) {
	for i, list := range rounds {
		for _, round := range list {
			r.Offsets[i].add(round)
		}
	}
	r.finish()
}
