// Package data feeds users with test data, and guarantees that a value has never more holders, and is never used more often,
// than its policy says, however many users draw at once and in whatever way they end.
//
// A [Feeder] is a [Source] (CSV, JSON, JSON Lines, Go values, a function) under a [Policy]. Its position is shared by all users of a
// run.
//
// # Why not something that exists
//
// Load tools have feeders, tied to their own scripts. None has a lease: a value that is out with one user at a time and
// comes back when that user's iteration ends, by a panic or by a browser that died too. And when users collide over a
// value, somebody has to be able to say who held it at that moment: [Feeder.Holders] does, and [WithObserver] tells it as it happens.
//
// # Usage
//
//	accounts, err := data.New("accounts", data.CSV("accounts.csv"), data.Options{Policy: data.Lease, Columns: []string{"user", "password"}})
//	enough, err := accounts.Enough(data.Need{Users: 5, Iterations: 10}) // before the run
//
//	user := data.NewUser(ctx, "vu-1") // for each virtual user or session
//	defer user.End()
//	for range 10 {
//		end := user.Begin(ctx)
//		account, err := accounts.Draw(ctx, user)
//		... account.Value("user") ...
//		end() // the account is free for others
//	}
//
// # Which policy
//
// Ask whether two users may have the value at the same time (if not: Queue, Lease, UniqueBlock), and whether it can be used
// again (if not: Queue, or OncePerUser where only the same user cannot). The table is at [Policy]. All columns of a row go
// together; [Options.Follow] ties the rows of one feeder to those of another.
//
// # What does not fit into memory
//
// Sequential, Circular and Queue read a source as they go if it has more than Options.Memory. An error in a row then comes
// out when the row is drawn, or counted by Enough. The other policies need every row at hand, and New refuses what
// does not fit.
//
// # Concurrency
//
// A feeder is for all goroutines at once; a [User] is for one, but that it can be ended from any. Chance follows from
// the seed: for Random what each user gets, whatever the others do; for Shuffle the order in which rows are dealt. Who
// comes first gets the first row, and that is not in the seed.
//
// # Errors
//
// [*PlaceError] with file, line and column for what is wrong in a file; [*OutOfValuesError], which says what is to follow
// ([ErrFailRun], [ErrStopUser]); [*WaitError] with who held the values; [*NotEnoughError] before a run. All have a hint.
package data
