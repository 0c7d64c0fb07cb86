package load_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nowhere is a target for users who send nothing.
func nowhere(t testing.TB) *virtual.Target { return targetOf(t, "http://target.invalid") }

func targetOf(t testing.TB, url string) *virtual.Target {
	t.Helper()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: url})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// injected is a profile in the seed's notation.
func injected(t testing.TB, text string) profile.Profile {
	t.Helper()
	p, err := profile.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// taking is a user function that takes some time.
func taking(d time.Duration) func(context.Context, *load.User) error {
	return func(ctx context.Context, u *load.User) error { return u.PauseFor(ctx, profile.ConstantPause(d)) }
}

// run runs scenarios that must be in order.
func run(ctx context.Context, t testing.TB, o load.Options, scenarios ...load.Scenario) *load.Result {
	t.Helper()
	result, err := load.Run(ctx, o, scenarios...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
