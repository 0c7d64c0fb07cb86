package data_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed49090845/lockstep/harness/data"
)

func TestUsersThatCannotDraw(t *testing.T) {
	f := feeder(t, rows(3), data.Options{Policy: data.Circular})
	once := feeder(t, rows(3), data.Options{Policy: data.Circular, Update: data.Once})
	u := data.NewUser(t.Context(), "ada")
	fails := func(f *data.Feeder, u *data.User, want error) {
		t.Helper()
		if _, err := f.Draw(t.Context(), u); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	fails(f, u, data.ErrUserEnded) // before the first iteration
	draw(t, once, u)
	end := u.Begin(t.Context())
	draw(t, f, u)
	end()
	fails(f, u, data.ErrUserEnded) // between two
	draw(t, once, u)
	u.End()
	u.Begin(t.Context())
	fails(f, u, data.ErrUserEnded)
	fails(once, u, data.ErrUserEnded)
	fails(once, user(t, ""), data.ErrInvalidOption)

	cause := errors.New("the browser crashed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := once.Draw(ctx, user(t, "bob")); !errors.Is(err, cause) {
		t.Error(err)
	}
}

// TestUsersOfTheSameNameAreTwo: one who comes again has used nothing.
func TestUsersOfTheSameNameAreTwo(t *testing.T) {
	f := feeder(t, rows(2), data.Options{Policy: data.OncePerUser, Update: data.EachOccurrence})
	for range 3 {
		u := user(t, "ada")
		u.Begin(t.Context())
		if draw(t, f, u) != 1 || draw(t, f, u) != 2 {
			t.Error("another order")
		}
		u.End()
	}
}
