package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// armed is a request that is ready for the burst, or why it is not.
type armed struct {
	send func() error // HTTP/1.1: writes the last byte
	join *join        // HTTP/2: takes part in a connection of the burst
	err  error
}

// fired is when the last byte of an armed request was sent; zero: not with the others, it goes by itself.
type fired struct{ at time.Time }

// Burst is what became of requests that were released together.
type Burst struct {
	// Sent has the time at which each request's last byte was handed to the kernel, in the order of the
	// arguments; the zero time where it was not sent with the others.
	Sent []time.Time

	held []*Held
}

// Spread is the time between the first and the last of them.
func (b Burst) Spread() time.Duration { return spread(b.Sent) }

// Arrived waits for the responses and returns when the server says that each request had arrived (see ArrivedField), in the
// order of the arguments; the zero time where it says nothing.
func (b Burst) Arrived(ctx context.Context) ([]time.Time, error) {
	arrived := make([]time.Time, len(b.held))
	for i, h := range b.held {
		e, err := h.Answered(ctx)
		if err != nil {
			return arrived, err
		}
		arrived[i] = e.Arrived
	}
	return arrived, nil
}

func spread(times []time.Time) time.Duration {
	known := slices.DeleteFunc(slices.Clone(times), time.Time.IsZero)
	if len(known) == 0 {
		return 0
	}
	return slices.MaxFunc(known, time.Time.Compare).Sub(slices.MinFunc(known, time.Time.Compare))
}

// Together releases held requests of several sessions at the same moment: each is sent but for its last byte, or over
// HTTP/2 but for its last frame, and when all servers have that, what is missing is sent in one burst by one
// goroutine; to one host over HTTP/2 in one write of one connection. If one cannot be sent, the others are released all
// the same, and the error names it.
func Together(ctx context.Context, all ...*Held) (Burst, error) { return release(ctx, nil, all) }

// Apart is Together, but that each request is sent its own offset after the moment. There are as many offsets as
// requests, none is negative; over HTTP/2 each request then has a connection of its own.
func Apart(ctx context.Context, offsets []time.Duration, all ...*Held) (Burst, error) {
	if len(offsets) != len(all) || slices.ContainsFunc(offsets, func(d time.Duration) bool { return d < 0 }) {
		return Burst{}, fmt.Errorf("%w: offsets %v for %d requests: want one for each, none negative", ErrInvalidRule, offsets, len(all))
	}
	return release(ctx, offsets, all)
}

func release(ctx context.Context, offsets []time.Duration, all []*Held) (Burst, error) {
	s := &salvo{
		held: all, offsets: offsets, mine: make([]bool, len(all)), armed: make([]armed, len(all)),
		sent: make([]Stamp, len(all)),
	}
	s.arm()
	s.collect(ctx)
	s.fire(ctx, s.load(ctx, s.join(ctx)))
	s.tell()
	burst := Burst{held: all}
	for _, at := range s.sent {
		burst.Sent = append(burst.Sent, at.At)
	}
	return burst, errors.Join(s.errs...)
}

// salvo is a release of several requests in the making.
type salvo struct {
	held    []*Held
	offsets []time.Duration // nil: none
	mine    []bool          // those whose verdict is the salvo's: only they wait for it
	armed   []armed
	sent    []Stamp
	errs    []error
}

// fail notes why a request does not go with the others.
func (s *salvo) fail(i int, err error) {
	s.armed[i].err = err
	s.errs = append(s.errs, fmt.Errorf("release %s together with others: %w", s.held[i], err))
}

// arm tells all requests to be sent but for what the burst is to send.
func (s *salvo) arm() {
	for i, h := range s.held {
		switch {
		case h.stage != RequestOut:
			s.fail(i, errors.New("it is a response; only requests are released together"))
		case !h.decide(arm):
			s.fail(i, errors.New("it was released before"))
		default:
			s.mine[i] = true
		}
	}
}

// collect waits until they are.
func (s *salvo) collect(ctx context.Context) {
	for i, h := range s.held {
		if !s.mine[i] {
			continue
		}
		select {
		case s.armed[i] = <-h.armed:
			if err := s.armed[i].err; err != nil {
				s.fail(i, err)
			}
		case <-ctx.Done():
			s.fail(i, fmt.Errorf("not ready in time: %w", context.Cause(ctx)))
		}
	}
}

// shot is one write of the burst: the last byte of one request, or the last frames of several.
type shot struct {
	requests []int
	offset   time.Duration
	send     func() error
}

// fire is the burst. If the context ends before the moment of one of them, that is sent at once: all but the end of it is
// with the server.
func (s *salvo) fire(ctx context.Context, shots []shot) {
	slices.SortStableFunc(shots, func(a, b shot) int { return cmp.Compare(a.offset, b.offset) })
	start := time.Now()
	for _, shot := range shots {
		early := until(ctx, start.Add(shot.offset))
		err := shot.send()
		for _, i := range shot.requests {
			if s.sent[i] = s.held[i].exchange.gateway.record.stamp(); err != nil {
				s.fail(i, err)
			} else if early != nil {
				s.fail(i, fmt.Errorf("it was sent before its offset of %v: %w", shot.offset, early))
			}
		}
	}
}

// until returns at the moment: timers are late by more than what matters here, so the last of the time is spent awake. It
// returns why it was interrupted, if it was.
func until(ctx context.Context, at time.Time) error {
	const lateness = 2 * time.Millisecond
	if left := time.Until(at) - lateness; left > 0 {
		timer := time.NewTimer(left)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for time.Now().Before(at) {
	}
	return nil
}

// tell lets those who wait know when their last byte went, or that it has not.
func (s *salvo) tell() {
	for i, h := range s.held {
		if s.mine[i] {
			if at := s.sent[i]; !at.IsZero() {
				h.exchange.note(func(e *Exchange, _ func() Stamp) { e.Sent = at })
			}
			h.fired <- fired{s.sent[i].At}
		}
	}
}
