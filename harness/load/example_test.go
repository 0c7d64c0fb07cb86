package load_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func Example() {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"items":["tea","salt"]}`) }))
	defer shop.Close()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: shop.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	stocked := check.Must(check.JSON("$.items[*]").Count(2))
	browse := load.Scenario{
		Name: "browse", Target: target,
		Profile: profile.Must(profile.Parse("atOnceUsers(3), rampUsers(7).during(100ms)")),
		User: func(ctx context.Context, u *load.User) error {
			for range 2 {
				if _, err := u.Do(ctx, virtual.Request{Name: "list", Path: "/items", Check: stocked}); err != nil {
					return err
				}
			}
			_, err := u.Vars().Delta(ctx, "customers", 1)
			return err
		},
	}
	promises, err := assert.ParseAll("errors = 0", `"list" count = 20`)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := load.Run(context.Background(), load.Options{Assertions: promises}, browse)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Users.Passed, "of", result.Users.Started, "users passed")
	for _, a := range result.Assertions {
		fmt.Println(a)
	}
	// Output:
	// 10 of 10 users passed
	// errors = 0: holds: 0
	// "list" count = 20: holds: 20
}
