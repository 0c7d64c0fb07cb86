package control_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Checkout are the parameters of a scenario.
type Checkout struct {
	Items int `json:"items" minimum:"1" maximum:"10" doc:"How many each user buys"`
}

func Example() {
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer shop.Close()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: shop.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	checkout := control.Define("checkout", "Users buy items", func(_ context.Context, p Checkout) (control.Prepared, error) {
		return control.One(load.Scenario{Name: "checkout", Target: target, User: func(ctx context.Context, u *load.User) error {
			for range p.Items {
				if _, err := u.Do(ctx, virtual.Request{Method: http.MethodPost, Path: "/cart"}); err != nil {
					return err
				}
			}
			_, err := u.Vars().Delta(ctx, "SOLD", p.Items)
			return err
		}}), nil
	})
	ctx := context.Background()
	server, err := control.New(ctx, control.Options{Scenarios: []control.Scenario{checkout}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	_, err = server.Start(ctx, control.Start{Scenario: "checkout", Total: 5, Backlog: 1, Params: []byte(`{"items": 11}`)})
	fmt.Println(err)
	run, err := server.Start(ctx, control.Start{Scenario: "checkout", Total: 5, Backlog: 1, Params: []byte(`{"items": 3}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = server.Follow(ctx, run.ID, func(now *control.Run, ended bool) error {
		if ended {
			fmt.Println(now.Counts.Passed, "passed,", now.Statistics.Requests.Total, "requests, SOLD =", now.Vars["SOLD"])
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// the run does not fit: params.items: expected number <= 10
	// 5 passed, 15 requests, SOLD = 15
	// <nil>
}
