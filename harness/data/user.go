package data

import (
	"context"
	"fmt"
	"sync"
)

// User is one who draws values: a virtual user, or a session. Make one with [NewUser] for each, and use it with all feeders.
//
// What a user holds comes back when its iteration or the user ends, and that happens in whatever way comes first: by the
// func that [User.Begin] returned, by the next Begin, by [User.End], or by the end of a context. A deferred
// call covers a panic and runtime.Goexit, the contexts a session that died or a run that was stopped.
//
// A user does one thing at a time: Begin and Draw are for one goroutine. All else may be called from any.
type User struct {
	name     string
	whole    *period
	observer Observer // nil: none

	mu        sync.Mutex
	number    int // of the iteration
	iteration *period
}

// NewUser returns a user who ends with the context. The name, which must not be empty, is in messages and in the records of who
// held what, and with the seed it decides what Random gives.
func NewUser(ctx context.Context, name string) *User {
	u := &User{name: name, whole: newPeriod(ctx, 0), observer: observerOf(ctx)}
	u.whole.onEnd(u.finish)
	return u
}

// Name returns the name of the user.
func (u *User) Name() string { return u.name }

// Begin begins the user's next iteration, and ends the one before if that is still going on. The iteration ends with
// the context, or when end is called, after which it holds nothing; calling end again does nothing. The idiom is
//
//	defer user.Begin(ctx)()
func (u *User) Begin(ctx context.Context) (end func()) {
	u.finish()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.number++
	p := newPeriod(ctx, u.number)
	u.iteration = p
	if u.whole.over() {
		p.close()
	}
	return p.close
}

// End ends the user, and its iteration: all that it holds comes back before End returns.
func (u *User) End() { u.whole.close() }

func (u *User) finish() {
	u.mu.Lock()
	p := u.iteration
	u.mu.Unlock()
	if p != nil {
		p.close()
	}
}

// period returns how long a value is the user's.
func (u *User) period(update Update) (*period, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.name == "":
		return nil, fmt.Errorf("%w: the user has no name; messages need it", ErrInvalidOption)
	case u.whole.over():
		return nil, fmt.Errorf("%w: %q has ended", ErrUserEnded, u.name)
	case update == Once:
		return u.whole, nil
	case u.iteration == nil:
		return nil, fmt.Errorf("%w: %q has begun none; call Begin first", ErrUserEnded, u.name)
	case u.iteration.over():
		return nil, fmt.Errorf("%w: iteration %d of %q is over; call Begin for the next", ErrUserEnded, u.number, u.name)
	}
	return u.iteration, nil
}

// period is a time after which things come back. It ends once.
type period struct {
	iteration int // 0: it is the user's whole time
	stop      func() bool
	swept     chan struct{} // closed when the context's end has been dealt with

	ending, closing sync.Once
	done            chan struct{} // closed when it has ended

	mu     sync.Mutex
	ended  bool
	toDo   map[int]func()
	latest int
}

func newPeriod(ctx context.Context, iteration int) *period {
	p := &period{iteration: iteration, swept: make(chan struct{}), done: make(chan struct{})}
	p.stop = context.AfterFunc(ctx, func() {
		defer close(p.swept)
		p.end()
	})
	return p
}

// onEnd asks for a call when the period ends; false: it has ended, and there will be none. cancel takes the wish back.
func (p *period) onEnd(call func()) (cancel func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil, false
	}
	if p.toDo == nil {
		p.toDo = map[int]func(){}
	}
	p.latest++
	key := p.latest
	p.toDo[key] = call
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.toDo, key)
	}, true
}

func (p *period) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// end returns when all has come back, whoever called it first.
func (p *period) end() {
	p.ending.Do(func() {
		p.mu.Lock()
		p.ended = true
		calls := p.toDo
		p.toDo = nil
		p.mu.Unlock()
		close(p.done)
		for _, call := range calls {
			call()
		}
	})
}

// close is an end that leaves no goroutine of the context behind.
func (p *period) close() {
	p.closing.Do(func() {
		if !p.stop() {
			<-p.swept
		}
		p.end()
	})
}
