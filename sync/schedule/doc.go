// Package schedule lets exactly one session move at a time, in an order that is chosen, recorded and repeated at will; and it
// searches such orders for one that shows a defect.
//
// # Why not something that exists
//
// Searching schedules is well known for threads within one process, whose scheduler can be replaced. Sessions of a web
// application are browsers, connections and server processes: all that can be had of them is that they stop at certain
// points and go on when they are told to. So the scheduler here knows nothing but points, and proves by counting, never by
// sleeping, that nobody moves before it lets the next one go.
//
// # Points and schedules
//
// A [Point] is named by session, what and occurrence: "owner POST /phonebooks/{id}#1". A [Schedule] is a list of points and,
// in text, a line for each. [Schedule.String] and [Parse] are inverses, so a schedule can be reviewed, committed and
// replayed. [Trace.Short] is the same for a command line, in at most 200 characters.
//
// # Point sources
//
// Whatever can stop a session is a point source: step starts, a gateway, a database gateway. It starts a [Strand] of the
// session for each thing that goes on by itself (the body of a step, a request), and says of it: it arrives at a point, it
// waits for something else to move, it ends.
//
//	s, err := schedule.New(schedule.Options{Sessions: []string{"owner", "colleague"}})
//	...
//	request := s.Session("owner").Start(nil) // in the gateway of the owner
//	defer request.End()
//	if err := request.Arrive(ctx, "POST /phonebooks/{id}", false); err != nil {
//		return err
//	}
//	// it was released: now it goes to the server
//
// [Scheduler.Run] releases a point when all strands are held, wait or have ended, and all sessions have a strand or
// have finished. A strand that waits is asked whether it still does before each release, so that a lock that was let
// go by another session, or a barrier that opened, is noticed by proof and not by luck:
//
//	statement.Wait("the lock of owner's request", func(ctx context.Context) bool { return stillBlocked(ctx, pid) })
//
// # Exploration
//
// [Explore] runs executions under a [Strategy]: [Exhaustive], [PCT], [POS], [Random], or [Replay] of a schedule. Its report
// says what has been shown, such as "all 6 orders that can differ, of 20". What an execution is, it does not know: package
// harness gives it a scenario, package schedule/model a system of a few lines in memory.
//
// [Repeat] tells whether the system is deterministic enough to be explored, [Inevitable] where in a schedule its failure
// was settled, and package schedule/minimise which few constraints of it matter.
//
// # Concurrency
//
// [Session] and [Strand] may be used from any goroutines. The scheduler has no goroutine of its own: it is in the one that
// calls [Scheduler.Run]. A [Strategy], a [Chooser] and a [Recorder] are for one goroutine.
//
// # Errors
//
// Options that do not fit: errors that wrap [ErrInvalidOption]. A text that is no schedule: [*ParseError], with line and
// column. A session that does not come to its next point: [*StuckError], which tells what each session was doing. A
// schedule that cannot be followed: [*DivergedError], which names the first point that differs.
package schedule
