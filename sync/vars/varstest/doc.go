// Package varstest checks that an implementation of [vars.Store] keeps every promise of package vars, so that a spec cannot
// tell where the variables of its run are.
//
// The store in memory is the reference. Another, such as one that several machines share, is right when [Run] passes, and
// when the histories that [Record] makes are linearizable:
//
//	func TestConformance(t *testing.T) {
//		varstest.Run(t, func(t *testing.T, o vars.Options) vars.Store { ... })
//	}
//
// # Histories
//
// [Record] lets several clients use a store at once, and notes what each asked, what it got, and when. [State.Step] says
// what a store may answer. A checker such as porcupine then decides whether there is an order of all operations that
// explains every answer; its model is State with Step, and a test of package vars shows the few lines that bind
// the two. This package itself needs the standard library alone.
//
// # Concurrency
//
// Run and Record return when all that they started has ended.
//
// # Errors
//
// What fails is reported by t, with the case as the name of the subtest. Errors need to match with errors.Is and errors.As as
// those of package vars do.
package varstest
