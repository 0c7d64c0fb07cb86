package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/sessions"
)

const (
	eventuallyTimeout  = 5 * time.Second
	eventuallyInterval = 10 * time.Millisecond
)

// AssertionError is a failed assertion of a body's Gomega.
type AssertionError struct {
	// Message is Gomega's.
	Message string
	// Place is the file:line of the assertion and, where that is in a helper, of the body's line that called it.
	Place string
}

func (e *AssertionError) Error() string { return e.Message + "\nat " + e.Place }

// PanicError is a panic of a body.
type PanicError struct {
	Value any
	// Stack is that of the body's goroutine.
	Stack string
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// Unwrap is the value of the panic, where that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// errGoexit says that a body ended its goroutine.
var errGoexit = errors.New("the body ended its goroutine (runtime.Goexit, t.FailNow, t.Skip): use the g that the body is handed, or return an error")

// assertions are what failed in one body.
//
// A failed assertion ends the goroutine that made it, as t.FailNow does. It does not panic, because a panic
// in a goroutine that the body started would end the whole process, and a recover in the body would hide it.
type assertions struct {
	mu     sync.Mutex
	failed []error
}

// gomega makes the body's own Gomega: what fails in it fails the body and nothing else.
func (a *assertions) gomega() gomega.Gomega {
	g := gomega.NewGomega(func(message string, skip ...int) {
		frames := 0
		if len(skip) > 0 {
			frames = skip[0]
		}
		a.add(&AssertionError{Message: tidy(message), Place: callerAt(frames).String()})
		runtime.Goexit()
	})
	g.SetDefaultEventuallyTimeout(eventuallyTimeout)
	g.SetDefaultEventuallyPollingInterval(eventuallyInterval)
	g.EnforceDefaultTimeoutsWhenUsingContexts() // else Eventually with a context would wait as long as the step
	return g
}

func (a *assertions) add(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = append(a.failed, err)
}

// err joins what failed, in order, with the body's own error.
func (a *assertions) err(own error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := slices.Clone(a.failed)
	if own != nil {
		all = append(all, own)
	}
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}

// errForeign says that a body used the test's own assertions, which know nothing of sessions.
var errForeign = errors.New("a failed assertion of the test itself: use the g that the body is handed (g.Expect), so that session and step are named and the others are told")

// panicked is the error of a panic. Ginkgo panics where a failed assertion ends a goroutine that is not the spec's.
func panicked(value any) error {
	if text, ok := value.(string); ok && strings.Contains(text, "Ginkgo") {
		return errForeign
	}
	return &PanicError{Value: value, Stack: string(debug.Stack())}
}

// call runs the body and sends one error, or nil, whatever the body does: it may return, panic, or end its goroutine.
func (r *run) call(ctx context.Context, item *Step, session sessions.Session, returned chan<- error) {
	var failed assertions
	err := errGoexit
	defer func() {
		if value := recover(); value != nil {
			err = panicked(value)
		}
		if errors.Is(err, errGoexit) && failed.err(nil) != nil {
			err = nil // an assertion ended it
		}
		returned <- failed.err(err)
	}()
	if item.startsAt != nil {
		if err = r.meet(ctx, item, item.startsAt); err != nil {
			return
		}
		err = errGoexit
	}
	if err = r.racing.begin(ctx, item, session); err != nil {
		return
	}
	if err = r.schedule.begin(ctx, item); err != nil {
		return
	}
	err = errGoexit
	err = item.body(ctx, failed.gomega(), session)
}
