package minimise_test

import (
	"context"
	"fmt"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/minimise"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

func ExampleTrace() {
	m, err := model.New(model.Planted(2, 3, 50, 4, false))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	report, err := schedule.Explore(ctx, schedule.Random(4), schedule.Budget{}, m.Execute)
	if err != nil {
		fmt.Println(err)
		return
	}
	failing := report.Failures[0].Trace
	result, err := minimise.Trace(ctx, failing, func(ctx context.Context, c schedule.Chooser, _ []minimise.Part) (schedule.Outcome, error) {
		return m.Execute(ctx, c)
	}, minimise.Options{Independent: m.Independent})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d points: %s\n", len(failing), schedule.Words(result.Constraints))
	// Output:
	// 50 points: a advance stage 1 before b advance stage 2, after b advance stage 0
}
