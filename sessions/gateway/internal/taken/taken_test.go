package taken

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

type parcel struct {
	name     string
	decision *Decision[string]
}

func newParcel(name string) *parcel { return &parcel{name, NewDecision[string]()} }

func (p *parcel) Release()   { p.decision.Decide("go") }
func (p *parcel) open() bool { return p.decision.Open() }

func counts(b *Book[*parcel], name string, matches, decides bool) bool {
	return b.Counts(func() string { return name }, func() bool { return matches }, decides)
}

func TestWhatIsTaken(t *testing.T) {
	for _, c := range []struct {
		nth, count int
		want       []bool
	}{
		{1, 1, []bool{true, false, false}},
		{2, 1, []bool{false, true, false}},
		{2, 2, []bool{false, true, true}},
		{2, -1, []bool{false, true, true}},
	} {
		b := New(c.nth, c.count, (*parcel).open)
		var got []bool
		for range c.want {
			got = append(got, counts(b, "", true, true))
		}
		if !slices.Equal(got, c.want) || b.Seen() != len(c.want) {
			t.Errorf("%d, %d: %v of %d", c.nth, c.count, got, b.Seen())
		}
	}
	b := New(1, 1, (*parcel).open)
	if counts(b, "", true, false) || b.Seen() != 1 {
		t.Error("another rule decides")
	}
}

func TestWhatPassesIsNamed(t *testing.T) {
	b := New(1, -1, (*parcel).open)
	for i := range 15 {
		counts(b, fmt.Sprint(i), false, true)
	}
	if got := b.Passed(); len(got) != most || got[0] != "5" || got[most-1] != "14" {
		t.Errorf("%q", got)
	}
	b.Close()
	if counts(b, "late", true, true) || b.Passed()[most-1] != "late" {
		t.Errorf("a closed book took something: %q", b.Passed())
	}
}

func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(1, -1, (*parcel).open)
		one, two := newParcel("one"), newParcel("two")
		go func() {
			time.Sleep(time.Second)
			b.Announce(one)
			one.Release()
			time.Sleep(time.Second)
			b.Announce(two)
		}()
		life, end := context.WithCancelCause(t.Context())
		if h, err := b.First(t.Context(), life); h != one || err != nil {
			t.Errorf("%v, %v", h, err)
		}
		if h, err := b.Waiting(t.Context(), life); h != two || err != nil {
			t.Errorf("%v, %v", h, err)
		}
		b.Close()
		if two.open() {
			t.Error("it is still held")
		}
		limited, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Waiting(limited, life); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		over := errors.New("the gateway has ended")
		end(over)
		if _, err := b.Waiting(t.Context(), life); !errors.Is(err, over) {
			t.Error(err)
		}
		late := newParcel("late")
		if b.Announce(late); late.open() {
			t.Error("a closed book holds something")
		}
	})
}

// TestMemory: what was let go is forgotten, but for the first.
func TestMemory(t *testing.T) {
	b := New(1, -1, (*parcel).open)
	first := newParcel("first")
	for i := range 100 {
		p := first
		if i > 0 {
			p = newParcel("another")
		}
		b.Announce(p)
		p.Release()
	}
	if len(b.taken) > 2 || b.taken[0] != first {
		t.Errorf("%d are kept", len(b.taken))
	}
}

func TestWhoDecidesFirstDecides(t *testing.T) {
	d := NewDecision[string]()
	if !d.Open() || !d.Decide("go") || d.Decide("drop") || d.Open() {
		t.Error("two verdicts, or none")
	}
	if v := <-d.Verdict(); v != "go" {
		t.Error(v)
	}
}
