package data_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
)

// TestLeasesComeBack, whatever becomes of their holder.
func TestLeasesComeBack(t *testing.T) {
	type holder func(t *testing.T, f *data.Feeder)
	begin := func(t *testing.T, f *data.Feeder) (u *data.User, endUser, endIteration func()) {
		user, cancelUser := context.WithCancel(t.Context())
		iteration, cancelIteration := context.WithCancel(t.Context())
		u = data.NewUser(user, "ada")
		u.Begin(iteration)
		draw(t, f, u)
		return u, cancelUser, cancelIteration
	}
	for name, hold := range map[string]holder{
		"the iteration ends": func(t *testing.T, f *data.Feeder) {
			u := data.NewUser(t.Context(), "ada")
			end := u.Begin(t.Context())
			draw(t, f, u)
			end()
			end()
		},
		"the next iteration begins": func(t *testing.T, f *data.Feeder) {
			u, _, _ := begin(t, f)
			u.Begin(t.Context())
		},
		"the user ends": func(t *testing.T, f *data.Feeder) {
			u, _, _ := begin(t, f)
			u.End()
			u.End()
		},
		"the context of the iteration ends": func(t *testing.T, f *data.Feeder) {
			_, _, end := begin(t, f)
			end()
		},
		"the context of the user ends, as when its session dies": func(t *testing.T, f *data.Feeder) {
			_, end, _ := begin(t, f)
			end()
		},
		"a panic": func(t *testing.T, f *data.Feeder) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			u := data.NewUser(t.Context(), "ada")
			defer u.Begin(t.Context())()
			draw(t, f, u)
			panic("a step failed")
		},
		"its goroutine exits": func(t *testing.T, f *data.Feeder) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				u := data.NewUser(t.Context(), "ada")
				defer u.End()
				u.Begin(t.Context())
				draw(t, f, u)
				runtime.Goexit()
			}()
			<-done
		},
		"its wait ends in the instant in which it is given a value": func(t *testing.T, f *data.Feeder) {
			u := data.NewUser(t.Context(), "ada")
			u.Begin(t.Context())
			draw(t, f, u)
			ctx, cancel := context.WithCancel(t.Context())
			other := data.NewUser(t.Context(), "bob")
			other.Begin(t.Context())
			var both sync.WaitGroup
			both.Go(func() { _, _ = f.Draw(ctx, other) })
			both.Go(u.End)
			both.Go(cancel)
			both.Wait()
			other.End()
		},
		"its user ends while it waits": func(t *testing.T, f *data.Feeder) {
			u := data.NewUser(t.Context(), "ada")
			u.Begin(t.Context())
			draw(t, f, u)
			other := data.NewUser(t.Context(), "bob")
			other.Begin(t.Context())
			var both sync.WaitGroup
			both.Go(func() { _, _ = f.Draw(t.Context(), other) })
			both.Go(u.End)
			both.Go(other.End)
			both.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				f := feeder(t, rows(1), data.Options{Policy: data.Lease})
				hold(t, f)
				next := data.NewUser(t.Context(), "next")
				next.Begin(t.Context())
				draw(t, f, next) // waits for a context that has just ended
				next.End()
				holdings, _ := f.Holdings()
				for _, h := range holdings {
					if h.To.IsZero() {
						t.Errorf("%v", h)
					}
				}
			}
		})
	}
}

// TestALeaseOfAUserOutlastsItsIterations, if it is drawn once.
func TestALeaseOfAUserOutlastsItsIterations(t *testing.T) {
	f := feeder(t, rows(2), data.Options{Policy: data.Lease, Update: data.Once})
	ada, bob := user(t, "ada"), user(t, "bob")
	for range 3 {
		ada.Begin(t.Context())
		if draw(t, f, ada) != 1 || draw(t, f, bob) != 2 {
			t.Error("another value")
		}
	}
	ada.End()
	if got := draw(t, f, user(t, "cyd")); got != 1 {
		t.Errorf("row %d", got)
	}
}

// TestLeasesGoToWhoWaitedLongest, and the value is the one that has been free for longest.
func TestLeasesGoToWhoWaitedLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := feeder(t, rows(2), data.Options{Policy: data.Lease})
		var users []*data.User
		got := make([]int, 6)
		var all sync.WaitGroup
		for i := range got {
			u := data.NewUser(t.Context(), fmt.Sprint("u", i))
			u.Begin(t.Context())
			users = append(users, u)
			all.Go(func() { got[i] = draw(t, f, u) })
			synctest.Wait()
		}
		for _, u := range []*data.User{users[1], users[0], users[2], users[3]} {
			u.End()
			synctest.Wait()
		}
		all.Wait()
		if fmt.Sprint(got) != "[1 2 2 1 2 1]" {
			t.Error(got)
		}
		for _, u := range users {
			u.End()
		}
	})
}

func TestMessagesOfLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := feeder(t, users(), data.Options{Policy: data.Lease, Update: data.EachOccurrence, Wait: 5 * time.Second, OutOfValues: data.StopUser})
		ada, bob := user(t, "ada"), user(t, "bob")
		ada.Begin(t.Context())
		bob.Begin(t.Context())
		draw(t, f, ada)
		<-time.After(time.Second)
		draw(t, f, ada)
		draw(t, f, bob)

		_, err := f.Draw(t.Context(), bob)
		golden(t, "lease_timeout", err.Error())
		if !errors.Is(err, data.ErrStopUser) || !errors.Is(err, data.ErrOutOfValues) || !errors.Is(err, data.ErrTimeout) || errors.Is(err, data.ErrFailRun) {
			t.Error(err)
		}

		ctx, cancel := context.WithCancelCause(t.Context())
		cancelled := make(chan error)
		go func() {
			_, err := f.Draw(ctx, bob)
			cancelled <- err
		}()
		<-time.After(time.Second)
		cancel(errors.New("the browser crashed"))
		err = <-cancelled
		golden(t, "lease_context", err.Error())
		if errors.Is(err, data.ErrOutOfValues) {
			t.Error("the context ended, and the values did not run out")
		}

		bob.Begin(t.Context())
		draw(t, f, ada)
		before := time.Now()
		_, err = f.Draw(t.Context(), ada)
		golden(t, "lease_own", err.Error())
		if !errors.Is(err, data.ErrOwnLeases) || time.Since(before) != 0 {
			t.Errorf("after %v: %v", time.Since(before), err)
		}

		waiting := make(chan error)
		go func() {
			_, err := f.Draw(t.Context(), bob)
			waiting <- err
		}()
		synctest.Wait()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err := <-waiting; !errors.Is(err, data.ErrClosed) {
			t.Error(err)
		}
		if _, err := f.Draw(t.Context(), bob); !errors.Is(err, data.ErrClosed) {
			t.Error(err)
		}
	})
}

// TestAHolderThatForgetsIsFound: without an end the lease stays out, which is what the tests above would see if leases did
// not come back.
func TestAHolderThatForgetsIsFound(t *testing.T) {
	f := feeder(t, rows(1), data.Options{Policy: data.Lease, Wait: time.Millisecond})
	ada, bob := user(t, "ada"), user(t, "bob")
	ada.Begin(t.Context())
	bob.Begin(t.Context())
	draw(t, f, ada)
	if _, err := f.Draw(t.Context(), bob); !errors.Is(err, data.ErrTimeout) {
		t.Error(err)
	}
}

// TestWhoEndsDoesNotWaitOn: the end of a user, of an iteration or of a context ends a wait at once.
func TestWhoEndsDoesNotWaitOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := feeder(t, rows(1), data.Options{Policy: data.Lease})
		holder := user(t, "ada")
		holder.Begin(t.Context())
		draw(t, f, holder)
		died := errors.New("the browser died")
		for _, end := range []func(u *data.User, endIteration func(), cancel context.CancelCauseFunc){
			func(u *data.User, _ func(), _ context.CancelCauseFunc) { u.End() },
			func(_ *data.User, endIteration func(), _ context.CancelCauseFunc) { endIteration() },
			func(_ *data.User, _ func(), cancel context.CancelCauseFunc) { cancel(died) },
		} {
			ctx, cancel := context.WithCancelCause(t.Context())
			u := data.NewUser(ctx, "bob")
			endIteration := u.Begin(ctx)
			failed := make(chan error)
			go func() {
				_, err := f.Draw(t.Context(), u)
				failed <- err
			}()
			synctest.Wait()
			before := time.Now()
			end(u, endIteration, cancel)
			if err := <-failed; !errors.Is(err, data.ErrUserEnded) || errors.Is(err, data.ErrOutOfValues) || time.Since(before) != 0 {
				t.Errorf("after %v: %v", time.Since(before), err)
			}
			cancel(nil)
		}
	})
}
