package data_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seed49090845/lockstep/harness/data"
)

func Example() {
	accounts, err := data.New("accounts", data.CSV("testdata/users.csv"), data.Options{Policy: data.Lease, Columns: []string{"user"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer accounts.Close()

	ctx := context.Background()
	ada, bob := data.NewUser(ctx, "vu-1"), data.NewUser(ctx, "vu-2")
	defer ada.End()
	defer bob.End()
	for _, user := range []*data.User{ada, bob, ada} {
		end := user.Begin(ctx)
		account, err := accounts.Draw(ctx, user)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(user.Name(), "is", account.Value("user"))
		end() // the account is free again
	}
	// Output:
	// vu-1 is ada
	// vu-2 is bob
	// vu-1 is cyd
}

func ExampleFeeder_Enough() {
	accounts, _ := data.New("accounts", data.CSV("testdata/users.csv"), data.Options{Policy: data.Queue})
	_, err := accounts.Enough(data.Need{Users: 5, Iterations: 10})
	fmt.Println(err)
	fmt.Println(errors.Is(err, data.ErrNotEnough))
	// Output:
	// the run is refused: feeder "accounts" (queue) needs 50 rows (5 users × 10 iterations) and has 3
	//   hint: more rows, fewer users or iterations, or the rule keepLast
	// true
}

func ExampleFeeder_Draw_linked() {
	names, _ := data.New("names", data.Slice([]string{"ada", "bob"}), data.Options{Policy: data.Circular})
	cities, _ := data.New("cities", data.Slice([]string{"London", "Oslo"}), data.Options{Follow: names})

	ctx := context.Background()
	user := data.NewUser(ctx, "vu-1")
	defer user.End()
	for range 2 {
		user.Begin(ctx)
		city, _ := cities.Draw(ctx, user)
		name, _ := names.Draw(ctx, user)
		fmt.Println(name.Value("value"), "lives in", city.Value("value"))
	}
	// Output:
	// ada lives in London
	// bob lives in Oslo
}

func ExampleFeeder_Holders() {
	names, _ := data.New("names", data.Slice([]string{"ada"}), data.Options{Policy: data.Circular})
	ctx := context.Background()
	for _, name := range []string{"vu-1", "vu-2"} {
		user := data.NewUser(ctx, name)
		defer user.End()
		user.Begin(ctx)
		if _, err := names.Draw(ctx, user); err != nil {
			fmt.Println(err)
		}
	}
	all, _ := names.Holdings()
	for _, h := range names.Holders(1, all[1].From) {
		fmt.Println(h.User, "has", h.Row.Value("value"))
	}
	// Output:
	// vu-1 has ada
	// vu-2 has ada
}

func ExampleWriteDryRun() {
	err := data.WriteDryRun(os.Stdout, "users", data.CSV("testdata/users.csv"),
		data.Options{Policy: data.UniqueBlock, Block: 1, OutOfValues: data.StartAgain}, data.Need{Users: 2, Iterations: 2})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// testdata/users.csv: a new value each iteration; without values: startAgain
	// enough: feeder "users" (uniqueBlock) needs 2 rows (2 users × a block of 1) and has 3
	//
	// user    iteration  row         user  city
	// user 1  1          1 (line 2)  ada   London
	// user 2  1          2 (line 3)  bob   New York
	// user 1  2          1 (line 2)  ada   London
	// user 2  2          2 (line 3)  bob   New York
}
