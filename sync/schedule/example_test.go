package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seed49090845/lockstep/sync/schedule"
	"github.com/seed49090845/lockstep/sync/schedule/model"
)

// Two sessions that look before they book: the search finds the order in which both get the last seat.
func Example() {
	m, err := model.New(model.Program{
		Sessions: []model.Session{
			{Name: "owner", Strands: [][]model.Step{{model.Read("booked"), model.Write("booked", 1)}}},
			{Name: "colleague", Strands: [][]model.Step{{model.Read("booked"), model.Write("booked", 1)}}},
		},
		Check: func(value func(string) int) error {
			if value("booked") != 2 {
				return errors.New("two bookings, and one is stored")
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := schedule.Explore(context.Background(), schedule.Exhaustive(m.Independent), schedule.Budget{}, m.Execute)
	if err != nil {
		fmt.Println(err)
		return
	}
	failure := report.Failures[0]
	fmt.Println(failure.Outcome.Failure)
	fmt.Println(failure.Trace.Schedule())
	short, _ := failure.Trace.Short()
	fmt.Println(short)
	// Output:
	// two bookings, and one is stored
	// owner read booked#1
	// colleague read booked#1
	// owner write booked#1
	// colleague write booked#1
	// s1:owner,colleague:abab:2a20db59
}

// A scheduler and two goroutines that come to points.
func ExampleScheduler() {
	s, err := schedule.New(schedule.Options{Sessions: []string{"owner", "colleague"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	var sessions sync.WaitGroup
	for _, name := range []string{"owner", "colleague"} {
		sessions.Go(func() {
			session := s.Session(name)
			defer session.Finish()
			body := session.Start(func() string { return "between two points" })
			defer body.End()
			for _, what := range []string{"GET /edit", "POST /rename"} {
				if err := body.Arrive(ctx, what, what == "GET /edit"); err != nil {
					return // the schedule has ended
				}
				fmt.Println(name, what)
			}
		})
	}
	constraints, _ := schedule.ParseConstraints(`
		owner GET /edit#1 before colleague POST /rename#1
		colleague POST /rename#1 before owner POST /rename#1
	`)
	err = s.Run(ctx, schedule.Obey(constraints, nil))
	sessions.Wait()
	fmt.Println(err)
	// Output:
	// owner GET /edit
	// colleague GET /edit
	// colleague POST /rename
	// owner POST /rename
	// <nil>
}

func ExampleParse() {
	_, err := schedule.Parse("owner GET /edit#1\ncolleague POST /contacts")
	fmt.Println(err)
	// Output:
	// schedule: line 2, column 25: want # and which occurrence of "POST /contacts" it is, as in #1
}

func ExampleWords() {
	constraints, _ := schedule.ParseConstraints(`
		owner GET edit#1 before colleague POST contacts#1
		colleague POST contacts#1 before owner POST rename#1
	`)
	fmt.Println(schedule.Words(constraints))
	// Output:
	// colleague POST contacts before owner POST rename, after owner GET edit
}
