package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness"
)

// The renaming works for 24 ms or more between its check and its act, so a contact that is added 8 or 16 ms after the
// check comes between them, and one that is added before the check does not.
func TestASweepFindsTheWindow(t *testing.T) {
	b := newBook(t, &book{work: 12 * blocksIn(2*time.Millisecond)})
	result := newDuel(t, b).race(b).Sweep(t.Context(), harness.SweepOptions{
		From: -16 * time.Millisecond, To: 32 * time.Millisecond, Step: 8 * time.Millisecond, Rounds: 4,
	})
	if result.Stopped != "" || len(result.Offsets) != 7 {
		t.Fatal(result)
	}
	if from, _, ok := result.Window(); !ok || from > -8*time.Millisecond {
		t.Errorf("the window is not found: %v", result)
	}
	before, after := 0, 0
	for _, at := range result.Offsets {
		switch {
		case at.Asked < 0:
			before += at.Violations
		case at.Asked > 0:
			after += at.Violations
		}
		for _, round := range at.List {
			// The book tells the moment of the check, so this is so whatever else the machine does.
			if len(round.Violations) > 0 && (round.Apart >= 0 || round.Order[0] != "owner") {
				t.Errorf("violated, and the check came after the contact: %+v", round)
			}
		}
	}
	if before <= after {
		t.Errorf("the window is on the wrong side: %v", result)
	}
}

// blocksIn is how many are hashed in such a time when nobody disturbs: the most of several tries.
func blocksIn(long time.Duration) (most int) {
	for range 10 {
		n := 0
		for start := time.Now(); time.Since(start) < long; n++ {
			hash(1)
		}
		most = max(most, n)
	}
	return most
}

func TestASweepIsSilentOnTheSoundTwin(t *testing.T) {
	b := newBook(t, &book{work: window, sound: true})
	result := newDuel(t, b).race(b).Sweep(t.Context(), harness.SweepOptions{Step: 2500 * time.Microsecond, Rounds: 2})
	if err := result.Err(); err != nil {
		t.Error(err)
	}
	if from, to, ok := result.Window(); ok {
		t.Errorf("a window from %v to %v", from, to)
	}
	wantText(t, result.String(), "no window: no invariant was violated at any offset", "-5.0 ms", "+2.5 ms")
}

// The offsets take turns, and are kept with what they really were.
func TestOffsetsOfASweep(t *testing.T) {
	b := newBook(t, &book{tell: func(string) time.Time { return time.Time{} }}) // then the times are those of sending
	result := newDuel(t, b).race(b).Sweep(t.Context(), harness.SweepOptions{From: -40 * time.Millisecond, To: 45 * time.Millisecond, Step: 40 * time.Millisecond, Rounds: 3})
	var asked []time.Duration
	for i, at := range result.Offsets {
		asked = append(asked, at.Asked)
		var measured []time.Duration
		for n, round := range at.List {
			if round.Number != 3*n+i+1 {
				t.Errorf("round %d at offset %v is number %d", n, at.Asked, round.Number)
			}
			// A request is never sent before its time, so the later one is not too early.
			if at.Asked < 0 && round.Apart > at.Asked/2 || at.Asked > 0 && round.Apart < at.Asked/2 {
				t.Errorf("asked for %v: %v", at.Asked, round.Apart)
			}
			measured = append(measured, round.Apart)
		}
		if slices.Sort(measured); at.Measured != measured[1] {
			t.Errorf("%v is not the median of %v", at.Measured, measured)
		}
	}
	if want := []time.Duration{-40 * time.Millisecond, 0, 40 * time.Millisecond}; !slices.Equal(asked, want) {
		t.Errorf("%v, want %v", asked, want)
	}
}

func TestASweepIsStopped(t *testing.T) {
	b := newBook(t, &book{})
	result := newDuel(t, b).race(b).Before(func(_ context.Context, round int) error {
		if round == 23 {
			return errBroken
		}
		return nil
	}).Sweep(t.Context(), harness.SweepOptions{})
	if !errors.Is(result.Err(), errBroken) || result.Stopped != "the race was stopped before round 23: the list is empty" {
		t.Error(result.Err())
	}
	if len(result.Offsets) != 21 || result.Offsets[0].Rounds != 2 || result.Offsets[20].Rounds != 1 || result.Offsets[20].High == 0 {
		t.Error(result)
	}
}

