// Package stats counts and times the requests of a load run: every figure is exact, or within the stated precision
// of HdrHistogram, whatever the length of the run, in memory that does not grow with it.
//
// # Why
//
// Tens of thousands of samples a second cannot be kept, and averages of averages lie. Times go into HdrHistograms,
// which are added up without loss. They are kept twice, from the intended start and from the actual one: a system
// that stalls also delays the requests that should have followed, and figures from the actual start alone leave
// their waiting out.
//
// # Use
//
//	run, err := stats.New(stats.Options{WarmUp: 10 * time.Second})
//	browse := run.Scenario("browse")
//	user, err := target.User(id, browse.Recorder())
//	browse.Started()
//	...
//	browse.Ended(stats.Passed)
//	p99, ok := run.Snapshot().Total.OK.Intended.Percentile(99)
//
// Requests that ended well (OK) and others (KO) have distributions of their own, since a refused connection is
// quick; Figures.All adds them up. No data is not zero: figures say whether there is one.
//
// # Concurrency
//
// Everything may be called by many goroutines. Recorders write to shards, as many as there are processors, whose
// locks are hardly ever waited for; a snapshot takes them one at a time, one series at a time. No goroutine is
// started.
//
// # Errors
//
// Only New refuses anything: options that do not fit. What could be too much is bounded, and what is beyond the
// bounds is counted together under a name that says so (OtherNames, OtherMessages); no count is lost.
package stats
