package check_test

import (
	"fmt"

	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/sessions/httpuser"
)

func Example() {
	created := check.Must(
		check.Status(201),
		check.JSON("$.items[0].id").Is(7).Save("id"),
		check.Body().Contains("error").Not(),
	)
	answer := &httpuser.Response{Status: 200, Body: []byte(`{"items":[{"id":8}]}`)}
	fmt.Println(created.HTTP(answer, nil))

	answer = &httpuser.Response{Status: 201, Body: []byte(`{"items":[{"id":7}]}`)}
	fmt.Println(created.HTTP(answer, func(name string, value any) { fmt.Println("saved", name, value) }))

	_, err := check.All(check.JSON("$.items[").Is(7))
	fmt.Println(err)
	// Output:
	// status: want 201, saw 200
	// JSON $.items[0].id: want 7, saw 8
	// saved id 7
	// <nil>
	// invalid option: check 1, JSON $.items[: column 9: not terminated
}
