package data

import "context"

// Observer is told of each value that a user draws; what it returns, unless that is nil, is told when the value has come back or
// was replaced. Both are called under the lock of the feeder, in the order in which values go out and come back: they must be
// quick, and not call the feeder or the user.
type Observer func(drawn Holding) (back func(Holding))

type observerKey struct{}

// WithObserver returns a context whose users tell the observer what they draw, from whatever feeder: those that [NewUser] is
// given it for. Others of the same feeder do not.
func WithObserver(ctx context.Context, o Observer) context.Context {
	return context.WithValue(ctx, observerKey{}, o)
}

// observerOf is nil where there is none.
func observerOf(ctx context.Context) Observer {
	o, _ := ctx.Value(observerKey{}).(Observer)
	return o
}

// observe tells the observer of the user, if it has one.
func (h *holding) observe() {
	if h.by.observer != nil {
		h.back = h.by.observer(h.Holding)
	}
}

// gone tells who was told of the draw.
func (h *holding) gone() {
	if h.back != nil {
		h.back(h.Holding)
	}
}
