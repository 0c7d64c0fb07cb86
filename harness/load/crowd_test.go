package load_test

import (
	"context"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sync/barrier"
)

// TestFiveHundredUsersMeet measures how long it takes from the last arrival at a barrier until all users go on. The slow
// lane judges it.
func TestFiveHundredUsersMeet(t *testing.T) {
	const users = 500
	meet, err := barrier.New("all there", barrier.Options{Count: users})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var opened, last time.Time
	result := run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), Profile: injected(t, "rampUsers(500).during(200ms)"),
		Barriers: []*barrier.Barrier{meet},
		User: func(ctx context.Context, u *load.User) error {
			arrived := time.Now()
			a, err := meet.Wait(ctx, u.Name())
			now := time.Now()
			mu.Lock()
			defer mu.Unlock()
			opened = arrived.Add(a.Waited)
			if now.After(last) {
				last = now
			}
			return err
		}})
	if result.Users.Passed != users {
		t.Fatalf("%+v, %v", result.Users, result.UserFailures)
	}
	t.Logf("%d users released within %v", users, last.Sub(opened))
	if os.Getenv("LOCKSTEP_STRESS") != "" && last.Sub(opened) > 15*time.Millisecond {
		t.Errorf("released within %v, want 15 ms", last.Sub(opened))
	}
}

// TestOneWhoEndsFreesOthers has a user that fails before the rendezvous: the others are told at once and do not wait.
func TestOneWhoEndsFreesOthers(t *testing.T) {
	scenario := load.Scenario{Name: "s", Target: nowhere(t), Profile: injected(t, "atOnceUsers(3)")}
	meet, err := barrier.New("all there", barrier.Options{Parties: []string{scenario.UserName(1), scenario.UserName(2), scenario.UserName(3)}, Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	scenario.Barriers = []*barrier.Barrier{meet}
	scenario.User = func(ctx context.Context, u *load.User) error {
		if u.Number() == 2 {
			panic("before the rendezvous")
		}
		_, err := meet.Wait(ctx, u.Name())
		return err
	}
	if u := run(t.Context(), t, load.Options{}, scenario).Users; u.Failed != 3 {
		t.Errorf("%+v, want 3 failed", u)
	}
}

// TestIdleUsersCostLittle measures the heap and the stacks of users that wait; they have no connection.
func TestIdleUsersCostLittle(t *testing.T) {
	users := 1000
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		users = 10_000
	}
	memory := func() uint64 {
		runtime.GC()
		runtime.GC() // the first one only ages the pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := memory()
	var waiting sync.WaitGroup
	waiting.Add(users)
	leave := make(chan struct{})
	var each uint64
	go func() {
		waiting.Wait()
		each = (memory() - before) / uint64(users)
		close(leave)
	}()
	result := run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), Profile: injected(t, "atOnceUsers(100000)"), MaxUsers: users,
		User: func(context.Context, *load.User) error { waiting.Done(); <-leave; return nil }})
	if int(result.Users.MaxPresent) != users {
		t.Fatalf("%+v", result.Users)
	}
	t.Logf("%d bytes for each of %d users", each, users)
	if each > 20<<10 {
		t.Errorf("%d bytes for each of %d users, want at most 20 KiB", each, users)
	}
}
