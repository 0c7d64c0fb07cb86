package browser

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// seat is the place of one browser in a pool. When its browser has died, the next page gets a new one.
type seat struct {
	driver  Driver
	options PoolOptions
	pages   int // guarded by the pool's lock

	// link has one element: the browser of the seat, nil before it is needed. Whoever has taken it out may
	// connect; others wait, as long as their contexts let them.
	link chan *link
}

// link is a running browser and the driver's connection to it.
type link struct {
	address    string
	process    *Process // nil where we attached
	connection Connection
}

func newSeat(driver Driver, o PoolOptions) *seat {
	s := &seat{driver: driver, options: o, link: make(chan *link, 1)}
	s.link <- nil
	return s
}

// newPage makes a page. A browser that has died, or dies meanwhile, costs nothing but the time for a new
// one: the page has no content yet that could be lost.
func (s *seat) newPage(ctx context.Context, o PageOptions) (Page, *link, error) {
	for retried := false; ; retried = true {
		l, err := s.connected(ctx)
		if err != nil {
			return nil, nil, err
		}
		page, err := l.connection.NewPage(ctx, o)
		if err == nil {
			return page, l, nil
		}
		if ctx.Err() != nil || !l.died() {
			return nil, nil, err
		}
		if retried {
			return nil, nil, l.reason(err)
		}
	}
}

// connected returns the seat's browser, and starts or attaches to one where there is none.
func (s *seat) connected(ctx context.Context) (*link, error) {
	var l *link
	select {
	case l = <-s.link:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the browser to start: %w", context.Cause(ctx))
	}
	if l != nil && l.alive() {
		s.link <- l
		return l, nil
	}
	_ = l.close()
	l, err := s.connect(ctx)
	s.link <- l
	return l, err
}

func (s *seat) connect(ctx context.Context) (l *link, err error) {
	l = &link{}
	if s.options.Attach != "" {
		l.address, err = Resolve(ctx, s.options.Attach)
	} else if l.process, err = Launch(ctx, s.options.Launch); err == nil {
		l.address = l.process.Address()
	}
	if err != nil {
		return nil, err
	}
	if l.connection, err = s.driver.Connect(ctx, l.address); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (s *seat) close() error {
	l := <-s.link
	s.link <- nil
	return l.close()
}

func (l *link) alive() bool {
	select {
	case <-l.connection.Done():
		return false
	default:
		return l.process == nil || l.process.Err() == nil
	}
}

// died tells whether the browser is gone, after a failure. A failure can be seen a moment before its cause.
func (l *link) died() bool {
	const moment = 100 * time.Millisecond
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-l.connection.Done():
	case <-timer.C:
	}
	return !l.alive()
}

// reason is how the browser ended, which is worth more than a lost connection.
func (l *link) reason(err error) error {
	if l.process != nil && l.process.Err() != nil {
		return l.process.Err()
	}
	return err
}

// close ends the connection and, where we launched it, the browser. A nil link has neither.
func (l *link) close() error {
	if l == nil {
		return nil
	}
	var errs []error
	if l.connection != nil {
		errs = append(errs, l.connection.Close())
	}
	if l.process != nil {
		errs = append(errs, l.process.Close())
	}
	return errors.Join(errs...)
}
