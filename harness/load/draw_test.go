package load_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
)

// What a user draws is its own to the end of the iteration, even if the context of the draw, which may have a limit of its own, ends
// before.
func TestADrawOutlivesItsContext(t *testing.T) {
	accounts, err := data.New("accounts", data.Slice([]string{"ada"}), data.Options{Policy: data.Lease})
	if err != nil {
		t.Fatal(err)
	}
	defer accounts.Close()
	target := nowhere(t)
	synctest.Test(t, func(t *testing.T) {
		var held []int
		result := run(t.Context(), t, load.Options{MaxLateness: -1}, load.Scenario{
			Name: "clerk", Target: target, Profile: injected(t, "atOnceUsers(1)"), Iterations: 3,
			User: func(ctx context.Context, u *load.User) error {
				limited, cancel := context.WithCancel(ctx)
				_, err := u.Draw(limited, accounts)
				cancel()
				synctest.Wait() // for what the end of a context leads to
				holdings, _ := accounts.Holdings()
				open := 0
				for _, h := range holdings {
					if h.To.IsZero() {
						open++
					}
				}
				held = append(held, open)
				return err
			}})
		if len(result.UserFailures) > 0 || !slices.Equal(held, []int{1, 1, 1}) {
			t.Errorf("failures %v, values held in each iteration %v; want one in each of 3", result.UserFailures, held)
		}
	})
}
