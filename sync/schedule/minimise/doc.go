// Package minimise finds the few constraints of a failing schedule that matter: "colleague POST /contacts before owner POST
// /rename, after owner GET /edit" is what is left of a hundred points.
//
// # Why constraints
//
// A schedule says where everything is, and nearly all of that is noise. Taking points away from it, as is done with inputs,
// is not possible: sessions come to their points whether they are wanted or not. What can be taken away is the demand that
// one comes before another. So the failing schedule is turned into constraints between points, and a chooser replays that
// obeys some of them, and chooses freely or does the opposite of the others. If it fails all the same, those do not matter.
//
// # How
//
//  1. The constraints: for each two sessions, the pairs of points that depend on each other and follow from no other pair,
//     given that each session keeps its own order. Any single order between two sessions that a defect needs follows from
//     one of them.
//  2. Delta debugging. Where there are more than two sessions, all constraints about one are taken away at once. Then the
//     shortest failing prefix of the list is found by halving; its last constraint is needed, so it is kept, and the same
//     is done with what is before it. That takes about (c+1)·log2(N) replays to get from N constraints to the c that are
//     needed, and keeps the invariant of ddmin: what is kept has failed. Then each one left is tried without, as in the
//     last round of ddmin, so that the result is 1-minimal. (A. Zeller, R. Hildebrandt: Simplifying and Isolating
//     Failure-Inducing Input, IEEE Transactions on Software Engineering 28, 2002.) What is not constrained is chosen
//     steadily: a session goes on for as long as it can.
//  3. The execution that is left has few changes of session. The same is done with its constraints, but now the opposite
//     of each that is taken away is tried as well, and an order that is drawn at random from those that obey what is left. In the end
//     it is confirmed that what remains brings the failure about by itself: in every order that obeys it, where few are left to be run ([Result.EveryOrder]),
//     and else in six that are drawn at random. An order that passes is remembered, and refutes whatever it obeys; if one comes up now, this step
//     begins again.
//  4. Each constraint is made as weak as it can be: an earlier first point, a later second one. What is left is between
//     the very points that the defect is about. This is confirmed likewise, for which six replays are put by; if that fails, the step is undone.
//     So [Result.Forcing] always speaks of the constraints that are returned.
//  5. Sessions that the constraints do not name, and then steps, are left out, those that the caller says can be. The constraints stay the same, so
//     that they, and the trace, are still those of the whole.
//
// # What is known is not run again
//
// What a chooser comes to can be foreseen from what the sessions did before. If an execution had that order already, but for points that
// commute, its outcome is taken, and no replay is used. That is sound whatever was foreseen, as only executions count that obeyed the
// constraints themselves. It saves about half of the replays.
//
// Only what has been run and has failed is ever kept. So the result has been confirmed, even if the replays that
// the caller allows are used up half way.
//
// # Use
//
//	result, err := minimise.Trace(ctx, failure.Trace, execute, minimise.Options{Parts: droppable})
//	fmt.Println(schedule.Words(result.Constraints))
//
// # Errors
//
// [ErrNotReproduced]: the schedule, turned into constraints, does not fail. Anything else is an error of the execution.
package minimise
