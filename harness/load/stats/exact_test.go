package stats_test

import (
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newRun(t interface{ Fatal(...any) }, o stats.Options) *stats.Run {
	if o.Start.IsZero() {
		o.Start = epoch
	}
	run, err := stats.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// took makes a sample of a request that was intended a moment before it started.
func took(name string, at, late, d time.Duration) *virtual.Sample {
	return &virtual.Sample{Name: name, Intended: epoch.Add(at), Start: epoch.Add(at + late), End: epoch.Add(at + late + d)}
}

// duration is spread over the magnitudes from a microsecond to half an hour.
func duration(t *rapid.T) time.Duration {
	return time.Duration(math.Pow(10, rapid.Float64Range(3, 12.2).Draw(t, "log10 ns")))
}

// nearestRank is the percentile by its definition, of sorted times.
func nearestRank(sorted []time.Duration, p float64) time.Duration {
	rank := max(int(p/100*float64(len(sorted))+0.5), 1)
	return sorted[rank-1]
}

// precise tells whether got is want, or at most 0.1 % or half a microsecond more.
func precise(got, want time.Duration) bool {
	return got >= want && got <= want+max(want/1000, 512*time.Nanosecond)
}

func TestPercentilesAreThoseOfSortedSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := newRun(t, stats.Options{})
		recorder := run.Scenario("s").Recorder()
		var times []time.Duration
		var sum float64
		for range rapid.SampledFrom([]int{1, 2, 3, 10, 50, 100, 2500}).Draw(t, "samples") {
			d := duration(t)
			times = append(times, d)
			sum += float64(d)
			recorder.Record(took("a", 0, 0, d))
		}
		slices.Sort(times)
		d := &run.Snapshot().Total.OK.Actual
		for _, p := range []float64{0.1, 50, 75, 90, 95, 99, 99.9, 100} {
			if got, ok := d.Percentile(p); !ok || !precise(got, nearestRank(times, p)) {
				t.Fatalf("p%v of %d: %v, want %v", p, len(times), got, nearestRank(times, p))
			}
		}
		lowest, _ := d.Min()
		highest, _ := d.Max()
		mean, _ := d.Mean()
		if lowest != times[0] || highest != times[len(times)-1] || math.Abs(float64(mean)-sum/float64(len(times))) > 1+1e-9*sum {
			t.Fatalf("min %v, max %v, mean %v of %v", lowest, highest, mean, times)
		}
	})
}

func TestDeviation(t *testing.T) {
	run := newRun(t, stats.Options{})
	recorder := run.Scenario("s").Recorder()
	for _, d := range []time.Duration{2, 4, 4, 4, 5, 5, 7, 9} { // the textbook's: mean 5, deviation 2
		recorder.Record(took("a", 0, 0, d*time.Second))
	}
	d := &run.Snapshot().Total.OK.Actual
	mean, _ := d.Mean()
	if deviation, _ := d.StdDev(); deviation != 2*time.Second || mean != 5*time.Second {
		t.Errorf("mean %v, deviation %v", mean, deviation)
	}
}

// TestPartsAddUpToTheWhole records the same samples through one recorder and through many, in scenarios of their
// own, and compares.
func TestPartsAddUpToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, parts := newRun(t, stats.Options{}), newRun(t, stats.Options{})
		one := whole.Scenario("s").Recorder()
		for i := range rapid.SampledFrom([]int{1, 10, 10, 100, 100, 5000}).Draw(t, "samples") {
			s := took("r"+strconv.Itoa(i%3), time.Duration(i)*time.Millisecond, time.Duration(i%7)*time.Millisecond, duration(t))
			s.Sent, s.Received, s.Class, s.Message = int64(i), 2*int64(i), virtual.Class(i%4), "m"
			one.Record(s)
			parts.Scenario("s" + strconv.Itoa(i%5)).Recorder().Record(s)
		}
		a, b := whole.Snapshot(), parts.Snapshot()
		if a.Total.Sent != b.Total.Sent || a.Total.Received != b.Total.Received || a.Total.Interrupted != b.Total.Interrupted {
			t.Fatal("counts differ")
		}
		if !slices.Equal(a.Failures, b.Failures) {
			t.Fatalf("failures %v and %v", a.Failures, b.Failures)
		}
		for i, pair := range [][2]*stats.Distribution{
			{&a.Total.OK.Actual, &b.Total.OK.Actual}, {&a.Total.KO.Intended, &b.Total.KO.Intended}, {&a.Lateness, &b.Lateness},
		} {
			same(t, i, pair[0], pair[1])
		}
		for i := range a.Timeline {
			if a.Timeline[i].OK != b.Timeline[i].OK || a.Timeline[i].KO != b.Timeline[i].KO {
				t.Fatalf("bucket %d: %+v and %+v", i, a.Timeline[i], b.Timeline[i])
			}
		}
	})
}

func same(t *rapid.T, which int, a, b *stats.Distribution) {
	if a.Count() != b.Count() {
		t.Fatalf("%d: %d and %d times", which, a.Count(), b.Count())
	}
	for _, p := range []float64{1, 50, 99, 100} {
		x, _ := a.Percentile(p)
		if y, _ := b.Percentile(p); x != y {
			t.Fatalf("%d: p%v is %v and %v", which, p, x, y)
		}
	}
	x, _ := a.StdDev()
	if y, _ := b.StdDev(); math.Abs(float64(x-y)) > 1+1e-9*float64(x) {
		t.Fatalf("%d: deviation %v and %v", which, x, y)
	}
}
