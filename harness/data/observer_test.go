package data_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/seed49090845/lockstep/harness/data"
)

// told is what an observer was told, in that order.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (o *told) observe(h data.Holding) func(data.Holding) {
	o.add("%s draws %d", h.User, h.Row.Number)
	return func(ended data.Holding) {
		if ended.To.IsZero() || ended.Number != h.Number {
			o.add("%s gave back another value: %v", h.User, ended)
		}
		o.add("%s gives %d back", ended.User, ended.Row.Number)
	}
}

func (o *told) add(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, fmt.Sprintf(format, args...))
}

func TestAnObserverIsToldWhatItsUsersDraw(t *testing.T) {
	var o told
	users := feeder(t, rows(3), data.Options{Policy: data.Lease})
	seen := data.NewUser(data.WithObserver(t.Context(), o.observe), "seen")
	defer seen.End()
	unseen := user(t, "unseen")
	end := seen.Begin(t.Context())
	defer unseen.Begin(t.Context())()
	draw(t, users, seen)
	draw(t, users, unseen)
	end()
	seen.Begin(t.Context())
	draw(t, users, seen)
	seen.End()
	want := []string{"seen draws 1", "seen gives 1 back", "seen draws 3", "seen gives 3 back"}
	if !slices.Equal(o.lines, want) {
		t.Errorf("told %q, want %q", o.lines, want)
	}
}

func TestAnObserverIsToldOfAValueThatIsReplacedBeforeTheNext(t *testing.T) {
	var o told
	users := feeder(t, rows(1), data.Options{Policy: data.Circular, Update: data.EachOccurrence})
	u := data.NewUser(data.WithObserver(t.Context(), o.observe), "u")
	u.Begin(t.Context())
	draw(t, users, u)
	draw(t, users, u)
	u.End()
	want := []string{"u draws 1", "u gives 1 back", "u draws 1", "u gives 1 back"}
	if !slices.Equal(o.lines, want) {
		t.Errorf("told %q, want %q: otherwise it would seem that a user shares a value with itself", o.lines, want)
	}
}

// A lease that goes from one to another is told in the order in which it goes.
func TestAnObserverIsToldOfAValueThatIsHandedOn(t *testing.T) {
	var o told
	users := feeder(t, rows(1), data.Options{Policy: data.Lease})
	ctx := data.WithObserver(t.Context(), o.observe)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			u := data.NewUser(ctx, fmt.Sprint("u", n))
			defer u.End()
			for range 20 {
				u.Begin(ctx)
				if _, err := users.Draw(ctx, u); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if len(o.lines) != 2*8*20 {
		t.Fatalf("told of %d draws and returns, want %d", len(o.lines), 2*8*20)
	}
	for i := 0; i < len(o.lines); i += 2 {
		var drew, gave string
		var row int
		_, _ = fmt.Sscanf(o.lines[i], "%s draws %d", &drew, &row)
		_, _ = fmt.Sscanf(o.lines[i+1], "%s gives %d back", &gave, &row)
		if drew != gave || drew == "" {
			t.Fatalf("%q and then %q: a lease had two holders", o.lines[i], o.lines[i+1])
		}
	}
}
