// Package load lets virtual users loose on a system: they start when the plan says, whatever the system does, and
// what became of them is told truly, however the run ends.
//
// # Why not something that exists
//
// Load tools have users of their own, in languages of their own. Here a virtual user is a session like a browser:
// a Go function, with the same barriers, run variables and test data, in one run with real browsers that see what people
// see while the load goes on. Arrivals come from package profile, which knows each of them beforehand; that the
// generator was late, and by how much, is a figure of every result.
//
// # Use
//
//	target, err := virtual.NewTarget(virtual.Options{BaseURL: url})
//	browse := load.Scenario{
//		Name: "browse", Target: target,
//		Profile: profile.Must(profile.Parse("rampUsers(100).during(10)")),
//		User: func(ctx context.Context, u *load.User) error {
//			if _, err := u.Get(ctx, "/items"); err != nil {
//				return err
//			}
//			if err := u.Pause(ctx); err != nil {
//				return err
//			}
//			_, err := u.Do(ctx, virtual.Request{Name: "buy", Path: "/cart", JSON: item, Check: bought})
//			return err
//		},
//	}
//	result, err := load.Run(ctx, load.Options{Assertions: promises}, logIn.AndThen(browse))
//	fmt.Println(result.Err()) // nil if all assertions hold
//
// Loops, branches and retries are plain Go. Requests have names and groups for statistics; package check has checks.
//
// # Models
//
// In an open model a user arrives at its time, in a goroutine of its own. In a closed one there are seats: a user that
// ends is replaced at once, and when fewer are wanted, those that are too many finish their iteration. Scenario.Start
// is a plain number of executions. Nobody is started any more when the steps are over, a limit is reached, or the run
// is stopped; then users have a time to finish, and those left are interrupted and counted as interrupted.
//
// # Figures
//
// The first request of an iteration is intended to start when the user was to arrive, be replaced, or begin its
// next turn of a pace; one after a pause when the pause is over; one that was throttled when its turn came. Response
// times are from there and from the actual start. Lateness is what is left when waiting on purpose is taken off.
//
// # With browsers
//
// Options.Watch runs functions beside the load; Live.Beside lets them measure what a browser session sees, into the same
// result. A harness.Scenario that closes Options.Stop when it has ended decides how long the load lasts.
//
// # Concurrency
//
// Run returns when all users have ended; one that ignores the end of its context for 5 s is left behind, and
// the result says so. A User belongs to the goroutine of its function; Live may be used by any.
//
// # Errors
//
// Run refuses what does not fit, all of it at once and before anything starts, with sessions.ErrInvalidOption, a
// *profile.TreeError or data.ErrNotEnough. Failures of users are counted by message: errors that their functions
// return, a *PanicError, and functions that end their goroutine. Result.Err says whether the run is as it should be.
package load
