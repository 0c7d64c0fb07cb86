package browser

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestNavigation(t *testing.T) {
	type step struct {
		event string
		done  bool // Wait has returned after it
	}
	for name, steps := range map[string][]step{
		"a form or a link": {
			{"frameRequestedNavigation", false}, {"frameStartedNavigating", false}, {"frameStartedLoading", false},
			{"frameNavigated", false}, {"domContentEventFired", true}, {"frameStoppedLoading", true},
		},
		"an answer without content": {{"frameRequestedNavigation", false}, {"frameStartedLoading", false}, {"frameStoppedLoading", true}},
		"the old page is parsed meanwhile": {
			{"frameRequestedNavigation", false}, {"domContentEventFired", false}, {"frameStartedLoading", false},
			{"domContentEventFired", false}, {"frameNavigated", false}, {"domContentEventFired", true},
		},
		"nothing of interest": {{"screencastFrame", true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n Navigation
				n.Observe("Page." + steps[0].event)
				returned := make(chan error, 1)
				go func() { returned <- n.Wait(t.Context()) }()
				done := false
				for i, s := range steps {
					if i > 0 {
						n.Observe("Page." + s.event)
					}
					synctest.Wait()
					select {
					case err := <-returned:
						if err != nil {
							t.Error(err)
						}
						done = true
					default:
					}
					if done != s.done {
						t.Errorf("after %s: returned %t, want %t", s.event, done, s.done)
					}
				}
			})
		})
	}
}

func TestNavigationThatNeverBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n Navigation
		n.Observe("Page.frameRequestedNavigation")
		start := time.Now()
		if err := n.Wait(t.Context()); err != nil || time.Since(start) != requestedLimit {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if err := n.Wait(t.Context()); err != nil || time.Since(start) != requestedLimit {
			t.Errorf("it is not forgotten: %v after %v", err, time.Since(start))
		}
	})
}

func TestNavigationThatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n Navigation
		n.Observe("Page.frameStartedLoading")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := n.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
