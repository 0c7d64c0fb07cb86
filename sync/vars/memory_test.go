package vars_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/seed49090845/lockstep/sync/vars"
)

// TestNothingIsWrittenAfterTheEnd ends a store while others write to names old and new.
func TestNothingIsWrittenAfterTheEnd(t *testing.T) {
	for range 50 {
		s := inMemory(t, vars.Options{})
		var all sync.WaitGroup
		ready := make(chan struct{}, 4)
		for writer := range 4 {
			all.Go(func() {
				var err error
				for i := 0; err == nil; i++ {
					_, err = s.Delta(t.Context(), "SUM", 1)
					if err == nil {
						_, err = s.Set(t.Context(), fmt.Sprint("by ", writer, " ", i%7), i)
					}
					if i == 0 {
						ready <- struct{}{}
					}
				}
				if !errors.Is(err, vars.ErrEnded) {
					t.Error(err)
				}
			})
		}
		for range 4 {
			<-ready
		}
		if err := s.End(t.Context()); err != nil {
			t.Fatal(err)
		}
		final, _ := s.Snapshot(t.Context())
		all.Wait()
		again, _ := s.Snapshot(t.Context())
		if final.Revision != again.Revision || !final.Vars["SUM"].Equal(again.Vars["SUM"]) {
			t.Fatalf("%v at the end, %v later", final, again)
		}
	}
}

// TestNamesThatAreGoneLeaveNothing lets many make and remove the same names, and others wait for them.
func TestNamesThatAreGoneLeaveNothing(t *testing.T) {
	s := inMemory(t, vars.Options{})
	const users, rounds, names = 6, 300, 3
	var all sync.WaitGroup
	for user := range users {
		all.Go(func() {
			for i := range rounds {
				name := fmt.Sprint("n", i%names)
				_, err := s.Delta(t.Context(), name, 1)
				_, err2 := s.Set(t.Context(), name, nil)
				_, err3 := s.Await(t.Context(), fmt.Sprint("user ", user), name, vars.Is(nil))
				if err := errors.Join(err, err2, err3); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	last, err := s.Snapshot(t.Context())
	if err != nil || len(last.Vars) != 0 {
		t.Errorf("%v, %v", last, err)
	}
	// Each delta is a change; of the removals each that met a value is one.
	if least, most := uint64(users*rounds+names), uint64(2*users*rounds); last.Revision < least || last.Revision > most {
		t.Errorf("revision %d, want %d to %d", last.Revision, least, most)
	}
	if n := vars.Count(s.(*vars.Memory)); n != 0 {
		t.Errorf("%d names are kept", n)
	}
}

// TestSnapshotsAreOfOneMoment counts "first" and then "second", among many other names, so that a snapshot that took one
// variable after the other would see them further apart than they ever are.
func TestSnapshotsAreOfOneMoment(t *testing.T) {
	s, ctx := inMemory(t, vars.Options{}), t.Context()
	for i := range 500 {
		if err := set(ctx, s, fmt.Sprint("other ", i), 0); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			_, err := s.Delta(ctx, "first", 1)
			_, err2 := s.Delta(ctx, "second", 1)
			if err := errors.Join(err, err2); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 300 {
		snapshot, err := s.Snapshot(ctx)
		if err != nil {
			t.Fatal(err)
		}
		first, _ := snapshot.Vars["first"].Int()
		second, _ := snapshot.Vars["second"].Int()
		if apart := first - second; apart < 0 || apart > 1 || snapshot.Revision != uint64(500+first+second) {
			t.Errorf("first %d, second %d, revision %d", first, second, snapshot.Revision)
			break
		}
	}
	close(stop)
	writer.Wait()
}
