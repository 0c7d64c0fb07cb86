package browser

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestLifetimeEndsOnceForTheFirstReason(t *testing.T) {
	l := NewLifetime()
	if l.Err() != nil {
		t.Errorf("Err = %v at first", l.Err())
	}
	l.End(ErrDied)
	l.End(ErrClosed)
	<-l.Done()
	if !errors.Is(l.Err(), ErrDied) {
		t.Errorf("Err = %v", l.Err())
	}
}

func TestLifetimeLimit(t *testing.T) {
	whistle := errors.New("whistle")
	for name, c := range map[string]struct {
		end  func(Lifetime, context.CancelCauseFunc)
		want error
	}{
		"by the page":    {func(l Lifetime, _ context.CancelCauseFunc) { l.End(ErrCrashed) }, ErrCrashed},
		"by the caller":  {func(_ Lifetime, cancel context.CancelCauseFunc) { cancel(whistle) }, whistle},
		"the page first": {func(l Lifetime, cancel context.CancelCauseFunc) { l.End(ErrDied); cancel(whistle) }, ErrDied},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLifetime()
				caller, cancel := context.WithCancelCause(t.Context())
				limited, stop := l.Limit(t.Context(), caller)
				defer stop()
				c.end(l, cancel)
				<-limited.Done()
				if err := l.Explain(caller, limited.Err()); !errors.Is(err, c.want) {
					t.Errorf("error = %v, want %v", err, c.want)
				}
				cancel(nil)
			})
		})
	}
	l := NewLifetime()
	own := errors.New("its own")
	if err := l.Explain(t.Context(), own); !errors.Is(err, own) {
		t.Errorf("an error of its own became %v", err)
	}
	if err := l.Explain(t.Context(), nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}