func TestSweepsSurviveJSON(t *testing.T) {
	b := newBook(t, &book{})
	swept := newDuel(t, b).race(b).Sweep(t.Context(), harness.SweepOptions{From: time.Millisecond, To: time.Millisecond, Rounds: 2})
	for name, result := range map[string]*harness.SweepResult{"swept": swept, "made": someSweep()} {
		text, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		var read harness.SweepResult
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&read, result) || read.Schema != "lockstep/sweep/1" {
			t.Errorf("%s:\n%+v\nwas\n%+v", name, &read, result)
		}
	}
}

// someSweep has a window from 3 ms to 0.5 ms before the contact, and one offset at which no round counted.
func someSweep() *harness.SweepResult {
	result := &harness.SweepResult{
		RaceInfo: harness.RaceInfo{Schema: harness.SweepSchema, Scenario: "rename a book / add a contact to it", Racers: []string{"owner", "colleague"}, Seed: 42},
		Step:     500 * time.Microsecond,
	}
	rounds := map[int][]harness.Round{}
	for i := range 21 {
		at := time.Duration(i-10) * result.Step
		result.Offsets = append(result.Offsets, harness.Offset{Asked: at})
		for n := range 10 {
			round := harness.Round{Number: n*21 + i + 1, Apart: at - 20*time.Microsecond, Order: []string{"owner", "colleague"}, Saw: []string{"owner 200", "colleague 200"}}
			switch {
			case at == 4*time.Millisecond:
				round.Problem = "the race does not take place"
			case at >= -3*time.Millisecond && at < 0 && n < 10-2*max(i-7, 4-i+2, 0):
				round.Violations = []string{"it was renamed"}
			}
			rounds[i] = append(rounds[i], round)
		}
	}
	result.Finish(rounds)
	return result
}

func TestTextOfASweep(t *testing.T) {
	golden(t, "sweep", someSweep().String())
}

func TestTheWindowInWords(t *testing.T) {
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	for _, c := range []struct {
		violated []time.Duration
		step     time.Duration
		want     string
	}{
		{nil, ms(1), "no window: no invariant was violated at any offset"},
		{[]time.Duration{0}, ms(1), "the window is at least 0 ms wide: an invariant was violated where owner's request was released together with colleague's"},
		{[]time.Duration{ms(-1)}, ms(1), "the window is at least 0 ms wide: an invariant was violated where owner's request was released 1 ms before colleague's"},
		{[]time.Duration{ms(1)}, ms(1), "the window is at least 0 ms wide: an invariant was violated where owner's request was released 1 ms after colleague's"},
		{[]time.Duration{ms(-2), ms(-1)}, ms(1), "the window is at least 1 ms wide: an invariant was violated where owner's request was released 2 ms to 1 ms before colleague's"},
		{[]time.Duration{ms(0.25), ms(1)}, ms(0.25), "the window is at least 0.75 ms wide: an invariant was violated where owner's request was released 0.25 ms to 1.00 ms after colleague's"},
		{[]time.Duration{ms(-1), ms(2)}, ms(1), "the window is at least 3 ms wide: an invariant was violated where owner's request was released from 1 ms before to 2 ms after colleague's"},
		{[]time.Duration{ms(-3)}, ms(1), "the window is at least 0 ms wide: an invariant was violated where owner's request was released 3 ms before colleague's; it reaches the end of the sweep, so it may be wider"},
	} {
		result := &harness.SweepResult{RaceInfo: harness.RaceInfo{Racers: []string{"owner", "colleague"}}, Step: c.step}
		for at := ms(-3); at <= ms(3); at += c.step {
			o := harness.Offset{Asked: at}
			if slices.Contains(c.violated, at) {
				o.Violations = 1
			}
			result.Offsets = append(result.Offsets, o)
		}
		if got := result.WindowInWords(); got != c.want {
			t.Errorf("%v:\ngot  %s\nwant %s", c.violated, got, c.want)
		}
	}
}
