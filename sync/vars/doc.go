// Package vars holds the variables of a run, named values that all its sessions and virtual users share, and guarantees that
// every operation on them takes effect at one moment, for all of them (it is linearizable).
//
// # Why not something that exists
//
// A sync.Map has no counters, hashes or queues, and no way to wait for a value; a struct behind a mutex has one lock for
// all, and no results that can be queried while the run goes on. Here every wait has a limit and an error
// that says who waited for what, every misuse is refused with the name of the variable and what it holds, and the whole
// is behind an interface, [Store], so that a store of several machines can stand in without a change in a spec.
//
// # Usage
//
//	run, err := vars.New(vars.Options{})
//	...
//	count, err := run.Delta(ctx, "COUNTER", 1)
//	seen, err := run.KeyGet(ctx, "SEEN_CODES", "505")
//	_, err = run.Await(ctx, "colleague", "PHONEBOOK", vars.Present())
//
// # Get and then set loses updates
//
// Between a Get and the Set that depends on it others may write, and what they wrote is lost:
//
//	v, _ := run.Get(ctx, "X") // two users read "A" ...
//	s, _ := v.Text()
//	run.Set(ctx, "X", s+"B")  // ... and one of their two letters is lost
//
// Numbers are changed by Delta. For all else there is CAS, which changes what it has read or nothing:
//
//	for present, done := (vars.Value{}), false; !done && err == nil; {
//		s, _ := present.Text()
//		done, present, err = run.CAS(ctx, "X", present, s+"B")
//	}
//
// # Reading makes nothing
//
// Get and KeyGet of what is absent are absent, and leave no trace: a misspelt name does not come to be by being asked
// for. UNDEF is a value, and differs from absent.
//
// # Concurrency
//
// All methods may be called from any goroutines at once. In [Memory] each variable has its own lock, and unrelated
// names share none; only Snapshot, and the making and vanishing of names, need more. Values never change once they are
// handed out. What is read whole and changed often should be small: a list or a table is copied at the first change after it
// was read, and at each change while somebody awaits its variable. A store has no goroutine of its own.
//
// # Errors
//
// [*RefusedError] for an operation that does not fit what is there, [*AwaitError] for a wait in vain, [ErrInvalid] for arguments,
// [ErrEnded] after the end of the run; the causes of contexts are wrapped. Nothing is changed where an error is returned.
//
// # Testing
//
// Package varstest checks what any Store has to do, and records histories of concurrent use to be checked for linearizability.
package vars
