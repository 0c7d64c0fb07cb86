package stats_test

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestNoDataIsNotZero(t *testing.T) {
	run := newRun(t, stats.Options{})
	run.Scenario("s").Recorder().Record(&virtual.Sample{Start: epoch, End: epoch, Class: virtual.Interrupted})
	run.End(epoch)
	s := run.Snapshot()
	d := &s.Total.OK.Actual
	for name, figure := range map[string]func() (time.Duration, bool){
		"min": d.Min, "max": d.Max, "mean": d.Mean, "deviation": d.StdDev, "p50": func() (time.Duration, bool) { return d.Percentile(50) },
	} {
		if v, ok := figure(); ok {
			t.Errorf("%s of nothing is %v", name, v)
		}
	}
	if _, ok := s.Total.ErrorShare(); ok || s.Total.Interrupted != 1 || s.Total.Count() != 0 {
		t.Errorf("%+v", s.Total)
	}
	if _, ok := s.Rate(&s.Total); ok {
		t.Error("a rate without time")
	}
	run.Scenario("s").Recorder().Record(&virtual.Sample{Start: epoch, End: epoch})
	s = run.Snapshot()
	if v, ok := s.Total.OK.Actual.Percentile(50); v != 0 || !ok {
		t.Errorf("zero is %v, %v", v, ok)
	}
}

func TestIntendedStart(t *testing.T) {
	run := newRun(t, stats.Options{})
	recorder := run.Scenario("s").Recorder()
	recorder.Record(took("a", 0, 3*time.Second, time.Second))
	recorder.Record(&virtual.Sample{Name: "b", Start: epoch, End: epoch.Add(time.Second)}) // nobody said when
	recorder.Record(took("c", time.Second, -time.Millisecond, time.Second))                // early is not late
	s := run.Snapshot()
	intended, _ := s.Total.OK.Intended.Max()
	actual, _ := s.Total.OK.Actual.Max()
	late, _ := s.Lateness.Max()
	if intended != 4*time.Second || actual != time.Second || late != 3*time.Second || s.Lateness.Count() != 2 {
		t.Errorf("intended %v, actual %v, late %v of %d", intended, actual, late, s.Lateness.Count())
	}
}

func TestWarmUpIsLeftOut(t *testing.T) {
	run := newRun(t, stats.Options{WarmUp: 10 * time.Second})
	recorder := run.Scenario("s").Recorder()
	for i := range 30 {
		recorder.Record(took("a", time.Duration(i)*time.Second, 0, time.Second))
	}
	run.End(epoch.Add(30 * time.Second))
	s := run.Snapshot()
	rate, _ := s.Rate(&s.Total)
	if s.Total.Count() != 20 || s.WarmUp.Count() != 10 || rate != 1 || len(s.Timeline) != 31 {
		t.Errorf("%d and %d, rate %v, %d buckets", s.Total.Count(), s.WarmUp.Count(), rate, len(s.Timeline))
	}
}

func TestNamesAndGroups(t *testing.T) {
	run := newRun(t, stats.Options{MaxNames: 3})
	for _, scenario := range []string{"buy", "browse"} {
		recorder := run.Scenario(scenario).Recorder()
		for i, group := range []string{"", "shop", "shop/cart", "shopping", "late"} {
			for range i + 1 {
				s := took("n", 0, 0, time.Second)
				s.Group = group
				recorder.Record(s)
			}
		}
	}
	s := run.Snapshot()
	var got string
	for _, r := range s.Requests {
		got += fmt.Sprintf("%s|%s|%s %d\n", r.Scenario, r.Group, r.Name, r.Count())
	}
	want := "buy||(other requests) 9\nbuy||n 1\nbuy|shop|n 2\nbuy|shop/cart|n 3\nbrowse||(other requests) 9\nbrowse||n 1\nbrowse|shop|n 2\nbrowse|shop/cart|n 3\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if shop := s.Group("shop"); shop.Count() != 10 || s.Total.Count() != 30 {
		t.Errorf("the group has %d of %d", shop.Count(), s.Total.Count())
	}
}

