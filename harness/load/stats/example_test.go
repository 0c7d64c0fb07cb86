package stats_test

import (
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/harness/load/stats"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func Example() {
	start := time.Now()
	run, err := stats.New(stats.Options{Start: start})
	if err != nil {
		fmt.Println(err)
		return
	}
	browse := run.Scenario("browse")
	recorder := browse.Recorder()
	browse.Started()
	for i := range 100 { // one request each 10 ms, but the system stalls for a second when it gets the 50th
		intended := start.Add(time.Duration(i) * 10 * time.Millisecond)
		begun, took := intended, 5*time.Millisecond
		if i == 50 {
			took = time.Second
		} else if i > 50 { // the user waited for the answer
			begun = start.Add(1500*time.Millisecond + time.Duration(i-51)*5*time.Millisecond)
		}
		recorder.Record(&virtual.Sample{Name: "GET /", Intended: intended, Start: begun, End: begun.Add(took)})
	}
	browse.Ended(stats.Passed)
	run.End(start.Add(2 * time.Second))

	s := run.Snapshot()
	actual, _ := s.Total.OK.Actual.Percentile(95)
	intended, _ := s.Total.OK.Intended.Percentile(95)
	_, ok := s.Total.KO.Actual.Percentile(95)
	fmt.Println("from the actual start:  ", actual.Round(time.Millisecond))
	fmt.Println("from the intended start:", intended.Round(time.Millisecond))
	fmt.Println("of failures:             data", ok)
	// Output:
	// from the actual start:   5ms
	// from the intended start: 975ms
	// of failures:             data false
}
