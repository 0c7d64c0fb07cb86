// Package barrier is a named rendezvous of several parties: none of them goes on before all are there, and none of them
// waits for a party that cannot come any more, or for longer than the timeout.
//
// # Why not something that exists
//
// A sync.WaitGroup, or a barrier built on sync.Cond, cannot be left when a context ends, has no timeout, and when it
// hangs it does not say whom it waits for. Here the failure is the point: a barrier that breaks tells who arrived and
// when, who is missing and why, to everyone who waits and at once. The rule that one party's end breaks the barrier for
// all is that of Java's CyclicBarrier; the names, the timeout that is always there, and [Barrier.Leave] are not.
//
// # Usage
//
//	ready, err := barrier.New("both ready", barrier.Options{
//		Parties: []string{"owner", "colleague"},
//		Timeout: 10 * time.Second,
//	})
//	...
//	arrival, err := ready.Wait(ctx, "owner") // in one goroutine; the same for "colleague" in another
//
// Whoever runs a party calls [Barrier.Leave] when that party ends, in whatever way: it does no harm where the party has
// passed the barrier, and frees the others where it has not.
//
// # All parties, or some
//
// With Options.Count zero, all the Parties must come. With a Count, that many of the Parties open the barrier, whichever
// come first; a Leave then breaks it only once fewer than Count can still come. With a Count and no Parties,
// anybody may come: the barrier cannot know who could still do so, and only the timeout frees those who wait for a
// party that left before it arrived. So name the Parties where they are known.
//
// # Concurrency
//
// All methods may be called from any goroutines at once. Those who wait are released together, by one closed
// channel. A barrier has no goroutine and no timer of its own while nobody waits, so there is nothing to close. Being
// built on channels, it works in a bubble of testing/synctest.
//
// # Errors
//
// [New] returns errors that wrap [ErrInvalidOption]. [Barrier.Wait] returns a [*RefusedError] for a mistake of its caller, of which
// the others notice nothing, and otherwise a [*BrokenError], which wraps [ErrBroken].
//
// # Testing
//
// What another implementation must do to stand in for this one is checked by package barriertest.
package barrier
