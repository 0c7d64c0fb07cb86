package assert_test

import (
	"fmt"
	"time"

	"github.com/seed49090845/lockstep/harness/load/assert"
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
	run.Scenario("buy").Recorder().Record(&virtual.Sample{Name: "add item", Start: start, End: start.Add(300 * time.Millisecond)})
	run.End(start.Add(time.Second))

	promises, err := assert.ParseAll("max <= 200ms", "errors < 1% abort after 30s", `"pay" p95 < 1s`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range promises {
		for _, result := range p.Evaluate(run.Snapshot()) {
			fmt.Println(result)
		}
	}
	_, err = assert.Parse("p95 < 200")
	fmt.Println(err)
	// Output:
	// max <= 200ms: broken: 300ms (of 1)
	// errors < 1% abort after 30s: holds: 0% (0 of 1)
	// "pay" p95 < 1s: no data: no request of this name has ended, but "add item"
	// assertion, column 7: p95 is a time: a unit is needed, such as 200ms or 1.5s
	//   p95 < 200
	//         ^
}