func TestFailuresAreBounded(t *testing.T) {
	run := newRun(t, stats.Options{MaxMessages: 3})
	recorder := run.Scenario("s").Recorder()
	for i := range 10 {
		for range 10 - i {
			s := took("a", 0, 0, time.Second)
			s.Class, s.Message = virtual.Reset, "message "+strconv.Itoa(i)
			recorder.Record(s)
		}
	}
	s := run.Snapshot()
	if got, want := fmt.Sprint(s.Failures), "[{reset message 0 10} {reset message 1 9} {reset message 2 8} {ok (other messages) 28}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestMemoryDoesNotGrowWithTheRun compares the heap after an hour and after a week.
func TestMemoryDoesNotGrowWithTheRun(t *testing.T) {
	run := newRun(t, stats.Options{})
	recorder := run.Scenario("s").Recorder()
	record := func(from, to time.Duration) uint64 {
		for at := from; at < to; at += (to - from) / 20_000 {
			recorder.Record(took("a", at, 0, at%997*time.Millisecond))
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	record(0, 20*time.Minute)
	hour := record(20*time.Minute, time.Hour)
	week := record(time.Hour, 7*24*time.Hour)
	s := run.Snapshot()
	if len(s.Timeline) > stats.DefaultMaxBuckets || week > hour+2<<20 {
		t.Errorf("%d buckets; heap %d after an hour, %d after a week", len(s.Timeline), hour, week)
	}
	var ended int64
	for _, b := range s.Timeline {
		ended += b.OK
	}
	if ended < 60_000 || ended != s.Total.Count() {
		t.Errorf("%d in the buckets, %d in total", ended, s.Total.Count())
	}
}

func TestUsersOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := newRun(t, stats.Options{Start: time.Now(), MaxBuckets: 4})
		a, b := run.Scenario("a"), run.Scenario("b")
		a.Started()
		b.Started()
		time.Sleep(1500 * time.Millisecond)
		b.Ended(stats.Failed)
		a.Started()
		time.Sleep(2 * time.Second) // 3.5 s: nothing changed in second 2
		a.Ended(stats.Passed)
		s := run.Snapshot()
		check := func(when, want string, buckets []stats.Bucket) {
			got := ""
			for _, b := range buckets {
				got += fmt.Sprintf("%v:%d/%d/%d ", b.From, b.Arrived, b.Present, b.MaxPresent)
			}
			if got != want {
				t.Errorf("%s: %s, want %s", when, got, want)
			}
		}
		check("all", "0s:2/2/2 1s:1/2/2 2s:0/2/2 3s:0/1/2 ", s.Timeline)
		check("b", "0s:1/1/1 1s:0/0/1 2s:0/0/0 3s:0/0/0 ", s.Scenarios[1].Timeline)
		want := stats.Users{Started: 3, Passed: 1, Failed: 1, Present: 1, MaxPresent: 2}
		if s.Users != want {
			t.Errorf("users %+v, want %+v", s.Users, want)
		}
		time.Sleep(2 * time.Second)
		a.Ended(stats.Interrupted)
		check("coarser", "0s:3/2/2 2s:0/1/2 4s:0/0/1 ", run.Snapshot().Timeline)
	})
}

// TestManyRecordAtOnce is for the race detector, and counts.
func TestManyRecordAtOnce(t *testing.T) {
	run := newRun(t, stats.Options{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			scenario := run.Scenario("s")
			recorder := scenario.Recorder()
			for i := range 5000 {
				if i%50 == 0 {
					scenario.Started()
					scenario.Ended(stats.Passed)
				}
				recorder.Record(took("r"+strconv.Itoa(i%20), time.Duration(i)*time.Millisecond, 0, time.Millisecond))
			}
		})
	}
	all.Go(func() {
		for range 10 {
			run.Snapshot()
		}
	})
	all.Wait()
	if s := run.Snapshot(); s.Total.Count() != 40_000 || s.Users.Passed != 800 || s.Users.Present != 0 {
		t.Errorf("%d samples, users %+v", s.Total.Count(), s.Users)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []stats.Options{{WarmUp: -1}, {MaxNames: -1}, {MaxMessages: -1}, {MaxBuckets: -1}, {MaxBuckets: 1}} {
		if _, err := stats.New(o); !errors.Is(err, sessions.ErrInvalidOption) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	run := newRun(t, stats.Options{})
	recorder := run.Scenario("s").Recorder()
	s := took("a", 0, 0, time.Second)
	if n := testing.AllocsPerRun(5000, func() { recorder.Record(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
