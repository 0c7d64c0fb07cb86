// Package coexist checks that users of a scenario can live together: it lets several work at the same moment, finds whether any of
// them failed, and tells over which data value they collided, who else held it at that moment, and for how long.
//
// # Why not something that exists
//
// A load tool counts that iterations failed. That two users had the same row of a file at the same time is not in its results, so
// people compare logs. Here every draw and return of a value is recorded under one lock, and each failure is held against
// that record, in virtual users and in real browsers alike.
//
// # The method
//
//	phase          who                  how long                                 zero means
//	-------------  -------------------  ---------------------------------------  ---------------------------
//	ByIterations   each scenario alone  Options.Users, Options.Iterations each   5 users, 10 iterations each
//	ByDuration     each scenario alone  Options.Users, for Options.Duration      5 users, 10 minutes
//	AllTogether    all scenarios        Options.Together each, for the same      3 users of each, 10 minutes
//
// All users of a phase start at the same moment and never wait: pauses, paces and throttles of a load.Scenario are taken out
// (a PauseFor within its function is the function's own, and stays). AllTogether is left out where there is one scenario. The
// verdict is zero errors.
//
// # Use
//
//	accounts, err := data.New("accounts", data.CSV("accounts.csv"), data.Options{Policy: data.Lease})
//	result, err := coexist.Check(ctx, coexist.Options{},
//		coexist.Virtual(load.Scenario{Name: "buy", Target: target, Feeders: []*data.Feeder{accounts}, User: buy}),
//		coexist.InBrowsers(coexist.BrowserScenario{Name: "look", Session: sessions.BrowserOptions{BaseURL: url}, User: look}))
//	Expect(result).To(coexist.LiveTogether())
//
// Users draw rows by load.User.Draw and BrowserUser.Draw, from any feeder. Feeders that the scenarios name are asked first whether
// they have enough for all phases.
//
// # What a collision is
//
// Two holdings overlap if both were out at one moment, by the order of draws and returns, not by a clock. An iteration that
// fails while its user holds a value that another held at any moment since it was drawn is a collision over that value, with that
// user; if there are several such values, or users, over each and with each. An iteration that fails without one is not blamed on data: the report says
// that no other user held its values, and who held them last. That a value was shared does not prove that it was the
// reason, so the report says also how many iterations shared one and did not fail.
//
// Which values a user holds, and until when, its feeders say: with data.EachOccurrence a draw replaces the one before.
//
// Values are the same if they are the same line of one file with the same content, whatever feeders they come from; where a
// source has no lines, if feeder, number and content are the same. Only users of the check are known: what others do with
// a value is not in the record.
//
// # Why not in package harness
//
// It stands on harness/load for virtual users, as harness itself does not; and a check has no test: it is a command as well.
//
// # Concurrency
//
// Check returns when all users have ended; one that ignores the end of its context for 5 s is left behind, and the result says so.
// A BrowserUser belongs to the goroutine of its function.
//
// # Errors
//
// Check refuses what does not fit, all of it at once and before anything starts, with sessions.ErrInvalidOption or
// data.ErrNotEnough. What users did wrong is in the Result: Err wraps ErrCollided where there was any failure.
package coexist
