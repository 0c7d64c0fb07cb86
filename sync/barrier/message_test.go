package barrier_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/sync/barrier"
)

var update = flag.Bool("update", false, "write testdata/*.golden anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got+"\n" != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

// script is a story around one barrier in fake time. Its text is what the waiters get, and the state where it asks for it.
type script struct {
	*barrier.Barrier
	waiting []*waiting
	text    strings.Builder
}

type waiting struct {
	party string
	err   chan error
}

func (s *script) wait(ctx context.Context, party string) {
	w := &waiting{party, make(chan error, 1)}
	s.waiting = append(s.waiting, w)
	go func() {
		_, err := s.Wait(ctx, party)
		w.err <- err
	}()
	s.settle()
}

func (s *script) leave(party string, reason error) {
	s.Leave(party, reason)
	s.settle()
}

// pass lets time pass: in a bubble, sleeping is how the clock is moved, and not a way to wait for something.
func (s *script) pass(d time.Duration) {
	time.Sleep(d)
	s.settle()
}

func (s *script) state() { fmt.Fprintf(&s.text, "state:\n%v\n\n", s.State()) }

// settle waits until nothing moves any more, and writes down who has returned with an error, in the order of the calls.
func (s *script) settle() {
	synctest.Wait()
	s.waiting = slices.DeleteFunc(s.waiting, func(w *waiting) bool {
		select {
		case err := <-w.err:
			if err != nil {
				fmt.Fprintf(&s.text, "%q gets:\n%v\n\n", w.party, err)
			}
			return true
		default:
			return false
		}
	})
}

func TestMessages(t *testing.T) {
	three := barrier.Options{Parties: []string{"owner", "colleague", "auditor"}, Timeout: 10 * time.Second}
	two := barrier.Options{Parties: []string{"owner", "colleague"}, Cyclic: true}
	countOf := barrier.Options{Parties: []string{"owner", "colleague", "auditor", "guest"}, Count: 3}
	for _, c := range []struct {
		name    string
		options barrier.Options
		tell    func(context.Context, *script)
	}{
		{"timeout", three, func(ctx context.Context, s *script) {
			s.state()
			s.wait(ctx, "owner")
			s.pass(3456789 * time.Microsecond)
			s.wait(ctx, "auditor")
			s.state()
			s.pass(7 * time.Second)
			s.state()
		}},
		{"left", three, func(ctx context.Context, s *script) {
			s.wait(ctx, "owner")
			s.pass(1500 * time.Millisecond)
			s.leave("colleague", errors.New("session \"colleague\": the browser crashed\nexit status 139"))
			s.state()
			s.pass(time.Minute)
			s.wait(ctx, "auditor")
		}},
		{"left_in_peace", two, func(ctx context.Context, s *script) {
			s.leave("colleague", nil)
			s.state()
			s.wait(ctx, "owner")
		}},
		{"left_while_waiting", two, func(ctx context.Context, s *script) {
			s.wait(ctx, "owner")
			s.pass(250 * time.Microsecond)
			s.leave("owner", errors.New("the step timed out"))
		}},
		{"context", two, func(ctx context.Context, s *script) {
			ctx, cancel := context.WithCancelCause(ctx)
			s.wait(ctx, "owner")
			s.pass(2 * time.Second)
			cancel(errors.New("the run was stopped"))
			s.settle()
		}},
		{"generation", two, func(ctx context.Context, s *script) {
			s.wait(ctx, "owner")
			s.wait(ctx, "colleague")
			s.state()
			s.wait(ctx, "colleague")
			s.pass(12345 * time.Millisecond)
			s.state()
			s.pass(time.Minute)
			s.state()
		}},
		{"count", countOf, func(ctx context.Context, s *script) {
			s.leave("guest", nil)
			s.wait(ctx, "owner")
			s.state()
			s.pass(30 * time.Second)
		}},
		{"count_to_choose_from", countOf, func(ctx context.Context, s *script) {
			s.wait(ctx, "owner")
			s.state()
			s.pass(30 * time.Second)
		}},
		{"anybody", barrier.Options{Count: 3}, func(ctx context.Context, s *script) {
			s.wait(ctx, "owner")
			s.state()
			s.pass(time.Second)
			s.leave("guest", errors.New("no ticket"))
			s.pass(30 * time.Second)
		}},
		{"refused", three, func(ctx context.Context, s *script) {
			s.wait(ctx, "ownr")
			s.wait(ctx, "owner")
			s.pass(time.Second)
			s.wait(ctx, "owner")
			s.wait(ctx, "colleague")
			s.wait(ctx, "auditor")
			s.state()
			s.wait(ctx, "owner")
		}},
		{"refused_after_leaving", two, func(ctx context.Context, s *script) {
			s.leave("owner", nil)
			s.wait(ctx, "owner")
			s.wait(ctx, "")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, err := barrier.New("both ready", c.options)
				if err != nil {
					t.Fatal(err)
				}
				s := &script{Barrier: b}
				c.tell(t.Context(), s)
				golden(t, c.name, strings.TrimSpace(s.text.String()))
			})
		})
	}
}

func TestInvalidOptionMessages(t *testing.T) {
	var text []string
	for _, o := range []barrier.Options{
		{},
		{Count: -1, Timeout: -time.Second},
		{Parties: []string{"owner", "", "owner"}, Count: 4},
	} {
		b, err := barrier.New("", o)
		if b != nil || !errors.Is(err, barrier.ErrInvalidOption) {
			t.Errorf("New(%+v): %v, %v", o, b, err)
		}
		text = append(text, fmt.Sprint(err))
	}
	golden(t, "options", strings.Join(text, "\n\n"))
}

// Another implementation may have reasons of its own.
func TestMessageForAnotherReason(t *testing.T) {
	lost := errors.New("the store is gone")
	err := &barrier.BrokenError{Barrier: "both ready", Count: 2, Reason: lost}
	const want = `barrier "both ready" broke after 0s with 0 of 2 parties: the store is gone
  arrived: nobody
  missing: 2 more, whoever comes
  hint: a barrier that is broken stays broken; make a new one for the next attempt`
	if err.Error() != want || !errors.Is(err, lost) {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestLeftErrorWithoutReason(t *testing.T) {
	if got, want := (&barrier.LeftError{Party: "owner"}).Error(), `"owner" left`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPhaseString(t *testing.T) {
	got := fmt.Sprint(barrier.Idle, barrier.Waiting, barrier.Open, barrier.Broken, barrier.Phase(9))
	if want := "idle waiting open broken Phase(9)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
