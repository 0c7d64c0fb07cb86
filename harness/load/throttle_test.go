package load

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

// TestAThrottleFollowsItsCurve has as many wait as want to, and counts who went by when.
func TestAThrottleFollowsItsCurve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit, err := profile.ParseThrottle("reachRps(100).in(10), holdFor(5), jumpToRps(20), holdFor(100)")
		if err != nil {
			t.Fatal(err)
		}
		th := newThrottle(limit, time.Now(), 0, 1)
		const asked = 1000
		turns := make([]time.Duration, asked)
		for i := range asked { // all ask at the beginning
			at, ok := th.next(th.began)
			if !ok {
				t.Fatal("never")
			}
			turns[i] = at.Sub(th.began)
		}
		wentBy := func(d time.Duration) (n int) {
			for _, at := range turns {
				if at <= d {
					n++
				}
			}
			return n
		}
		for by, want := range map[time.Duration]int{5 * time.Second: 125, 10 * time.Second: 500, 14 * time.Second: 900, 15 * time.Second: 1000} {
			if got := wentBy(by); got != want {
				t.Errorf("%d went by %v, want %d", got, by, want)
			}
		}
	})
}

func TestAQuietTimeIsNotMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit, err := profile.ParseThrottle("jumpToRps(10), holdFor(100)")
		if err != nil {
			t.Fatal(err)
		}
		th := newThrottle(limit, time.Now(), 0, 1)
		time.Sleep(10*time.Second + time.Millisecond)
		var waits []time.Duration
		for range 3 {
			before := time.Now()
			if _, err := th.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			waits = append(waits, time.Since(before))
		}
		if waits[0] != 0 || waits[1] != 99*time.Millisecond || waits[2] != 100*time.Millisecond {
			t.Errorf("waited %v, want none, 99 ms and 100 ms", waits)
		}
	})
}

// TestMachinesShareAThrottle: all of them together have each turn of one, once.
func TestMachinesShareAThrottle(t *testing.T) {
	limit, err := profile.ParseThrottle("reachRps(100).in(10), holdFor(5), jumpToRps(20), holdFor(100)")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	const machines, turns = 3, 300
	var got, want []time.Duration
	for shard := range machines {
		th := newThrottle(limit, began, shard, machines)
		for range turns / machines {
			at, _ := th.next(began)
			got = append(got, at.Sub(began))
		}
		if th.next(began.Add(20 * time.Second)); th.turns != (1100+machines-1-shard)/machines {
			t.Errorf("after a quiet time machine %d is at turn %d of its own; %d of all are lost", shard, th.turns, 1100)
		}
	}
	slices.Sort(got)
	for whole := newThrottle(limit, began, 0, 1); len(want) < turns; {
		at, _ := whole.next(began)
		want = append(want, at.Sub(began))
	}
	if !slices.Equal(got, want) {
		t.Errorf("machines go at %v, want %v", got, want)
	}
}
