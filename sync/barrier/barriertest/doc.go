// Package barriertest checks that an implementation of barriers keeps every promise of package barrier, so that a spec cannot
// tell by which of them its sessions meet.
//
// The barrier in memory is the reference. Another, such as one on a store that several machines share, is right when
// [Run] passes:
//
//	func TestConformance(t *testing.T) {
//		barriertest.Run(t, func(t *testing.T, name string, o barrier.Options) (barriertest.Barrier, error) {
//			return store.NewBarrier(name, o)
//		})
//	}
//
// # Why not the tests of package barrier
//
// Those see one implementation, in fake time. The cases here use nothing but the three methods of [Barrier], and take
// the real time that a network needs.
//
// # Concurrency
//
// Run returns when all cases have ended, and leaves no goroutine behind if the implementation leaves none. Cases run one after the
// other, about two seconds in all.
//
// # Errors
//
// What fails is reported by t, with the case as the name of the subtest. Errors need to match with errors.Is and
// errors.As as those of package barrier do; a reason that was given to Leave needs to keep its text, but not its identity, since it may
// have come from another machine.
package barriertest
