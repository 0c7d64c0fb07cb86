// Package profile says when virtual users arrive, or how many are present, exactly and without running anything.
//
// A [Profile] is a sequence of steps; a [Plan] is a profile under a seed: every time of it is known, none is kept.
// Times come from whole numbers, so a plan of ten million users is as exact at its end as at its beginning, and
// takes no more memory than one of ten.
//
// # Why not something that exists
//
// Load tools compute arrivals while they run, mostly in floating point and in ticks; what they did cannot be
// printed beforehand, tested alone, or split between machines without a remainder. Here the plan is a pure value
// that an engine follows.
//
// # Usage
//
//	p, err := profile.New(
//		profile.RampUsers(10).During(5*time.Second),
//		profile.ConstantUsersPerSec(20).During(15*time.Second).Randomized(),
//	)
//	p, err = profile.Parse("rampUsers(10).during(5), constantUsersPerSec(20).during(15).randomized")
//	for at := range p.Plan(seed).Arrivals() {
//		// one user arrives at this time after the start
//	}
//
// The steps of a profile are all of the open model (users arrive whatever the system does: [NothingFor],
// [AtOnceUsers], [RampUsers], [ConstantUsersPerSec], [RampUsersPerSec], [StressPeakUsers], [IncrementUsersPerSec])
// or all of the closed one (a number of users is held: [ConstantConcurrentUsers], [RampConcurrentUsers],
// [IncrementConcurrentUsers]). [Plan.Shard] splits a plan between machines.
//
// Beside profiles there are the other things that decide when something starts: [Throttle], [Pause] and [Pace],
// [Start] for a plain number of executions, and [Tree] for scenarios that wait for one another.
//
// # Rounding
//
// Rates are kept to a billionth per second: what is finer is rounded to the nearest. Times are whole nanoseconds.
// A time is computed from the start of its step, without adding up, and rounded down for an arrival, so that it is
// within its step; a change of a closed target, a start of [Start] and a turn under a [Throttle] are rounded up,
// so that they are never early. Times of randomized steps and of [StressPeakUsers] come from floating point;
// processors that fuse multiplication and addition may differ by a nanosecond.
//
// # Limits
//
// [MaxUsers], [MaxRate], [MaxDuration], [MaxLevels]: what is above, a negative number, and a rate or a number of
// users to hold above 0 with a duration of 0 are refused before anything starts.
//
// # Concurrency
//
// All values are immutable and may be used by any number of goroutines, but for [Walk], which belongs to one, and
// the source of random numbers that is handed to [Pause.Next].
//
// # Errors
//
// Functions that take values give a [*StepError], a [*TreeError] or an error in plain words; those that read text
// give a [*ParseError], which has line, column, the line with a caret below the place, and a hint. Only [Must] and
// [Walk.End] panic.
package profile
