package coexist_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Three users look at accounts, each at one that nobody else has meanwhile.
func ExampleCheck() {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: server.URL})
	if err != nil {
		panic(err)
	}
	accounts, err := data.New("accounts", data.Slice([]string{"ada", "grace", "edith"}), data.Options{Policy: data.Lease})
	if err != nil {
		panic(err)
	}
	defer accounts.Close()
	look := load.Scenario{Name: "look", Target: target, Feeders: []*data.Feeder{accounts}, User: func(ctx context.Context, u *load.User) error {
		account, err := u.Draw(ctx, accounts)
		if err != nil {
			return err
		}
		_, err = u.Get(ctx, "/accounts/"+account.Value("value"))
		return err
	}}
	o := coexist.Options{Users: 3, Iterations: 4, Phases: []coexist.Phase{coexist.ByIterations}, Progress: io.Discard}
	result, err := coexist.Check(context.Background(), o, coexist.Virtual(look))
	if err != nil {
		panic(err)
	}
	for _, phase := range result.Phases {
		fmt.Println(phase, "·", phase.Iterations, "iterations,", phase.Failed, "failed")
	}
	fmt.Println(result.Err())
	// Output:
	// by iterations: look · 12 iterations, 0 failed
	// <nil>
}
