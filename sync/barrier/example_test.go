package barrier_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/sync/barrier"
)

func Example() {
	ready, err := barrier.New("both ready", barrier.Options{
		Parties: []string{"owner", "colleague"},
		Timeout: 10 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var sessions sync.WaitGroup
	for _, session := range []string{"owner", "colleague"} {
		sessions.Go(func() {
			if _, err := ready.Wait(context.Background(), session); err != nil {
				ready.Leave(session, err)
			}
		})
	}
	sessions.Wait()
	fmt.Println(ready.State().Phase)
	// Output: open
}

func ExampleNew() {
	_, err := barrier.New("both ready", barrier.Options{
		Parties: []string{"owner", "colleague"},
		Count:   3,
		Timeout: -time.Second,
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, barrier.ErrInvalidOption))
	// Output:
	// barrier "both ready": invalid option: Count is 3, but there are only 2 Parties, so it could never open
	// barrier "both ready": invalid option: Timeout is -1s; it must not be negative (0 means 30s)
	// true
}

func ExampleBarrier_Wait() {
	ready, _ := barrier.New("anybody", barrier.Options{Count: 1, Cyclic: true})
	for range 2 {
		arrival, _ := ready.Wait(context.Background(), "owner")
		fmt.Println("index", arrival.Index, "of generation", arrival.Generation)
	}
	// Output:
	// index 0 of generation 0
	// index 0 of generation 1
}

func ExampleBarrier_Wait_refused() {
	ready, _ := barrier.New("both ready", barrier.Options{Parties: []string{"owner", "colleague"}})
	_, err := ready.Wait(context.Background(), "ownr")
	fmt.Println(err)
	fmt.Println(errors.Is(err, barrier.ErrUnknownParty))
	// Output:
	// barrier "both ready" refuses "ownr": unknown party: only "owner", "colleague" may come
	// true
}

func ExampleBarrier_Leave() {
	ready, _ := barrier.New("both ready", barrier.Options{Parties: []string{"owner", "colleague"}})
	ready.Leave("colleague", errors.New("the browser crashed"))

	_, err := ready.Wait(context.Background(), "owner")
	if broken, ok := errors.AsType[*barrier.BrokenError](err); ok {
		fmt.Println(broken.Reason)
		fmt.Println("missing:", broken.Missing)
	}
	// Output:
	// "colleague" left: the browser crashed
	// missing: ["colleague" (left: the browser crashed)]
}

func ExampleBarrier_State() {
	ready, _ := barrier.New("two of three", barrier.Options{
		Parties: []string{"owner", "colleague", "auditor"},
		Count:   2,
	})
	ready.Leave("colleague", nil)

	state := ready.State()
	fmt.Println(state)
	fmt.Println("missing:", state.Missing)
	// Output:
	// "two of three": nobody waits, 2 must come
	// missing: ["owner" (has not come) "colleague" (left) "auditor" (has not come)]
}
