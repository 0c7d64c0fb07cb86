package serve_test

import (
	"context"
	"net/http"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/control/serve"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Checkout are the parameters of a run.
type Checkout struct {
	Shop  string `json:"shop" doc:"Its address"`
	Items int    `json:"items" minimum:"1" maximum:"10" doc:"How many each user buys"`
}

func prepare(_ context.Context, p Checkout) (control.Prepared, error) {
	target, err := virtual.NewTarget(virtual.Options{BaseURL: p.Shop})
	return control.One(load.Scenario{Name: "checkout", Target: target, User: func(ctx context.Context, u *load.User) error {
		for range p.Items {
			if _, err := u.Do(ctx, virtual.Request{Method: http.MethodPost, Path: "/cart"}); err != nil {
				return err
			}
		}
		return nil
	}}), err
}

// A program that serves a scenario of its own: "go run . --database runs.db", and then
// "lockstep run start checkout --param shop=http://localhost:8080 --param items=3 --total 100 --cps 10 --watch".
func ExampleMain() {
	serve.Main(control.Define("checkout", "Users buy items", prepare))
}
