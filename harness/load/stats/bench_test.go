package stats_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func BenchmarkRecord(b *testing.B) {
	for _, names := range []int{1, 10} {
		b.Run(strconv.Itoa(names)+" names", func(b *testing.B) {
			start := time.Now()
			run, err := stats.New(stats.Options{Start: start})
			if err != nil {
				b.Fatal(err)
			}
			recorder := run.Scenario("browse").Recorder()
			samples := make([]virtual.Sample, 997)
			for i := range samples {
				at := start.Add(time.Duration(i) * 100 * time.Microsecond)
				samples[i] = virtual.Sample{
					Name: "GET /items/" + strconv.Itoa(i%names), Intended: at, Start: at.Add(time.Duration(i) * time.Microsecond),
					End: at.Add(time.Millisecond + time.Duration(i*i)*time.Microsecond), Sent: 100, Received: 1000, Status: 200,
				}
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				recorder.Record(&samples[i])
				if i++; i == len(samples) {
					i = 0
				}
			}
		})
	}
}

// BenchmarkRecordBesideOthers has all processors record at once.
func BenchmarkRecordBesideOthers(b *testing.B) {
	start := time.Now()
	run, err := stats.New(stats.Options{Start: start})
	if err != nil {
		b.Fatal(err)
	}
	scenario := run.Scenario("browse")
	b.RunParallel(func(pb *testing.PB) {
		recorder := scenario.Recorder()
		sample := virtual.Sample{Name: "GET /items", Intended: start, Start: start, End: start.Add(time.Millisecond)}
		for pb.Next() {
			recorder.Record(&sample)
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	start := time.Now()
	run, err := stats.New(stats.Options{Start: start})
	if err != nil {
		b.Fatal(err)
	}
	recorder := run.Scenario("browse").Recorder()
	for i := range 1_000_000 {
		at := start.Add(time.Duration(i) * 100 * time.Microsecond)
		recorder.Record(&virtual.Sample{Name: "GET /" + strconv.Itoa(i%10), Intended: at, Start: at, End: at.Add(time.Duration(i%50000) * time.Microsecond)})
	}
	for b.Loop() {
		run.Snapshot()
	}
}
