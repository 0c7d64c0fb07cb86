package virtual_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// TestInterruptions ends requests from outside while they wait, again and again with the same users, so that no
// interruption is missed and none ends a later request.
func TestInterruptions(t *testing.T) {
	arrived := make(chan struct{})
	url := app(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			arrived <- struct{}{}
			<-r.Context().Done()
		}
	})
	transports(t, func(t *testing.T, o virtual.Options) {
		u, seen := open(t, url, o)
		whistle := errors.New("whistle")
		for range 20 {
			ctx, cancel := context.WithCancelCause(t.Context())
			if _, err := u.Get(ctx, "/"); err != nil {
				t.Fatal(err)
			}
			go func() { <-arrived; cancel(whistle) }()
			within(t, 5*time.Second, func() {
				if _, err := u.Get(ctx, "/hang"); !errors.Is(err, whistle) || seen.last().Class != virtual.Interrupted {
					t.Errorf("%v", err)
				}
			})
			if _, err := u.Get(ctx, "/"); !errors.Is(err, whistle) {
				t.Errorf("with a context that has ended: %v", err)
			}
		}
		go func() { <-arrived; u.Close(context.Background()) }()
		within(t, 5*time.Second, func() {
			if _, err := u.Get(t.Context(), "/hang"); !errors.Is(err, browser.ErrClosed) || seen.last().Class != virtual.Interrupted {
				t.Errorf("%v", err)
			}
		})
		if _, err := u.Get(t.Context(), "/"); !errors.Is(err, browser.ErrClosed) || !errors.Is(u.Err(), browser.ErrClosed) {
			t.Errorf("after Close: %v, %v", err, u.Err())
		}
	})
}

// counting is a context that counts who waits for its end.
type counting struct {
	context.Context
	done    chan struct{}
	watched *atomic.Int64
}

func (c counting) Done() <-chan struct{} { return c.done }

func (c counting) AfterFunc(func()) (stop func() bool) {
	c.watched.Add(1)
	return func() bool { c.watched.Add(-1); return true }
}

// TestAContextDoesNotHoldClosedUsers: a run's context outlives its users.
func TestAContextDoesNotHoldClosedUsers(t *testing.T) {
	url := app(t, echo)
	u, _ := open(t, url, virtual.Options{})
	var of [2]atomic.Int64
	for range 3 {
		for i := range of {
			ctx := counting{t.Context(), make(chan struct{}), &of[i]}
			for range 2 {
				if _, err := u.Get(ctx, "/"); err != nil || of[0].Load()+of[1].Load() != 1 || of[i].Load() != 1 {
					t.Fatalf("%v; %d and %d watched", err, of[0].Load(), of[1].Load())
				}
			}
		}
	}
	u.Close(context.Background())
	if _, err := u.Get(counting{t.Context(), make(chan struct{}), &of[0]}, "/"); !errors.Is(err, browser.ErrClosed) {
		t.Error(err)
	}
	if n := of[0].Load() + of[1].Load(); n != 0 {
		t.Errorf("%d contexts are watched for a user that is closed", n)
	}
}
